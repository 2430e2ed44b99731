import { answer, problem, type Receiver } from './answer.ts'
import type { LauncherMetrics } from './launcher-metrics.ts'
import { secretMatch } from './secret-match.ts'
import type { ServerlessLauncher } from './serverless-launcher.ts'

/** What people and their monitors are told. */
export interface StatusHandlerOptions {
  readonly launcher: ServerlessLauncher
  /** Served at `/metrics`. */
  readonly metrics?: LauncherMetrics | undefined
  /** Asked for as `Authorization: Bearer …`. Without it, listen where only your own people are. */
  readonly token?: string | undefined
}

/**
 * `GET /healthz`, `/status` (slots, counts, and each known task with its outcome and where its log lies) and
 * `/metrics`. Nothing of it is secret, but ids of runs and paths of this machine are in it: keep it apart from
 * the address that webhooks come to.
 *
 * @throws `ConfigurationError` for a token that can be guessed
 */
export function createStatusHandler(options: StatusHandlerOptions): Receiver {
  const { launcher, metrics, token } = options
  const isToken = token === undefined ? undefined : secretMatch('the token of the status', [token])
  return async ({ method, path, header }) => {
    if (method !== 'GET' && method !== 'HEAD')
      return problem(405, 'Only GET.', { allow: 'GET, HEAD' })
    if (path === '/healthz') {
      const { state } = launcher.status()
      return answer(state === 'closed' ? 503 : 200, { status: state })
    }
    if (path !== '/status' && (path !== '/metrics' || metrics === undefined))
      return problem(404, 'Nothing is here.')
    const given = /^Bearer (.+)$/iu.exec(header('authorization') ?? '')?.[1]
    if (isToken?.(given) === false) {
      return problem(401, 'The token is missing or wrong.', { 'www-authenticate': 'Bearer' })
    }
    if (path === '/metrics' && metrics !== undefined) {
      return {
        status: 200,
        headers: { 'content-type': metrics.contentType },
        body: await metrics.text(),
      }
    }
    return answer(200, {
      ...launcher.status(),
      tasks: launcher.tasks().map((task) => ({ ...task, log: launcher.logPath(task.key) })),
    })
  }
}
