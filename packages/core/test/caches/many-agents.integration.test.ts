import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { expect, it } from 'vitest'

import type { PreparedCaches } from '../../src/caches/index.ts'
import { sendJson, startServer, type TestServer } from '../http/support/test-server.ts'
import { closing, filesBelow, temporaryCacheDir } from './binaries/support/cache-fixture.ts'
import { releaseFiles, releasePaths } from './binaries/support/release-files.ts'
import { startMirror } from './binaries/support/release-mirror.ts'
import { lockFileOf, zips } from './providers/support/fake-providers.ts'

const script = join(import.meta.dirname, 'support', 'job-caches-process.ts')
const agentCount = 10
const providers = ['a', 'b', 'c']
const tools = [
  { name: 'terraform', version: '1.2.3' },
  { name: 'opa', version: '1.0.0' },
] as const

function startProviderMirror(downloads: string[]): Promise<TestServer> {
  return startServer(({ url }, response) => {
    const [, , , name = '', file = ''] = url.split('/')
    const zip = zips.get(name)
    if (zip === undefined) sendJson(response, 404, {})
    else if (file === 'archive.zip') {
      downloads.push(name)
      response.end(zip.bytes)
    } else sendJson(response, 200, { archives: { linux_amd64: { url: 'archive.zip' } } })
  })
}

it('ten processes that start on an empty cache at once fetch each program and provider once', async () => {
  const directory = await temporaryCacheDir()
  const releases = closing(
    await startMirror(
      new Map(tools.flatMap(({ name, version }) => [...releaseFiles(name, version)])),
    ),
  )
  const downloads: string[] = []
  const mirror = closing(await startProviderMirror(downloads))
  const agents = Array.from({ length: agentCount }, (_, index) => {
    const task = {
      cacheDir: join(directory, 'cache'),
      dataDir: join(directory, `data-${index}`),
      jobId: `job-${index}`,
      tools,
      releasesUrl: releases.url,
      mirrorUrl: mirror.url,
      lockFile: lockFileOf(providers),
    }
    const child = spawn(
      process.execPath,
      ['--conditions=@scalr-agent/source', script, JSON.stringify(task)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    closing({
      [Symbol.asyncDispose]: async () => {
        child.kill('SIGKILL')
      },
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return { child, ended: once(child, 'exit'), lines }
  })
  for (const { lines } of agents) expect((await lines.next()).value).toBe('ready')
  for (const { child } of agents) child.stdin.write('go\n')
  for (const { lines, ended } of agents) {
    const prepared = JSON.parse(String((await lines.next()).value)) as PreparedCaches
    expect(prepared.tools).toMatchObject({ terraform: { kind: 'cache' }, opa: { kind: 'cache' } })
    expect(prepared.notes).toContain('3 plugins locked (3 used from cache)')
    expect(await ended).toEqual([0, null])
  }
  const wanted = tools.flatMap(({ name, version }) => Object.values(releasePaths(name, version)))
  expect(releases.asked.toSorted()).toEqual(wanted.toSorted())
  expect(downloads.toSorted()).toEqual(providers)
  expect(await filesBelow(join(directory, 'cache/staging'))).toEqual([])
})
