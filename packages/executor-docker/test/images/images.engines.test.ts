import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { ExecutorError, systemClock } from '@scalr-agent/core'
import type Docker from 'dockerode'
import { pack } from 'tar-stream'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'

import { connectEngine } from '../../src/engine/connect-engine.ts'
import { imageOptionsSchema, type ImageOptions } from '../../src/images/image-options.ts'
import { Images } from '../../src/images/images.ts'
import type { PullProgress } from '../../src/images/pull-progress.ts'
import { describeWithEngine, dockerHost, testImage } from '../support/docker-engine.ts'
import {
  findRegistryProgram,
  registryUser,
  startRegistry,
  type Registry,
} from '../support/registry.ts'
import { startStallingRegistry } from '../support/stalling-registry.ts'

const { signal } = new AbortController()

describeWithEngine('images of a real engine', () => {
  let docker: Docker
  let configDir: string
  /** Images that a test brought to the engine, which it must not keep. */
  const made: string[] = []

  beforeAll(async () => {
    const engine = await connectEngine({ host: dockerHost ?? '' })
    docker = engine.docker
  })
  beforeEach(async () => {
    configDir = await mkdtemp(join(tmpdir(), 'sa-docker-config-'))
  })
  afterEach(async () => {
    await rm(configDir, { recursive: true, force: true })
    for (const name of made.splice(0)) {
      await docker
        .getImage(name)
        .remove()
        .catch(() => {})
    }
  })

  const images = (
    options: ImageOptions = {},
    onPullProgress?: (progress: PullProgress) => void,
  ): Images =>
    new Images({
      ...imageOptionsSchema.parse({ configDir, ...options }),
      clock: systemClock,
      onPullProgress,
    })

  const failure = async (image: string, options: ImageOptions = {}): Promise<ExecutorError> => {
    const error: unknown = await images(options)
      .ensure(docker, image, { signal })
      .then(
        () => undefined,
        (reason: unknown) => reason,
      )
    if (error instanceof ExecutorError) return error
    throw new Error(`'${image}' should have failed with an ExecutorError`, { cause: error })
  }

  const tagAs = async (repo: string): Promise<string> => {
    await docker.getImage(testImage).tag({ repo, tag: '1' })
    made.push(`${repo}:1`)
    return `${repo}:1`
  }

  it('uses an image that was built here, and does not ask its registry', async () => {
    // Nothing listens there: a pull would fail.
    const image = await tagAs('127.0.0.1:9/team/built-here')
    await expect(images().ensure(docker, image, { signal })).resolves.toMatchObject({
      wasPulled: false,
    })
    await expect(
      images({ pullPolicy: 'never' }).ensure(docker, image, { signal }),
    ).resolves.toMatchObject({
      wasPulled: false,
    })
    const error = await failure(image, { pullPolicy: 'always' })
    expect(error).toMatchObject({ code: 'IMAGE_PULL_FAILED', retryable: true })
    expect(error.message).toContain('cannot reach the registry 127.0.0.1:9')
  })

  it('pulls nothing when it may not', async () => {
    const error = await failure('local/absent:1', { pullPolicy: 'never' })
    expect(error).toMatchObject({ code: 'IMAGE_PULL_FAILED', retryable: false })
    expect(error.message).toContain('pulling is switched off')
  })

  it('refuses what is no name of an image', async () => {
    expect(await failure('Not An Image')).toMatchObject({ code: 'INVALID_SPEC' })
  })

  it('refuses an image for another CPU, unless the engine is said to emulate it', async () => {
    const error = await failure('local/other-arch:1')
    expect(error).toMatchObject({ code: 'IMAGE_PULL_FAILED', retryable: false })
    expect(error.message).toMatch(/it is for linux\/(arm64|amd64), and the engine's machine is/u)
    await expect(
      images({ architecture: 'any' }).ensure(docker, 'local/other-arch:1', { signal }),
    ).resolves.toMatchObject({ wasPulled: false })
  })

  it('says that a host of a registry does not exist', async () => {
    const error = await failure('registry.invalid/team/tool:1')
    expect(error.code).toBe('IMAGE_PULL_FAILED')
    expect(error.message).toMatch(
      /cannot (?:find the host of|reach) the registry registry\.invalid/u,
    )
  })

  it('gives up on a registry that answers nothing', async () => {
    await using hole = await blackHole()
    const error = await failure(`${hole.host}/team/tool:1`, { pullIdleTimeoutMs: 1000 })
    expect(error).toMatchObject({ code: 'IMAGE_PULL_FAILED', retryable: true })
    expect(error.message).toContain(`nothing came from the registry ${hole.host} for 1 s`)
    const late = await failure(`${hole.host}/team/tool:1`, { pullTimeoutMs: 1000 })
    expect(late.message).toContain('the pull was not over after 1 s')
  })

  const program = findRegistryProgram()
  if (program === undefined) {
    console.warn('Skipped: no docker-registry. Run `pnpm engines up docker-registry`.')
    it.skip('with a registry')
    return
  }

  let registry: Registry
  beforeAll(async () => {
    registry = await startRegistry(program)
    const pushed = `${registry.host}/team/pushed:1`
    await makeImage(docker, pushed)
    await push(docker, pushed, registry.host)
    await docker.getImage(pushed).remove()
  })
  afterAll(async () => {
    await registry[Symbol.asyncDispose]()
  })
  const name = (rest: string): string => {
    const image = `${registry.host}/${rest}`
    made.push(image)
    return image
  }
  const logIn = async (password = registryUser.password): Promise<void> => {
    const auth = Buffer.from(`${registryUser.username}:${password}`).toString('base64')
    await writeFile(
      join(configDir, 'config.json'),
      JSON.stringify({ auths: { [registry.host]: { auth } } }),
    )
  }

  it('pulls with the credentials of Docker, once for all who ask at the same time', async () => {
    await logIn()
    const pulls = vi.spyOn(docker, 'createImage')
    const told: PullProgress[] = []
    const store = images({}, (progress) => told.push(progress))
    const image = name('team/pushed:1')
    const all = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => await store.ensure(docker, image, { signal })),
    )
    expect(pulls).toHaveBeenCalledTimes(1)
    pulls.mockRestore()
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(all.every(({ wasPulled }) => wasPulled)).toBe(true)
    expect(told.at(-1)).toMatchObject({ image, layers: 1, layersDone: 1 })
    await expect(store.ensure(docker, image, { signal })).resolves.toMatchObject({
      wasPulled: false,
    })
  })

  it('gives up on a registry that stops in the middle', async () => {
    await using stalling = await startStallingRegistry(registry.host)
    const image = `${stalling.host}/team/pushed:1`
    const error = await failure(image, {
      pullIdleTimeoutMs: 1000,
      credentials: { [stalling.host]: registryUser },
    })
    expect(error).toMatchObject({ code: 'IMAGE_PULL_FAILED', retryable: true })
    expect(error.message).toContain(`nothing came from the registry ${stalling.host} for 1 s`)
  })

  it('goes on pulling until nobody wants it any more', async () => {
    await using stalling = await startStallingRegistry(registry.host)
    const store = images({ credentials: { [stalling.host]: registryUser } })
    const both = [new AbortController(), new AbortController()] as const
    const requests = vi.spyOn(docker, 'createImage')
    const [one, two] = both.map(
      async ({ signal: each }) =>
        await store.ensure(docker, `${stalling.host}/team/pushed:1`, { signal: each }),
    )
    await stalling.stalled
    both[0].abort(new Error('enough'))
    await expect(one).rejects.toThrow('enough')
    const pull = await requests.mock.results[0]?.value
    requests.mockRestore()
    expect(pull).toMatchObject({ destroyed: false })
    both[1].abort(new Error('me too'))
    await expect(two).rejects.toThrow('me too')
    // That is how the engine learns of it.
    await expect.poll(() => pull?.destroyed).toBe(true)
  })

  it('pulls by digest', async () => {
    await logIn()
    const digest = await digestOf(registry.host)
    const image = name(`team/pushed@${digest}`)
    await expect(images().ensure(docker, image, { signal })).resolves.toMatchObject({
      wasPulled: true,
    })
    await expect(images().ensure(docker, image, { signal })).resolves.toMatchObject({
      wasPulled: false,
    })
  })

  it('takes credentials from the options first', async () => {
    await logIn('not-the-password')
    await expect(
      images({ credentials: { [registry.host]: registryUser } }).ensure(
        docker,
        name('team/pushed:1'),
        {
          signal,
        },
      ),
    ).resolves.toMatchObject({ wasPulled: true })
  })

  it('says how to log in where there are no credentials, and never shows those that were refused', async () => {
    const none = await failure(name('team/pushed:1'))
    expect(none).toMatchObject({ code: 'IMAGE_PULL_FAILED', retryable: false })
    expect(none.message).toContain(`There are no credentials for it`)
    expect(none.message).toContain(`docker login ${registry.host}`)
    await logIn('canary-7c1f')
    const wrong = await failure(name('team/pushed:1'))
    expect(wrong.message).toContain('wrong or expired')
    expect(JSON.stringify([wrong, wrong.message, wrong.stack])).not.toContain('canary-7c1f')
  })

  it('says that there is no such tag, and no such repository', async () => {
    await logIn()
    for (const image of [name('team/pushed:9'), name('team/nothing:1')]) {
      const error = await failure(image)
      expect(error).toMatchObject({ code: 'IMAGE_PULL_FAILED', retryable: false })
      expect(error.message).toMatch(/does not have it|no such repository/u)
    }
  })
})

