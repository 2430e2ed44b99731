import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createDispatcher } from '@scalr-agent/core'
import { PlainProcess } from '../platform/plain-process.ts'
import { openSshTunnel } from './ssh-tunnel.ts'

type Dispatcher = ReturnType<typeof createDispatcher>

const run = promisify(execFile)
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = `${part({ alg: 'none' })}.${part({ kind: 'bench' })}.c2ln`
const megabyte = 1_000_000
const originModule = new URL('origin-process.ts', import.meta.url)
const gatewayModule = new URL('gateway-process.ts', import.meta.url)
const agentModule = new URL('agent-process.ts', import.meta.url)

/** A VCS, an agent beside it and a gateway, each a process of its own; TLS between all of them. */
export class RelayScene implements AsyncDisposable {
  /** The VCS itself, over TLS. */
  readonly directUrl: string
  /** The same through the relay. */
  readonly relayedUrl: string
  readonly caPath: string
  readonly directory: string
  readonly gateway: PlainProcess
  readonly agent: PlainProcess
  readonly dispatcher: Dispatcher
  readonly #resources: AsyncDisposableStack

  private constructor(
    parts: Pick<RelayScene, 'directUrl' | 'relayedUrl' | 'caPath' | 'directory' | 'dispatcher'> & {
      readonly gateway: PlainProcess
      readonly agent: PlainProcess
      readonly resources: AsyncDisposableStack
    },
  ) {
    this.directUrl = parts.directUrl
    this.relayedUrl = parts.relayedUrl
    this.caPath = parts.caPath
    this.directory = parts.directory
    this.gateway = parts.gateway
    this.agent = parts.agent
    this.dispatcher = parts.dispatcher
    this.#resources = parts.resources
  }

  static async start(): Promise<RelayScene> {
    await using resources = new AsyncDisposableStack()
    const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-bench-'))
    resources.defer(() => rm(directory, { recursive: true, force: true }))
    const at = (name: string): string => join(directory, name)
    await makeCertificates(directory)
    await makeRepository(at('git'))
    const identity = [at('server.key'), at('server.pem')]
    const start = async (module: URL, ...args: readonly string[]): Promise<PlainProcess> =>
      resources.use(await PlainProcess.startFromSource(module, ...args))
    const origin = await start(originModule, at('git'), ...identity)
    const gateway = await start(gatewayModule, ...identity, token)
    const directUrl = `https://localhost:${portOf(origin, 'port')}`
    const relayedUrl = `http://localhost:${portOf(gateway, 'frontPort')}`
    const agent = await start(
      agentModule,
      `https://localhost:${portOf(gateway, 'port')}`,
      directUrl,
      at('ca.pem'),
      token,
      at('agent'),
    )
    const dispatcher = createDispatcher({ caCert: at('ca.pem') })
    resources.defer(() => dispatcher.destroy())
    const scene = new RelayScene({
      directUrl,
      relayedUrl,
      caPath: at('ca.pem'),
      directory,
      dispatcher,
      gateway,
      agent,
      resources: resources.move(),
    })
    await scene.#connected()
    return scene
  }

  /** Milliseconds that a whole clone takes. */
  async clone(url: string): Promise<number> {
    const into = join(this.directory, 'clone')
    const startedMs = performance.now()
    await run('git', ['clone', '--quiet', '--bare', `${url}/bench/big.git`, into], {
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        GIT_SSL_CAINFO: this.caPath,
        HOME: this.directory,
      },
    })
    const tookMs = performance.now() - startedMs
    await rm(into, { recursive: true })
    return tookMs
  }

  /** The VCS once more, at the other end of an `ssh -R`. */
  async openSshTunnel(): Promise<AsyncDisposable & { readonly url: string }> {
    const directory = join(this.directory, 'ssh')
    await mkdir(directory)
    const tunnel = await openSshTunnel(directory, Number(new URL(this.directUrl).port))
    return {
      url: `https://localhost:${tunnel.port}`,
      [Symbol.asyncDispose]: () => tunnel[Symbol.asyncDispose](),
    }
  }

  /** Milliseconds until the last byte of an archive of so many megabytes. */
  async archive(url: string, megabytes: number): Promise<number> {
    const startedMs = performance.now()
    const { body } = await this.#get(url, `/api/v3/repos/bench/big/tarball/of-${megabytes}-mb`)
    let bytes = 0
    for await (const chunk of body) bytes += Buffer.byteLength(chunk)
    if (bytes !== megabytes * megabyte) throw new Error(`${bytes} bytes came`)
    return performance.now() - startedMs
  }

  /** Milliseconds of one small call. */
  async call(url: string): Promise<number> {
    const startedMs = performance.now()
    const { body } = await this.#get(url, '/api/v3/repos/bench/big/branches/main')
    await body.text()
    return performance.now() - startedMs
  }

  /** Begins an archive, kills the agent in the middle, and tells how long until the caller knew. */
  async killAgent(): Promise<number> {
    const { body } = await this.#get(this.relayedUrl, '/api/v3/repos/bench/big/tarball/of-2000-mb')
    let killedMs: number | undefined
    try {
      for await (const _chunk of body) {
        if (killedMs !== undefined) continue
        killedMs = performance.now()
        this.agent.kill()
      }
    } catch {
      return performance.now() - (killedMs ?? 0)
    }
    throw new Error('The archive ended well, though its agent was killed.')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }

  async #get(url: string, path: string): Promise<Awaited<ReturnType<Dispatcher['request']>>> {
    const answer = await this.dispatcher.request({
      origin: url,
      path,
      method: 'GET',
      headers: { 'user-agent': 'bench', accept: 'application/json' },
    })
    if (answer.statusCode !== 200) {
      throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`)
    }
    return answer
  }

  async #connected(): Promise<void> {
    for (;;) {
      const { body } = await this.dispatcher.request({
        origin: this.relayedUrl,
        path: '/ready',
        method: 'GET',
      })
      if ((await body.text()).includes('ghe')) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** A port that the process told when it was ready. */
function portOf({ ready }: PlainProcess, name: string): number {
  const value =
    typeof ready === 'object' && ready !== null
      ? new Map(Object.entries(ready)).get(name)
      : undefined
  if (typeof value !== 'number') throw new TypeError(`The process tells no ${name}`)
  return value
}

/** 100 MB that do not compress, in a hundred files. */
async function makeRepository(root: string): Promise<void> {
  const work = join(root, 'work')
  await mkdir(work, { recursive: true })
  for (let i = 0; i < 100; i += 1) await writeFile(join(work, `${i}.bin`), randomBytes(megabyte))
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: root, GIT_CONFIG_NOSYSTEM: '1' }
  const git = (...args: readonly string[]): Promise<unknown> =>
    run('git', ['-c', 'user.name=b', '-c', 'user.email=b@example.com', ...args], { cwd: work, env })
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '.')
  await git('commit', '--quiet', '--message', 'bench')
  await git('clone', '--quiet', '--bare', '.', join(root, 'bench/big.git'))
  await rm(work, { recursive: true })
}

async function makeCertificates(directory: string): Promise<void> {
  const openssl = (...args: readonly string[]): Promise<unknown> =>
    run('openssl', args, { cwd: directory })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const ca = ['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Bench', '-days', '2']
  await openssl('req', '-x509', ...key, ...ca, '-addext', 'keyUsage=critical,keyCertSign')
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server')
  await writeFile(join(directory, 'ext'), 'subjectAltName=DNS:localhost\n')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'ext']
  await openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem', '-days', '1')
}
