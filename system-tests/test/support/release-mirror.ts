import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { zipSync } from 'fflate'
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp'

import { toolPlatform } from './provider-zip.ts'
import { makeTlsIdentity, type TlsIdentity } from './tls-identity.ts'
import type { Iac, Tool } from './tools.ts'

/**
 * What goes wrong. `cut` sends half of the archive and ends the connection; `other-bytes` serves another
 * archive than the sums say; `other-key` has sums that somebody else signed.
 */
export type ReleaseFault = 'forbidden' | 'cut' | 'other-bytes' | 'other-key'

/** The makers' layouts. */
const layouts = {
  terraform: {
    program: 'terraform',
    directory: (version: string) => `/terraform/${version}/terraform_${version}_`,
    signature: '.sig',
  },
  opentofu: {
    program: 'tofu',
    directory: (version: string) => `/v${version}/tofu_${version}_`,
    signature: '.gpgsig',
  },
} as const satisfies Record<Iac, unknown>

/** One real tool, packed, summed and signed as its makers do. */
interface Release {
  readonly version: string
  readonly archive: string
  readonly files: ReadonlyMap<string, Uint8Array>
  /** What another key says of the same sums. */
  readonly otherSignature: Uint8Array
  readonly publicKey: string
}

/** A mirror of the releases of one tool, over TLS with an authority of its own. */
export class ReleaseMirror implements AsyncDisposable {
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = []
  /** From now on; `undefined`: all is well. */
  fault: ReleaseFault | undefined
  readonly #server: Server
  readonly #directory: string
  readonly #identity: TlsIdentity
  readonly #release: Release

  private constructor(server: Server, directory: string, identity: TlsIdentity, release: Release) {
    this.#server = server
    this.#directory = directory
    this.#identity = identity
    this.#release = release
    server.on('request', (request, response) => {
      this.asked.push(request.url ?? '')
      this.#serve(request.url ?? '', response)
    })
    server.on('tlsClientError', () => {})
  }

  static async start(tool: Tool): Promise<ReleaseMirror> {
    const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-releases-'))
    const identity = makeTlsIdentity(directory)
    const server = createServer({ key: identity.key, cert: identity.cert })
    const mirror = new ReleaseMirror(server, directory, identity, await makeRelease(tool))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return mirror
  }

  get caCert(): string {
    return this.#identity.caCert
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  /** Of the tool that it has. */
  get version(): string {
    return this.#release.version
  }

  /** Armored, of who signs its releases. */
  get publicKey(): string {
    return this.#release.publicKey
  }

  /** How often the archive was asked for. */
  get downloads(): number {
    return this.asked.filter((path) => path === this.#release.archive).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
    await rm(this.#directory, { recursive: true, force: true })
  }

  #serve(path: string, response: ServerResponse): void {
    const { archive, files, otherSignature } = this.#release
    let content = files.get(path)
    if (this.fault === 'forbidden') {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
      return
    }
    if (content === undefined) {
      response.writeHead(404).end('<html>Not found</html>')
      return
    }
    if (this.fault === 'other-key' && path.endsWith('sig')) content = otherSignature
    if (this.fault === 'other-bytes' && path === archive) {
      content = Uint8Array.from(content)
      content[100] = (content[100] ?? 0) ^ 0xff
    }
    response.writeHead(200, { 'content-length': content.byteLength })
    if (this.fault === 'cut' && path === archive) {
      response.write(content.subarray(0, content.byteLength / 2), () => response.destroy())
      return
    }
    response.end(content)
  }
}

async function makeRelease({ iac, path }: Tool): Promise<Release> {
  const { program, directory, signature } = layouts[iac]
  const said = execFileSync(path, ['version', '-json'], {
    encoding: 'utf8',
    // Not with what this machine is set to.
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nowhere', CHECKPOINT_DISABLE: '1' },
  })
  const { terraform_version: version } = JSON.parse(said) as { terraform_version: string }
  const base = directory(version)
  const archive = `${base}${toolPlatform}.zip`
  // Stored: it is large, and how it is packed is not what is tested.
  const zip = zipSync(
    { [program]: await readFile(path), 'LICENSE.txt': Buffer.from('…') },
    { level: 0 },
  )
  const sum = createHash('sha256').update(zip).digest('hex')
  const sums = Buffer.from(`${sum}  ${archive.slice(archive.lastIndexOf('/') + 1)}\n`)
  const [maker, other] = await Promise.all([signWithNewKey(sums), signWithNewKey(sums)])
  return {
    version,
    archive,
    files: new Map<string, Uint8Array>([
      [archive, zip],
      [`${base}SHA256SUMS`, sums],
      [`${base}SHA256SUMS${signature}`, maker.signature],
    ]),
    otherSignature: other.signature,
    publicKey: maker.publicKey,
  }
}

async function signWithNewKey(content: Uint8Array) {
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Maker' }],
    format: 'armored',
  })
  const signature = await sign({
    message: await createMessage({ binary: content }),
    signingKeys: await readPrivateKey({ armoredKey: privateKey }),
    detached: true,
    format: 'binary',
  })
  return { publicKey, signature }
}
