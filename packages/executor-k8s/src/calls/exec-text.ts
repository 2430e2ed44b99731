import type { ExecOptions, KubeClient } from './kube-client.ts'
import { KubeSilentError } from './kube-silent-error.ts'

/** Longest that a small question to a container may take. Its node may be gone without a word. */
const longestMs = 60_000

/** All that a process in a container writes to standard output; for those that say little and soon. */
export async function execText(
  client: KubeClient,
  target: ExecOptions,
  options: { readonly signal: AbortSignal; readonly limitMs?: number },
): Promise<string> {
  const { limitMs = longestMs, signal } = options
  const silent = new AbortController()
  const timer = setTimeout(() => {
    silent.abort(new KubeSilentError(`no answer of a container within ${limitMs / 1000} s`))
  }, limitMs)
  const either = AbortSignal.any([signal, silent.signal])
  try {
    await using process = await client.pods.exec(target, either)
    let said = ''
    for await (const chunk of process.stdout) said += String(chunk)
    return said
  } finally {
    clearTimeout(timer)
  }
}
