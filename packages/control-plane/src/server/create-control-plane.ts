import type { Server } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { isIP } from 'node:net'

import Fastify from 'fastify'

import { registerAgentApi, registerRelayRoutes, upgradeRelay } from '../agent-api/index.ts'
import { createEngine } from '../engine/index.ts'
import { createMetrics, registerMetrics } from '../metrics/index.ts'
import { registerPublicApi } from '../public-api/index.ts'
import { registerModuleRegistry } from '../registry/index.ts'
import type { Logger } from '../runtime/index.ts'
import { AgentCaller } from '../serverless/index.ts'
import { registerStateRoutes } from '../state/index.ts'
import { DataDirectory, Database, FileStore } from '../store/index.ts'
import { registerTfeApi } from '../tfe/index.ts'
import { createTokenService } from '../tokens/index.ts'
import { createVcs } from '../vcs/index.ts'

import { Cleanup } from './cleanup.ts'
import { closeServer, listen, makeServer } from './listen.ts'
import {
  resolveOptions,
  type ControlPlaneOptions,
  type ResolvedControlPlaneOptions,
} from './options.ts'
import { ensureOwner } from './owner.ts'
import { loadTls, type ServerTls } from './tls-material.ts'
import { registerWellKnownRoutes } from './well-known-routes.ts'

/** A control plane that listens. */
export interface ControlPlaneServer extends AsyncDisposable {
  /** Where clients reach it, without a trailing slash. */
  readonly url: string
  /** One URL for each address it listens on. */
  readonly urls: readonly string[]
  /** The certificate that clients must trust; `undefined` without a CA of its own. */
  readonly caCertPath: string | undefined
  readonly dataDir: string
  readonly accountId: string
  /** A user token of the built-in account, the same on every start. */
  ownerToken(): string
  /** Ends long-polls, lets open requests finish and closes the database. Idempotent. */
  close(): Promise<void>
}

const closeGraceMs = 5000
const certificateCheckMs = 3_600_000

/**
 * Starts a control plane in this process: agent protocol, Terraform state and Scalr's public API.
 *
 * @throws {@link ControlPlaneError} when an option, the data directory, the disk or the port is at fault
 * @example
 * await using controlPlane = await createControlPlane({ dataDir: './data' })
 * console.log(controlPlane.url, controlPlane.ownerToken())
 */
export async function createControlPlane(
  options: ControlPlaneOptions,
): Promise<ControlPlaneServer> {
  const resolved = resolveOptions(options)
  const cleanup = new Cleanup()
  try {
    return await start(resolved, cleanup)
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

async function start(
  options: ResolvedControlPlaneOptions,
  cleanup: Cleanup,
): Promise<ControlPlaneServer> {
  const { clock, ids, logger, timing, limits } = options
  const directory = DataDirectory.open(options.dataDir)
  cleanup.add(() => directory.close())
  const db = Database.open(directory.databasePath)
  cleanup.add(() => db.close())
  const files = new FileStore(directory.path)
  const tls = await loadTls(options, files)

  let urls: readonly string[] = []
  const publicUrl = (): string => options.publicUrl ?? urls[0] ?? 'http://127.0.0.1'
  const tokens = createTokenService({ db, issuer: publicUrl, clock, ids })
  const caller = new AgentCaller({ db, clock, ids, logger, timing, caCert: options.webhookCaCert })
  const metrics =
    options.metrics === false
      ? undefined
      : createMetrics({
          db,
          databasePath: directory.databasePath,
          clock,
          offlineAfterMs: timing.offlineAfterMs,
        })
  const engine = createEngine({
    db,
    files,
    tokens,
    clock,
    ids,
    logger,
    timing,
    limits,
    onQueued: () => caller.wake(),
    events: metrics?.engineEvents,
  })

  const gateway = options.createGateway({
    onWebhook: async (webhook, from) => vcs.takeWebhook(webhook, from),
    logger,
    clock,
    ids,
  })
  const vcs = createVcs({
    db,
    files,
    engine,
    gateway,
    clock,
    ids,
    logger,
    timing,
    limits,
    publicUrl,
  })

  const servers: Server[] = []
  const app = Fastify({
    serverFactory: (handler) => {
      for (const _host of options.hosts) {
        const idleMs = Math.max(120_000, timing.longPollMs * 2)
        servers.push(makeServer(handler, { tls: tls?.material, idleMs }))
      }
      const [first] = servers
      if (first === undefined) throw new TypeError('No host')
      return first
    },
    genReqId: () => ids('req'),
    requestIdHeader: 'x-request-id',
    routerOptions: { maxParamLength: 256 },
  })
  cleanup.add(() => app.close())
  const deps = {
    db,
    files,
    tokens,
    engine,
    vcs,
    gateway,
    clock,
    ids,
    logger,
    timing,
    limits,
    publicUrl,
  }
  if (metrics !== undefined) {
    registerMetrics(app, { ...deps, metrics, isOpen: options.metrics === 'open' })
  }
  registerWellKnownRoutes(app, deps)
  registerPublicApi(app, deps)
  registerAgentApi(app, deps)
  registerRelayRoutes(app, deps)
  registerStateRoutes(app, deps)
  registerModuleRegistry(app, deps)
  registerTfeApi(app, deps)
  await app.ready()
  for (const server of servers) {
    server.on('upgrade', (request, socket, head) => {
      void upgradeRelay(deps, request, socket, head)
    })
  }

  cleanup.add(async () => {
    await Promise.all(
      servers.map((server) => closeServer(server, { graceMs: closeGraceMs, logger })),
    )
  })
  // Closed first, though opened last but one: open long-polls would keep their connections for a minute.
  cleanup.add(() => engine.close())
  cleanup.add(() => gateway.close())
  cleanup.add(() => vcs.close())
  cleanup.add(() => caller.close())
  engine.open()
  urls = await listenOnAll(servers, options)
  vcs.open()
  caller.open()
  const owner = await ensureOwner({ db, clock, ids }, tokens)
  if (tls !== undefined) cleanup.add(renewCertificates(tls, servers, logger))

  logger.info({ url: publicUrl(), dataDir: directory.path }, 'Control plane listens')
  return {
    url: publicUrl(),
    urls,
    caCertPath: tls?.caCertPath,
    dataDir: directory.path,
    accountId: owner.accountId,
    ownerToken: () => owner.token,
    close: () => cleanup.run(),
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

async function listenOnAll(
  servers: readonly Server[],
  options: ResolvedControlPlaneOptions,
): Promise<readonly string[]> {
  const scheme = options.tls === false ? 'http' : 'https'
  const urls: string[] = []
  let { port } = options
  for (const [index, host] of options.hosts.entries()) {
    const server = servers[index]
    if (server === undefined) continue
    // The first one finds a free port, the others take the same.
    port = await listen(server, { host, port })
    urls.push(`${scheme}://${reachable(host)}:${port}`)
  }
  return urls
}

/** A wildcard is no address to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIP(host) === 6 ? `[${host}]` : host
}

function renewCertificates(tls: ServerTls, servers: readonly Server[], logger: Logger): () => void {
  const timer = setInterval(() => {
    tls.renew().then(
      (material) => {
        if (material === undefined) return
        for (const server of servers) {
          if (server instanceof HttpsServer) server.setSecureContext(material)
        }
      },
      (error: unknown) =>
        logger.error({ err: error }, 'The server certificate could not be renewed'),
    )
  }, certificateCheckMs)
  timer.unref()
  return () => clearInterval(timer)
}
