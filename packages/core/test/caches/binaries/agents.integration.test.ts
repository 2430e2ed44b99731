import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import {
  asking,
  cacheFixture,
  closing,
  filesBelow,
  temporaryCacheDir,
} from './support/cache-fixture.ts'
import { fakeProgram, releaseFiles, releasePaths } from './support/release-files.ts'
import { startMirror, type ReleaseMirror } from './support/release-mirror.ts'
import { startAgent, type CacheAgent } from './support/start-agent.ts'

const { file, sums } = releasePaths('terraform', '1.2.3')
const program = 'binaries/terraform/1.2.3/linux_amd64/terraform'
const half = Buffer.alloc(100_000, 'x')

async function mirror(): Promise<ReleaseMirror> {
  return closing(await startMirror(releaseFiles('terraform', '1.2.3')))
}

/** An agent that was given half of the archive, and waits for the rest. */
async function inTheMiddle(
  of: ReleaseMirror,
  cacheDir: string,
  owner: string,
): Promise<CacheAgent> {
  const before = of.asked.length
  of.answers.set(file, (response) => {
    response.writeHead(200, { 'content-length': half.length * 2 }).write(half)
  })
  const agent = startAgent({
    cacheDir,
    owner,
    baseUrl: of.url,
    jobId: `job-${owner}`,
    tool: 'terraform',
    version: '1.2.3',
  })
  expect(await agent.line()).toBe('asking')
  await of.receivedAtLeast(before + 2)
  await untilStaged(cacheDir, owner)
  of.answers.delete(file)
  return agent
}

async function untilStaged(cacheDir: string, owner: string): Promise<void> {
  const staging = join(cacheDir, 'staging/binaries')
  for (;;) {
    for (const name of await readdir(staging).catch(() => [])) {
      const staged = await readFile(join(staging, name, 'download')).catch(() => Buffer.alloc(0))
      if (name.startsWith(owner) && staged.length === half.length) return
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

it('kill -9 in the middle of a download leaves nothing that is used, and nothing for long', async () => {
  const server = await mirror()
  const cacheDir = await temporaryCacheDir()
  const agent = await inTheMiddle(server, cacheDir, 'agent-a')
  await agent.kill()
  expect(await filesBelow(join(cacheDir, 'binaries'))).toEqual([])
  expect(await filesBelow(join(cacheDir, 'staging'))).toHaveLength(1)

  const { cache } = await cacheFixture({ cacheDir, owner: 'agent-a', baseUrl: server.url })
  await cache.recover([])
  expect(await filesBelow(join(cacheDir, 'staging'))).toEqual([])
  expect(await filesBelow(join(cacheDir, 'pins'))).toEqual([])
  await cache.prepare(asking('terraform', '1.2.3'), {})
  expect(await readFile(join(cacheDir, program))).toEqual(fakeProgram('terraform', '1.2.3'))
})

it('an agent that recovers leaves alone what another one is fetching', async () => {
  const server = await mirror()
  const cacheDir = await temporaryCacheDir()
  const agent = await inTheMiddle(server, cacheDir, 'agent-b')
  const { cache } = await cacheFixture({ cacheDir, owner: 'agent-a', baseUrl: server.url })
  await cache.recover([])
  expect(await filesBelow(join(cacheDir, 'staging'))).toHaveLength(1)
  expect(await filesBelow(join(cacheDir, 'pins'))).toEqual(['binaries/agent-b/job-agent-b'])
  await agent.kill()
})

it('the death of an agent that fetches lets the next one go on at once', async () => {
  const server = await mirror()
  const cacheDir = await temporaryCacheDir()
  const agent = await inTheMiddle(server, cacheDir, 'agent-b')
  const { cache } = await cacheFixture({ cacheDir, owner: 'agent-a', baseUrl: server.url })
  const job = cache.prepare(asking('terraform', '1.2.3'), {})
  await agent.kill()
  expect((await job).tools.terraform).toMatchObject({ kind: 'cache' })
  expect(server.asked).toEqual([sums, file, sums, file])
})

it('two agents of one machine that need the same program fetch it once', async () => {
  const server = await mirror()
  const cacheDir = await temporaryCacheDir()
  const gate = Promise.withResolvers<void>()
  server.answers.set(file, async (response) => {
    await gate.promise
    response.end(server.files.get(file))
  })
  const agents = ['agent-a', 'agent-b'].map((owner) =>
    startAgent({
      cacheDir,
      owner,
      baseUrl: server.url,
      jobId: `job-${owner}`,
      tool: 'terraform',
      version: '1.2.3',
    }),
  )
  for (const agent of agents) expect(await agent.line()).toBe('asking')
  await server.receivedAtLeast(2)
  gate.resolve()
  for (const agent of agents) {
    expect(JSON.parse(await agent.line())).toMatchObject({
      tools: { terraform: { kind: 'cache', version: '1.2.3' } },
    })
    expect(await agent.end()).toBe(0)
  }
  expect(server.asked).toEqual([sums, file])
  expect(await filesBelow(join(cacheDir, 'pins'))).toHaveLength(2)
})