interface BlackHole extends AsyncDisposable {
  readonly host: string
}

/** Takes connections and never says a word. */
async function blackHole(): Promise<BlackHole> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: `127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An image with a layer that no engine has seen. */
async function makeImage(docker: Docker, name: string): Promise<void> {
  const layer = pack()
  layer.entry({ name: 'content' }, randomBytes(200_000))
  layer.finalize()
  const at = name.lastIndexOf(':')
  const options = { repo: name.slice(0, at), tag: name.slice(at + 1) }
  const said = await buffer(await docker.importImage(Readable.from(layer), options))
  if (said.includes('"error"')) throw new Error(said.toString())
}

async function push(docker: Docker, image: string, serveraddress: string): Promise<void> {
  const stream = await docker
    .getImage(image)
    .push({ authconfig: { ...registryUser, serveraddress } })
  let said = ''
  for await (const chunk of stream) said += String(chunk)
  if (said.includes('"error"')) throw new Error(said)
}

async function digestOf(host: string): Promise<string> {
  const basic = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString('base64')
  const answer = await fetch(`http://${host}/v2/team/pushed/manifests/1`, {
    method: 'HEAD',
    headers: {
      authorization: `Basic ${basic}`,
      accept:
        'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json',
    },
  })
  return answer.headers.get('docker-content-digest') ?? ''
}
