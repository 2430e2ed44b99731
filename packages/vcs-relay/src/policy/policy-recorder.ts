import { writeFileAtomic } from '@scalr-agent/core/runtime'

import { writeGroups, type WriteGroup } from './endpoint.ts'
import type { Permission } from './policy-decision.ts'
import type { ResolvedPolicyOptions } from './policy-options.ts'

/**
 * Learns the smallest policy: rules and projects that were asked for. It learns of what was allowed alone,
 * so that nobody can talk himself into a policy; learn with a wide one.
 */
export class PolicyRecorder {
  readonly #rules = new Set<string>()
  readonly #projects = new Map<string, string>()
  readonly #write = new Set<WriteGroup>()
  #lists = false
  #git = false

  /** @returns whether this was something new */
  record({ endpoint, project }: Permission): boolean {
    const before = this.#size()
    this.#rules.add(endpoint.id)
    if (project !== undefined) {
      const key = project.toLowerCase()
      if (!this.#projects.has(key)) this.#projects.set(key, project)
    }
    if (endpoint.group !== 'read') this.#write.add(endpoint.group)
    if (endpoint.scope === 'group' || endpoint.scope === 'listing') this.#lists = true
    if (endpoint.traffic === 'git') this.#git = true
    return this.#size() !== before
  }

  /** The policy that allows what was recorded, and nothing else. */
  policy(): ResolvedPolicyOptions {
    return {
      version: 1,
      allowedProjects: [...this.#projects.values()].toSorted(),
      write: writeGroups.filter((group) => this.#write.has(group)),
      listProjects: this.#lists,
      git: this.#git,
      rules: [...this.#rules].toSorted(),
    }
  }

  /** Writes the policy to a file, whole or not at all. */
  async save(path: string): Promise<void> {
    await writeFileAtomic(path, `${JSON.stringify(this.policy(), undefined, 2)}\n`, { mode: 0o644 })
  }

  #size(): number {
    return this.#rules.size + this.#projects.size
  }
}
