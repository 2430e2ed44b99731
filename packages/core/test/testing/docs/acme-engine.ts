import type { Readable } from 'node:stream'

/** An engine as many have it, for the example of `docs/writing-an-executor.md`. */
export interface AcmeEngine {
  ping(signal?: AbortSignal): Promise<void>
  find(name: string, signal?: AbortSignal): Promise<AcmeBox | undefined>
  findAll(
    labels: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly AcmeBox[]>
  /** Rejects with `{ status: 409 }` when the name is taken. */
  create(
    box: {
      readonly name: string
      readonly command: readonly string[]
      readonly env: Readonly<Record<string, string>>
      readonly labels: Readonly<Record<string, string>>
    },
    signal?: AbortSignal,
  ): Promise<AcmeBox>
}

export interface AcmeBox {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'created' | 'running' | 'ended'
  writeFiles(tar: Readable, signal?: AbortSignal): Promise<void>
  readFiles(paths: readonly string[]): Promise<Readable>
  /** Starts it; a box that was started stays started. */
  start(signal?: AbortSignal): Promise<void>
  log(fromByte: number, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Resolves at the end: with the exit code that was recorded inside, or with none. */
  ended(signal?: AbortSignal): Promise<{ readonly exitCode: number | undefined }>
  /** Answers `false` when that signal was sent before. */
  signalOnce(signal: 'SIGTERM' | 'SIGQUIT'): Promise<boolean>
  killAll(): Promise<void>
  remove(): Promise<void>
}
