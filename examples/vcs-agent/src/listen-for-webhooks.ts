import { join } from 'node:path'

import { ConfigurationError, type Logger } from '@scalr-agent/core'
import {
  startWebhookServer,
  WebhookListener,
  WebhookSpool,
  type WebhookListenerOptions,
  type WebhookSink,
} from '@scalr-agent/vcs-relay'

import { readSecretFile, type HookEntry, type VcsConfig } from './vcs-config.ts'

type Hook = WebhookListenerOptions['hooks'][number]

/** Listens for the webhooks of all VCSs that have a hook. @returns ends it; `undefined` when none has */
export async function listenForWebhooks(
  config: VcsConfig,
  options: { readonly dataDir: string; readonly sink: WebhookSink; readonly logger: Logger },
): Promise<AsyncDisposable | undefined> {
  const { webhooks, pathOf } = config
  const hooks = await readHooks(config)
  if (webhooks === undefined || hooks.length === 0) return undefined
  const { dataDir, sink, logger } = options
  const { certFile, keyFile, trustedProxies, spoolMegabytes, ...place } = webhooks
  await using cleanup = new AsyncDisposableStack()
  const spool = cleanup.use(
    await WebhookSpool.open({
      directory: join(dataDir, 'webhooks'),
      sink,
      logger,
      ...(spoolMegabytes === undefined ? {} : { maxBytes: spoolMegabytes * 1024 ** 2 }),
    }),
  )
  const listener = new WebhookListener(
    { hooks, ...(trustedProxies === undefined ? {} : { trustedProxies }) },
    { spool, logger },
  )
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ConfigurationError(
      'Cannot listen for webhooks: give both certFile and keyFile, or none of them behind a proxy that ends TLS.',
    )
  }
  const tls =
    certFile === undefined || keyFile === undefined
      ? {}
      : {
          tls: {
            cert: await readSecretFile(pathOf(certFile)),
            key: await readSecretFile(pathOf(keyFile)),
          },
        }
  const { host, port } = place
  const server = cleanup.use(
    await startWebhookServer({ listener, port, ...(host === undefined ? {} : { host }), ...tls }),
  )
  logger.info({ url: server.url, hooks: hooks.length }, 'Listening for webhooks')
  const owned = cleanup.move()
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function readHooks({ vcs, pathOf }: VcsConfig): Promise<readonly Hook[]> {
  const hooks: Hook[] = []
  for (const [name, { kind, hook }] of Object.entries(vcs)) {
    if (hook === undefined) continue
    const { secretFiles, allowFrom } = hook
    hooks.push({
      vcs: name,
      kind,
      path: await pathOfHook(name, hook, pathOf),
      secrets: await Promise.all(secretFiles.map((file) => readSecretFile(pathOf(file)))),
      ...(allowFrom === undefined ? {} : { allowFrom }),
    })
  }
  return hooks
}

async function pathOfHook(
  name: string,
  { path, pathFile }: HookEntry,
  pathOf: (path: string) => string,
): Promise<string> {
  if (path !== undefined && pathFile === undefined) return path
  if (path === undefined && pathFile !== undefined) return await readSecretFile(pathOf(pathFile))
  throw new ConfigurationError(
    `Cannot listen for webhooks of ${name}: its hook needs exactly one of path and pathFile.`,
  )
}
