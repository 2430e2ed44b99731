import { createHmac, randomUUID } from 'node:crypto'

/** Where pushes are told, and the secret that proves who tells it. */
export interface ForgeHook {
  readonly url: string
  readonly secret: string
}

const nothing = '0'.repeat(40)

/** Tells of every branch that a push moved, as GitHub does. @returns what was answered */
export async function sendPushWebhooks(
  hook: ForgeHook,
  pushes: {
    readonly repository: string
    readonly before: ReadonlyMap<string, string>
    readonly after: ReadonlyMap<string, string>
  },
): Promise<readonly number[]> {
  const { repository, before, after } = pushes
  const answers: number[] = []
  for (const ref of new Set([...before.keys(), ...after.keys()])) {
    const [from = nothing, to = nothing] = [before.get(ref), after.get(ref)]
    if (from === to) continue
    const body = JSON.stringify({
      ref,
      before: from,
      after: to,
      created: from === nothing,
      deleted: to === nothing,
      repository: { full_name: repository },
      sender: { login: 'ada' },
    })
    const answer = await fetch(hook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`,
      },
      body,
    })
    await answer.body?.cancel()
    answers.push(answer.status)
  }
  return answers
}
