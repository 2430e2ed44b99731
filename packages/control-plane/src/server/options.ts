import { isIP } from 'node:net'

import {
  createRelayGateway,
  type RelayGateway,
  type RelayGatewayOptions,
} from '@scalr-agent/vcs-relay/gateway'

import {
  ControlPlaneError,
  resolveTiming,
  silentLogger,
  systemClock,
  randomId,
  type Clock,
  type IdSource,
  type Logger,
  type Timing,
  type TimingOptions,
} from '../runtime/index.ts'

/** A certificate of your own, in PEM. */
export interface GivenCertificate {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  /** Sent with the certificate where clients need an intermediate one. */
  readonly ca?: string | Buffer
}

/** Where the control plane keeps its data, and where it listens. */
export interface ControlPlaneOptions {
  /** Everything that is kept: database, archives, logs, states, keys. Made if absent, mode 0700. */
  readonly dataDir: string
  /** `0`: any free one. @default 0 */
  readonly port?: number
  /** Address or addresses to listen on, all with the same port. @default '127.0.0.1' */
  readonly host?: string | readonly string[]
  /**
   * `false`: plain HTTP, on loopback only. `'own-ca'`: a CA and certificate of its own.
   * @default false
   */
  readonly tls?: false | 'own-ca' | GivenCertificate
  /** Further DNS names or addresses for the certificate of the own CA. */
  readonly certificateNames?: readonly string[]
  /** URL under which clients reach it, behind a proxy or by name. @default the first address */
  readonly publicUrl?: string
  /** CA of webhooks of serverless pools, in PEM, beside the public ones and those of `NODE_EXTRA_CA_CERTS`. */
  readonly webhookCaCert?: string | Buffer
  /**
   * `GET /metrics` for Prometheus: to whoever has a token of a user or a service account, to anyone, or
   * not at all.
   * @default 'token'
   */
  readonly metrics?: 'token' | 'open' | false
  readonly timing?: TimingOptions
  readonly limits?: Partial<ControlPlaneLimits>
  readonly logger?: Logger
  /** For tests. */
  readonly clock?: Clock
  /** For tests. */
  readonly ids?: IdSource
  /** For tests: what stands for VCS agents. */
  readonly createGateway?: (options: RelayGatewayOptions) => RelayGateway
}

/** Most that the control plane takes. */
export interface ControlPlaneLimits {
  /** Size of an uploaded configuration archive, packed. @default 512 MiB */
  readonly configurationBytes: number
  /** The same, unpacked. @default 2 GiB */
  readonly configurationUnpackedBytes: number
  /** Entries of a configuration archive. @default 100_000 */
  readonly configurationEntries: number
  /** One Terraform state. @default 64 MiB */
  readonly stateBytes: number
  /** One result file of a job. @default 1 GiB */
  readonly jobFileBytes: number
}

const mebibyte = 1024 ** 2

const defaultLimits: ControlPlaneLimits = {
  configurationBytes: 512 * mebibyte,
  configurationUnpackedBytes: 2048 * mebibyte,
  configurationEntries: 100_000,
  stateBytes: 64 * mebibyte,
  jobFileBytes: 1024 * mebibyte,
}

export interface ResolvedControlPlaneOptions {
  readonly dataDir: string
  readonly port: number
  readonly hosts: readonly [string, ...string[]]
  readonly tls: false | 'own-ca' | GivenCertificate
  readonly certificateNames: readonly string[]
  readonly publicUrl: string | undefined
  readonly webhookCaCert: string | Buffer | undefined
  readonly metrics: 'token' | 'open' | false
  readonly timing: Timing
  readonly limits: ControlPlaneLimits
  readonly logger: Logger
  readonly clock: Clock
  readonly ids: IdSource
  readonly createGateway: (options: RelayGatewayOptions) => RelayGateway
}

/** Defaults and rules. @throws {@link ControlPlaneError} */
export function resolveOptions(options: ControlPlaneOptions): ResolvedControlPlaneOptions {
  const given = typeof options.host === 'string' ? [options.host] : (options.host ?? ['127.0.0.1'])
  const [first, ...rest] = given
  if (first === undefined) {
    throw invalid('`host` names no address. Name at least one, or leave it out for 127.0.0.1.')
  }
  const hosts = [first, ...rest] as const
  const tls = options.tls ?? false
  const open = hosts.find((host) => !isLoopback(host))
  if (tls === false && open !== undefined) {
    throw new ControlPlaneError(
      `Cannot listen on ${open} without TLS: only loopback may be plain HTTP, since tokens and state ` +
        "go over it. Set `tls: 'own-ca'` or give a certificate.",
      { code: 'INSECURE_ADDRESS' },
    )
  }
  const port = options.port ?? 0
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalid(`\`port\` is ${port}; it must be a whole number from 0 to 65535.`)
  }
  if (options.dataDir === '') throw invalid('`dataDir` is empty; name a directory.')
  return {
    dataDir: options.dataDir,
    port,
    hosts: [...hosts],
    tls,
    certificateNames: options.certificateNames ?? [],
    publicUrl: checkPublicUrl(options.publicUrl),
    webhookCaCert: options.webhookCaCert,
    metrics: options.metrics ?? 'token',
    timing: resolveTiming(options.timing),
    limits: { ...defaultLimits, ...options.limits },
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    ids: options.ids ?? randomId,
    createGateway: options.createGateway ?? createRelayGateway,
  }
}

/** Whether only this machine can reach the address. */
function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

function checkPublicUrl(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined
  let url: URL
  try {
    url = new URL(publicUrl)
  } catch (error) {
    throw invalid('`publicUrl` is no URL, such as https://scalr.example.com.', error)
  }
  const host = url.hostname.replace(/^\[|\]$/gu, '')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(host))) {
    throw invalid('`publicUrl` must begin with https:// (http:// is for loopback alone).')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid('`publicUrl` may hold neither user, password, query nor fragment.')
  }
  return url.href.replace(/\/+$/u, '')
}

function invalid(message: string, cause?: unknown): ControlPlaneError {
  return new ControlPlaneError(`Cannot start the control plane: ${message}`, {
    code: 'INVALID_OPTIONS',
    cause,
  })
}
