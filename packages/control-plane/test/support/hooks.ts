import type { ApiAnswer, Json } from './api-client.ts'
import { archive, type TarEntry, type World } from './world.ts'

export const hookAttributes = {
  name: 'check',
  interpreter: 'bash',
  'scriptfile-path': 'scripts/check.sh',
}
export const script: TarEntry = { name: 'scripts/check.sh', content: 'echo checked\n' }

/** A hook with its files. */
export async function activeHook(
  { api }: World,
  values: Record<string, unknown> = {},
  entries: readonly TarEntry[] = [script],
): Promise<Json> {
  const hook = await api.create('/hooks', 'hooks', { ...hookAttributes, ...values })
  const bytes = await archive(entries)
  const answer = await api.call('PUT', hook.links.upload, { bytes })
  if (answer.status !== 200) throw new Error(answer.text)
  return { ...(await api.get(`/hooks/${hook.id}`)).body.data, bytes }
}

/** Lets the hook run in the environment. */
export function link(
  { api }: World,
  hookId: string,
  environmentId: string,
  events: readonly string[],
): Promise<ApiAnswer> {
  return api.write(
    'POST',
    '/hook-environment-links',
    'hook-environment-links',
    { events },
    { hook: ['hooks', hookId], environment: ['environments', environmentId] },
  )
}
