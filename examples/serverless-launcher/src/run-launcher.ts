import { readFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:https'
import { resolve } from 'node:path'

import {
  ConfigurationError,
  listenToProcessSignals,
  type Executor,
  type Logger,
} from '@scalr-agent/core'
import {
  createReceiver,
  createStatusHandler,
  launcherMetrics,
  loadAllowlist,
  serverTls,
  ServerlessLauncher,
  toNodeHandler,
} from '@scalr-agent/core/serverless'

import type { LauncherConfig } from './launcher-config.ts'
import { listen } from './listen.ts'

/**
 * Serves webhooks until a signal. The first one drains: no task is taken or begun, and agents that run have
 * `LAUNCHER_DRAIN_TIMEOUT` to end. The second ends that wait. What runs then goes on, and the next process takes
 * it over.
 */
export async function runLauncher(
  config: LauncherConfig,
  { executor, logger }: { readonly executor: Executor; readonly logger: Logger },
): Promise<void> {
  await using cleanup = new AsyncDisposableStack()
  cleanup.use(executor)
  await checkExecutor(executor, logger)
  const tls = await readTls(config)
  const allow = await readAllow(config)
  const launcher = cleanup.use(await openLauncher(config, executor, logger))
  const metrics = launcherMetrics(launcher)
  const { LAUNCHER_SECRET: secret, LAUNCHER_SECRET_OLD: old } = config
  const receive = createReceiver({
    launcher,
    secret:
      secret === undefined
        ? undefined
        : {
            header: config.LAUNCHER_SECRET_HEADER,
            values: [secret, ...(old === undefined ? [] : [old])],
          },
    allow,
    allowNames: config.LAUNCHER_CLIENT_NAMES,
    path: config.LAUNCHER_PATH,
    logger,
  })
  const status = createStatusHandler({ launcher, metrics, token: config.LAUNCHER_STATUS_TOKEN })
  const trustedProxies = config.LAUNCHER_TRUSTED_PROXIES ?? []
  const statusServer = cleanup.use(
    await listen(toNodeHandler(status, { logger }), config.LAUNCHER_STATUS_LISTEN),
  )
  const server = cleanup.use(
    await listen(toNodeHandler(receive, { logger, trustedProxies }), {
      ...config.LAUNCHER_LISTEN,
      tls,
    }),
  )
  logger.info({ url: server.url, status: statusServer.url }, 'Listening for webhooks')
  await untilDrained(launcher, config.LAUNCHER_DRAIN_TIMEOUT, logger)
}

async function untilDrained(
  launcher: ServerlessLauncher,
  timeoutMs: number,
  logger: Logger,
): Promise<void> {
  const first = Promise.withResolvers<string>()
  const second = new AbortController()
  using _signals = listenToProcessSignals({
    onFirst: (name) => first.resolve(name),
    onSecond: () => second.abort(),
    onThird: () => second.abort(),
  })
  const signal = await first.promise
  const { queued, running } = launcher.status()
  logger.info({ signal, queued, running }, 'Taking no more tasks')
  await launcher.drain({ signal: AbortSignal.any([second.signal, AbortSignal.timeout(timeoutMs)]) })
  logger.info(
    { left: launcher.status().running },
    'The launcher has stopped; agents that run are taken over by the next one',
  )
}

async function openLauncher(
  config: LauncherConfig,
  executor: Executor,
  logger: Logger,
): Promise<ServerlessLauncher> {
  const { LAUNCHER_IMAGE: image, LAUNCHER_ARGV: argv, LAUNCHER_MEMORY_MB: memory } = config
  const { LAUNCHER_CPUS: cpus, LAUNCHER_USER: user, LAUNCHER_NETWORK: network } = config
  const caCert = config.SCALR_AGENT_CA_CERT
  return await ServerlessLauncher.open({
    executor,
    dataDir: config.LAUNCHER_DATA_DIR,
    url: config.SCALR_URL,
    token: config.SCALR_AGENT_TOKEN,
    launcherId: config.LAUNCHER_ID,
    concurrency: config.LAUNCHER_CONCURRENCY,
    maxQueued: config.LAUNCHER_MAX_QUEUED,
    deadlineMs: config.LAUNCHER_DEADLINE,
    launch: {
      ...(image === undefined ? {} : { image }),
      ...(argv === undefined ? {} : { argv }),
      ...(memory === undefined ? {} : { memoryBytes: memory * 1024 ** 2 }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(user === undefined ? {} : { user }),
      ...(network === undefined ? {} : { network }),
      env: {
        // As text: a path of this machine means nothing in a container.
        ...(caCert === undefined ? {} : await caVariables(caCert)),
        ...config.LAUNCHER_ENV,
      },
    },
    actions: config.LAUNCHER_ACTIONS ?? {},
    logger,
  })
}

/** Under its new and its old name, as base64 of PEM: both forms are documented. */
async function caVariables(caCert: string): Promise<Record<string, string>> {
  const isText = caCert.includes('-----BEGIN')
  const isPath = caCert.startsWith('/') || caCert.startsWith('.')
  const bytes = isPath ? await readFileOf('SCALR_AGENT_CA_CERT', caCert) : Buffer.from(caCert)
  const base64 = isText || isPath ? bytes.toString('base64') : caCert
  return { SCALR_AGENT_CA_CERT: base64, SCALR_CA_CERT: base64 }
}

async function checkExecutor(executor: Executor, logger: Logger): Promise<void> {
  const findings = await executor.check()
  for (const finding of findings) {
    if (finding.level !== 'ok') logger.warn({ ...finding }, 'Preflight check')
  }
}

async function readTls(config: LauncherConfig): Promise<ServerOptions | undefined> {
  const { LAUNCHER_TLS_CERT: cert, LAUNCHER_TLS_KEY: key, LAUNCHER_CLIENT_CA: ca } = config
  if (cert === undefined || key === undefined) return undefined
  return serverTls({
    cert: await readFileOf('LAUNCHER_TLS_CERT', cert),
    key: await readFileOf('LAUNCHER_TLS_KEY', key),
    ...(ca === undefined ? {} : { clientCa: await readFileOf('LAUNCHER_CLIENT_CA', ca) }),
  })
}

async function readAllow(config: LauncherConfig): Promise<readonly string[] | undefined> {
  const { LAUNCHER_ALLOW: entries, LAUNCHER_ALLOWLIST: source } = config
  if (entries === undefined && source === undefined) return undefined
  return [...(entries ?? []), ...(source === undefined ? [] : await loadAllowlist(source))]
}

async function readFileOf(variable: string, path: string): Promise<Buffer> {
  return await readFile(resolve(path)).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new ConfigurationError(
      `Cannot read ${path} of ${variable}: ${code}. Check the path and its permissions.`,
      { cause },
    )
  })
}
