/** Whose webhooks arrive: decides where delivery ids, signatures and projects are found. */
export const webhookKinds = [
  'github-enterprise',
  'gitlab',
  'bitbucket-data-center',
  'gitea',
] as const

export type WebhookKind = (typeof webhookKinds)[number]
