/** What is said of a commit, in GitHub's words. */
export interface CommitStatus {
  readonly state: string
  readonly context: string
  readonly description: string
  readonly target_url: string | null
}

/** The statuses of the demo's commits, in their order. */
export class CommitStatuses {
  readonly #byCommit = new Map<string, CommitStatus[]>()
  readonly #waiting = new Set<() => void>()

  add(commit: string, status: CommitStatus): void {
    const all = this.of(commit)
    this.#byCommit.set(commit, [...all, status])
    for (const look of this.#waiting) look()
  }

  of(commit: string): readonly CommitStatus[] {
    return this.#byCommit.get(commit) ?? []
  }

  /** Resolves when the last status of a commit is a final one. */
  async untilFinal(
    commit: string,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<CommitStatus> {
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const last = this.of(commit).at(-1)
        if (last !== undefined && last.state !== 'pending') end(() => resolve(last))
      }
      const abort = (): void => end(() => reject(new Error('The demo was interrupted.')))
      const end = (settle: () => void): void => {
        this.#waiting.delete(look)
        signal.removeEventListener('abort', abort)
        settle()
      }
      signal.addEventListener('abort', abort)
      this.#waiting.add(look)
      look()
    })
  }
}
