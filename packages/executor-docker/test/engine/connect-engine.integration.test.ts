import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError, ExecutorError } from '@scalr-agent/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { connectEngine } from '../../src/engine/connect-engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'

let directory: string
const servers: Server[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sa-engine-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  rmSync(directory, { recursive: true, force: true })
})

/** Answers as much of the API as it takes to say who one is. */
const engine =
  (version: object): RequestListener =>
  (request, response) => {
    const path = request.url?.replace(/^\/v[\d.]+/u, '')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(path === '/version' ? version : { Name: 'elsewhere' }))
  }
const docker2010 = { Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux' }

async function listen(server: Server, where: string | number): Promise<Server> {
  servers.push(server)
  await new Promise<void>((resolve) => {
    if (typeof where === 'string') server.listen(where, resolve)
    else server.listen(where, '127.0.0.1', resolve)
  })
  return server
}
const listenOn = async (socket: string, version: object = docker2010): Promise<string> => {
  const path = join(directory, socket)
  mkdirSync(join(path, '..'), { recursive: true })
  await listen(createHttpServer(engine(version)), path)
  return `unix://${path}`
}
const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const failure = async (options: EngineOptions): Promise<ExecutorError> => {
  const error: unknown = await connectEngine(options).catch((reason: unknown) => reason)
  if (error instanceof ExecutorError) return error
  throw new Error('It should have failed with an ExecutorError.', { cause: error })
}
const noConfig = (): EngineOptions => ({ configDir: directory, runtimeDir: directory })

/** A context as `docker context create` writes it. */
function context(name: string, docker: object, tls: Readonly<Record<string, string>> = {}): void {
  const id = createHash('sha256').update(name).digest('hex')
  mkdirSync(join(directory, 'contexts/meta', id), { recursive: true })
  writeFileSync(
    join(directory, 'contexts/meta', id, 'meta.json'),
    JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }),
  )
  mkdirSync(join(directory, 'contexts/tls', id, 'docker'), { recursive: true })
  for (const [file, text] of Object.entries(tls)) {
    writeFileSync(join(directory, 'contexts/tls', id, 'docker', file), text)
  }
}

/** A CA, a certificate of 127.0.0.1 and one of a client, in PEM, in `directory`. */
function makeCertificates(): (file: string) => string {
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: directory, stdio: 'ignore' })
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca')
  for (const name of ['server', 'client']) {
    openssl(
      'req',
      '-new',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    )
    writeFileSync(join(directory, 'san'), 'subjectAltName=IP:127.0.0.1')
    const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san']
    openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.pem`)
  }
  return (file) => readFileSync(join(directory, file), 'utf8')
}

describe('the engine that is found', () => {
  it('is the given one, with the newest API that both know', async () => {
    const host = await listenOn('given.sock')
    await listenOn('docker.sock')
    const found = await connectEngine({ ...noConfig(), host })
    expect(found).toMatchObject({
      address: host,
      apiVersion: '1.41',
      engineVersion: '20.10.24',
      isLocal: false,
    })
  })

  it('is the one of the current context, or of the one that is named', async () => {
    const one = await listenOn('one.sock')
    const two = await listenOn('two.sock')
    context('one', { Host: one })
    context('two', { Host: two })
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ currentContext: 'one' }))
    expect((await connectEngine(noConfig())).address).toBe(one)
    expect((await connectEngine({ ...noConfig(), context: 'two' })).address).toBe(two)
  })

  it('is the rootless one before others where none was chosen', async () => {
    const rootless = await listenOn('run/docker.sock')
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ currentContext: 'default' }))
    const found = await connectEngine({ ...noConfig(), runtimeDir: join(directory, 'run') })
    expect(found.address).toBe(rootless)
  })

  it('does not depend on variables of the environment', async () => {
    const host = await listenOn('given.sock')
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:9')
    vi.stubEnv('DOCKER_TLS_VERIFY', '1')
    expect((await connectEngine({ ...noConfig(), host })).address).toBe(host)
    vi.stubEnv('DOCKER_CERT_PATH', join(directory, 'absent'))
    await expect(connectEngine({ ...noConfig(), host })).rejects.toThrow(
      /DOCKER_CERT_PATH in the environment/u,
    )
  })

  it('is asked over TLS, in both directions', async () => {
    const pem = makeCertificates()
    const server = await listen(
      createHttpsServer(
        {
          key: pem('server.key'),
          cert: pem('server.pem'),
          ca: pem('ca.pem'),
          requestCert: true,
          rejectUnauthorized: true,
        },
        engine(docker2010),
      ),
      0,
    )
    const host = `tcp://127.0.0.1:${portOf(server)}`
    const tls = { ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') }
    expect((await connectEngine({ ...noConfig(), host, tls })).address).toBe(host)

    const certPath = join(directory, 'certs')
    mkdirSync(certPath)
    for (const [file, text] of Object.entries(tls))
      writeFileSync(join(certPath, `${file}.pem`), text)
    expect((await connectEngine({ ...noConfig(), host, certPath })).address).toBe(host)

    context('tls', { Host: host }, { 'ca.pem': tls.ca, 'cert.pem': tls.cert, 'key.pem': tls.key })
    expect((await connectEngine({ ...noConfig(), context: 'tls' })).address).toBe(host)

    // Verification cannot be switched off from outside.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const stranger = await failure({ ...noConfig(), host, tls: { cert: tls.cert, key: tls.key } })
    expect(stranger).toMatchObject({ code: 'UNAVAILABLE', retryable: false })
    expect(stranger.message).toMatch(/TLS failed: .*Give the CA of the engine/u)
    const nobody = await failure({ ...noConfig(), host, tls: { ca: tls.ca } })
    expect(nobody.message).toMatch(/TLS failed|closed the connection/u)
    expect((await failure({ ...noConfig(), host })).message).toMatch(/TLS|closed the connection/u)
  })
})

