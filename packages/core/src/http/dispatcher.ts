import { Agent, Dispatcher, EnvHttpProxyAgent, Pool } from 'undici'

import { ConfigurationError } from '../errors/index.ts'
import { readCaCert } from './ca-cert.ts'
import { ProxyFailure } from './proxy-failure.ts'

/** Proxies by the scheme of the called URL. This machine itself is never called through a proxy. */
export interface ProxyOptions {
  /** For `http:` URLs. */
  readonly httpProxy?: string | undefined
  /** For `https:` URLs. */
  readonly httpsProxy?: string | undefined
  /** Comma list of hosts that are called directly, as in `NO_PROXY`. */
  readonly noProxy?: string | undefined
}

/** How connections are made. */
export interface ConnectionOptions {
  /** Path, PEM or base64 of PEM. Replaces the machine's own trust store. */
  readonly caCert?: string | undefined
  readonly proxy?: ProxyOptions | undefined
  /** @default 10_000 */
  readonly connectTimeoutMs?: number | undefined
}

/**
 * The one way out of the SDK: TLS always verified, the CA and the proxies as given, and never those of
 * the environment. The caller closes it.
 *
 * @throws {@link ConfigurationError} `INVALID_CA` or `INVALID_OPTIONS`
 */
export function createDispatcher(options: ConnectionOptions = {}): Dispatcher {
  const connectTimeoutMs = options.connectTimeoutMs ?? 10_000
  const tls = options.caCert === undefined ? {} : { ca: readCaCert(options.caCert) }
  // HTTP/1.1 alone: a long-poll then has a connection of its own and can block no other call.
  const connect = { ...tls, timeout: connectTimeoutMs, allowH2: false, rejectUnauthorized: true }
  const direct = new Agent({ connect, allowH2: false })
  const { httpProxy, httpsProxy, noProxy } = options.proxy ?? {}
  if (!httpProxy && !httpsProxy) return direct

  const through = (proxy: string | undefined, name: string): Dispatcher =>
    proxy
      ? new EnvHttpProxyAgent({
          // Both are given, also empty, since undici would else look into the environment.
          httpProxy: checkProxyUrl(proxy, name),
          httpsProxy: proxy,
          noProxy: [noProxy, 'localhost', '127.0.0.1', '::1'].filter(Boolean).join(','),
          connect,
          allowH2: false,
          requestTls: connect,
          proxyTls: connect,
          clientFactory: (origin, poolOptions) => new Pool(origin, tagFailures(poolOptions)),
        })
      : direct
  return new SchemeDispatcher(
    direct,
    through(httpProxy, 'httpProxy'),
    through(httpsProxy, 'httpsProxy'),
  )
}

/**
 * Chooses by scheme. undici's own agent falls back to the proxy of `http:` for `https:` URLs, which no
 * other tool does.
 */
class SchemeDispatcher extends Dispatcher {
  readonly #http: Dispatcher
  readonly #https: Dispatcher
  readonly #all: ReadonlySet<Dispatcher>

  constructor(direct: Dispatcher, http: Dispatcher, https: Dispatcher) {
    super()
    this.#http = http
    this.#https = https
    this.#all = new Set([direct, http, https])
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const isHttps = String(options.origin).startsWith('https:')
    return (isHttps ? this.#https : this.#http).dispatch(options, handler)
  }

  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    return settle(
      [...this.#all].map((dispatcher) => dispatcher.close()),
      callback,
    )
  }

  override destroy(): Promise<void>
  override destroy(error: Error | null): Promise<void>
  override destroy(callback: () => void): void
  override destroy(error: Error | null, callback: () => void): void
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
    const callback = typeof first === 'function' ? first : second
    const error = typeof first === 'function' || first === undefined ? null : first
    return settle(
      [...this.#all].map((dispatcher) => dispatcher.destroy(error)),
      callback,
    )
  }
}

function settle(all: readonly Promise<void>[], callback?: () => void): Promise<void> | void {
  const done = Promise.allSettled(all).then(() => {})
  if (callback === undefined) return done
  void done.then(callback)
}

function checkProxyUrl(value: string, name: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    // The value may hold a password, so it is not repeated.
    throw new ConfigurationError(
      `Cannot use ${name}: it is not an http(s) URL. Give it whole, e.g. http://proxy.example.com:3128.`,
    )
  }
  return value
}

/** Marks errors of the way to the proxy, so that they are not taken for errors of the server. */
function tagFailures(options: object): Pool.Options {
  const poolOptions: Pool.Options = options
  const { connect } = poolOptions
  if (typeof connect !== 'function') return poolOptions
  return {
    ...poolOptions,
    connect: (connectOptions, callback) => {
      connect(connectOptions, (...result) => {
        const [error] = result
        if (error === null) callback(...result)
        else callback(new ProxyFailure(error), null)
      })
    },
  }
}
