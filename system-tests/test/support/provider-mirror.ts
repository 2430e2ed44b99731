import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { packProvider, toolPlatform, type BuiltProvider, type ProviderZip } from './provider-zip.ts'
import { makeTlsIdentity, type TlsIdentity } from './tls-identity.ts'

export { realProviders } from './provider-zip.ts'

/**
 * What goes wrong with one provider. `hold` sends half of the archive and waits for `letGo`; `cut` sends
 * half and ends the connection; `other-bytes` serves another archive than it announces.
 */
export type MirrorFault = 'forbidden' | 'missing' | 'cut' | 'other-bytes' | 'hold'

/** Both public registries: what a configuration calls `hashicorp/time` is there for terraform and tofu. */
const hosts: readonly string[] = ['registry.terraform.io', 'registry.opentofu.org']

/**
 * A network mirror of providers over TLS with a certificate of its own authority, which counts what is
 * downloaded and fails as it is told.
 */
export class ProviderMirror implements AsyncDisposable {
  readonly #server: Server
  readonly #directory: string
  readonly #identity: TlsIdentity
  readonly #zips: readonly ProviderZip[]
  readonly #token: string | undefined
  readonly #downloads = new Map<string, number>()
  readonly #requests: string[] = []
  readonly #faults = new Map<string, MirrorFault>()
  readonly #held = new Map<
    string,
    { readonly reached: () => void; readonly until: Promise<void> }
  >()

  private constructor(
    server: Server,
    directory: string,
    identity: TlsIdentity,
    zips: readonly ProviderZip[],
    token: string | undefined,
  ) {
    this.#server = server
    this.#directory = directory
    this.#identity = identity
    this.#zips = zips
    this.#token = token
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    server.on('tlsClientError', () => {})
  }

  static async start(
    providers: readonly BuiltProvider[],
    options: {
      /** Then every document needs it as bearer token. */
      readonly token?: string
    } = {},
  ): Promise<ProviderMirror> {
    const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-mirror-'))
    const identity = makeTlsIdentity(directory)
    const zips = await Promise.all(providers.map((provider) => packProvider(provider)))
    const server = createServer({ key: identity.key, cert: identity.cert })
    const mirror = new ProviderMirror(server, directory, identity, zips, options.token)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return mirror
  }

  /** Path of its authority's certificate. */
  get caCertPath(): string {
    return this.#identity.caCertPath
  }

  /** The same as PEM. */
  get caCert(): string {
    return this.#identity.caCert
  }

  /** With the slash at its end that terraform asks for. */
  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/providers/`
  }

  /** The hash of a provider's archive, as lock files write it. */
  zh(type: string): string {
    return `zh:${this.#zips.find((zip) => zip.type === type)?.sha256}`
  }

  /** How often the archive of a provider was downloaded, or its download begun. */
  downloads(type: string): number {
    return this.#downloads.get(type) ?? 0
  }

  /** Paths of all requests so far. */
  get requests(): readonly string[] {
    return this.#requests
  }

  /** From now on; `undefined`: all is well again. */
  fail(type: string, fault: MirrorFault | undefined): void {
    if (fault === undefined) this.#faults.delete(type)
    else this.#faults.set(type, fault)
  }

  /** Holds the downloads of a provider in the middle. */
  hold(type: string): { readonly reached: Promise<void>; letGo(): void } {
    const reached = Promise.withResolvers<void>()
    const until = Promise.withResolvers<void>()
    this.#held.set(type, { reached: reached.resolve, until: until.promise })
    this.fail(type, 'hold')
    return {
      reached: reached.promise,
      letGo: () => {
        this.fail(type, undefined)
        until.resolve()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    this.#requests.push(path)
    const [, , host = '', namespace, type, file = ''] = path.split('/')
    const zip = this.#zips.find((it) => it.type === type)
    const fault = this.#faults.get(type ?? '')
    // The tools send their token with documents alone, never with archives.
    const isAllowed =
      this.#token === undefined ||
      file.endsWith('.zip') ||
      request.headers.authorization === `Bearer ${this.#token}`
    if (!isAllowed) end(response, 401, 'unauthorized')
    else if (fault === 'forbidden') end(response, 403, '<Error><Code>AccessDenied</Code></Error>')
    else if (zip === undefined || namespace !== 'hashicorp' || !hosts.includes(host)) {
      end(response, 404, 'not found')
    } else if (fault === 'missing') end(response, 404, 'not found')
    else if (file === 'index.json') json(response, { versions: { [zip.version]: {} } })
    else if (file === `${zip.version}.json`) {
      const archive = { url: zip.name, hashes: [`zh:${zip.sha256}`] }
      json(response, { archives: { [toolPlatform]: archive } })
    } else if (file === zip.name && request.method === 'HEAD') {
      // terraform asks for the length first.
      response.writeHead(200, { 'content-length': zip.bytes.byteLength }).end()
    } else if (file === zip.name) await this.#sendArchive(zip, fault, response)
    else end(response, 404, 'not found')
  }

  async #sendArchive(
    zip: ProviderZip,
    fault: MirrorFault | undefined,
    response: ServerResponse,
  ): Promise<void> {
    this.#downloads.set(zip.type, this.downloads(zip.type) + 1)
    const bytes = fault === 'other-bytes' ? otherBytes(zip.bytes) : zip.bytes
    response.writeHead(200, {
      'content-type': 'application/zip',
      'content-length': bytes.byteLength,
    })
    if (fault !== 'cut' && fault !== 'hold') {
      response.end(bytes)
      return
    }
    const half = Math.floor(bytes.byteLength / 2)
    await new Promise<void>((resolve) => response.write(bytes.subarray(0, half), () => resolve()))
    if (fault === 'cut') {
      response.destroy()
      return
    }
    const held = this.#held.get(zip.type)
    held?.reached()
    await held?.until
    response.end(bytes.subarray(half))
  }
}

function otherBytes(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes)
  other.writeUInt8(other.readUInt8(100) ^ 0xff, 100)
  return other
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' })
  response.end(text)
}