describe('no engine', () => {
  // Where the machine has an engine at the usual socket, that one is found.
  const machineHasEngine = existsSync('/var/run/docker.sock')
  it.skipIf(machineHasEngine)(
    'is one error that lists all that was tried, and why each failed',
    async () => {
      const error = await failure(noConfig())
      expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true, executor: 'docker' })
      expect(error.message).toContain('API 1.41 or later')
      expect(error.message).toContain(
        `  - unix://${directory}/docker.sock (a rootless engine): there is no such socket.`,
      )
      expect(error.message).toContain(`unix://${directory}/run/docker.sock (Docker Desktop)`)
      expect(error.message).toContain('unix:///var/run/docker.sock (the usual socket)')
      expect(error.message).toContain('DOCKER_HOST')
    },
  )

  it.each([
    ['does not exist', 'unix:///nowhere/docker.sock', /there is no such socket/u, true],
    ['cannot be reached by SSH', 'ssh://me@host', /SSH is not supported/u, false],
    ['refuses', 'tcp://127.0.0.1:9', /the connection was refused/u, true],
    ['has no such host', 'tcp://docker.invalid:2376', /no such host|cannot be reached/u, true],
  ])('where the given one %s', async (_why, host, message, retryable) => {
    const error = await failure({ ...noConfig(), host })
    expect(error.message).toMatch(message)
    expect(error.retryable).toBe(retryable)
    // What was chosen is not replaced by another.
    expect(error.message).not.toContain('/var/run/docker.sock (the usual')
  })

  it('where its API is too old, or it runs Windows containers', async () => {
    const old = await listenOn('old.sock', { ...docker2010, Version: '19.03', ApiVersion: '1.40' })
    const error = await failure({ ...noConfig(), host: old })
    expect(error).toMatchObject({ retryable: false })
    expect(error.message).toContain(
      'this is Docker 19.03: its API is 1.40, and 1.41 is the oldest that works. Update to Docker 20.10 or later.',
    )
    const windows = await listenOn('windows.sock', { ...docker2010, Os: 'windows' })
    expect((await failure({ ...noConfig(), host: windows })).message).toContain(
      'Windows containers',
    )
  })

  it('where what answers is no engine', async () => {
    const host = await listenOn('other.sock', { hello: 'world' })
    expect((await failure({ ...noConfig(), host })).message).toContain('no API version')
  })

  it.each([
    ['is absent', undefined, /there is no such context/u],
    ['names no engine', {}, /it names no Docker engine/u],
    [
      'skips verification',
      { Host: 'tcp://h:2376', SkipTLSVerify: true },
      /skips the verification of TLS/u,
    ],
  ])('where the current context %s', async (_why, docker, message) => {
    if (docker !== undefined) context('mine', docker)
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ currentContext: 'mine' }))
    expect((await failure(noConfig())).message).toMatch(message)
  })

  it('where options or configuration are wrong', async () => {
    await expect(connectEngine({ host: '' })).rejects.toThrow(ConfigurationError)
    await expect(connectEngine({ tls: { cert: '-----BEGIN x' } })).rejects.toThrow(/both/u)
    writeFileSync(join(directory, 'config.json'), '{')
    await expect(connectEngine(noConfig())).rejects.toThrow(/it is no JSON/u)
  })

  it.skipIf(process.getuid?.() !== 0)(
    'where the socket may not be opened: in which group to be',
    async () => {
      const host = await listenOn('closed.sock')
      chmodSync(directory, 0o755)
      chmodSync(join(directory, 'closed.sock'), 0o600)
      // Root may open everything: ask as somebody else.
      const module = new URL('../../src/engine/connect-engine.ts', import.meta.url).pathname
      const script = `import { connectEngine } from '${module}'
        process.setgid(65534); process.setuid(65534)
        await connectEngine({ host: '${host}' }).catch((error) => console.log(error.retryable, error.message))`
      const output = execFileSync(
        process.execPath,
        ['--conditions=@scalr-agent/source', '--input-type=module-typescript', '-e', script],
        { encoding: 'utf8', cwd: new URL('../..', import.meta.url).pathname },
      )
      expect(output).toMatch(/^false /u)
      expect(output).toMatch(/may not open it \(EACCES\)\..*usermod -aG docker/u)
    },
  )

  it('is not waited for when the caller gives up', async () => {
    const server = await listen(
      createHttpServer(() => {}),
      join(directory, 'silent.sock'),
    )
    const abort = new AbortController()
    server.once('request', () => abort.abort(new Error('enough')))
    await expect(
      connectEngine(
        { ...noConfig(), host: `unix://${join(directory, 'silent.sock')}` },
        { signal: abort.signal },
      ),
    ).rejects.toThrow('enough')
  })
})
