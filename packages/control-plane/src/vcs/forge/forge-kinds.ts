export interface ForgeKind {
  readonly api: 'github' | 'gitlab' | 'gitea'
  /** In messages. */
  readonly label: string
  /** Media type of its API. */
  readonly accept: string
}

const gitlab: ForgeKind = { api: 'gitlab', label: 'GitLab', accept: 'application/json' }

/** Types of VCS providers that work through agents; `gitea` is our own. */
export const forgeKinds = {
  github_enterprise: {
    api: 'github',
    label: 'GitHub Enterprise',
    accept: 'application/vnd.github+json',
  },
  gitlab_enterprise: gitlab,
  gitlab,
  gitea: { api: 'gitea', label: 'Gitea', accept: 'application/json' },
} as const satisfies Readonly<Record<string, ForgeKind>>

export type ForgeType = keyof typeof forgeKinds

export function isForgeKind(type: string): type is ForgeType {
  return Object.hasOwn(forgeKinds, type)
}
