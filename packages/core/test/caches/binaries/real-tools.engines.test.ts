import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'

import { createJobCaches, type JobCaches, type SignedToolName } from '../../../src/caches/index.ts'
import { TestAuthority } from '../../http/support/certificates.ts'
import { startConnectProxy } from '../../http/support/connect-proxy.ts'
import { closing, filesBelow, temporaryCacheDir } from './support/cache-fixture.ts'
import { releaseFiles, releasePaths, sha256 } from './support/release-files.ts'
import { startMirror, type ReleaseMirror } from './support/release-mirror.ts'

const run = promisify(execFile)
const engines = join(homedir(), '.cache/scalr-agent-sdk/engines/bin')

/** The real programs of this machine, where they are. */
function findProgram(name: string): string | undefined {
  const path = [engines, ...(process.env['PATH'] ?? '').split(':')]
  return path.map((directory) => join(directory, name)).find((file) => existsSync(file))
}

const tools = [
  { tool: 'terraform', suffix: '.sig', says: /^Terraform v(\S+)/mu },
  { tool: 'tofu', suffix: '.gpgsig', says: /^OpenTofu v(\S+)/mu },
] as const

const authority = new TestAuthority()
const identity = authority.issue(['DNS:localhost', 'DNS:releases.example.com'])

const opened: JobCaches[] = []
afterEach(async () => {
  for (const caches of opened.splice(0)) await caches.close()
})

interface Release {
  readonly version: string
  readonly program: Buffer
  readonly files: ReadonlyMap<string, Buffer>
  readonly publicKey: string
}

/** Packs, sums and signs the real program as its makers do. */
async function makeRelease(tool: SignedToolName, suffix: string, says: RegExp): Promise<Release> {
  const path = findProgram(tool) ?? ''
  const version = says.exec(execFileSync(path, ['version'], { encoding: 'utf8' }))?.[1] ?? ''
  const program = await readFile(path)
  const files = releaseFiles(tool, version, program)
  const { privateKey, publicKey } = await generateKey({
    type: 'rsa',
    rsaBits: 3072,
    userIDs: [{ name: 'Maker' }],
    format: 'armored',
  })
  const { sums } = releasePaths(tool, version)
  const signature = await sign({
    message: await createMessage({ binary: files.get(sums) ?? Buffer.alloc(0) }),
    signingKeys: await readPrivateKey({ armoredKey: privateKey }),
    detached: true,
    format: 'binary',
  })
  files.set(`${sums}${suffix}`, Buffer.from(signature))
  return { version, program, files, publicKey }
}

describe.each(tools)('the real $tool', ({ tool, suffix, says }) => {
  const isThere = findProgram(tool) !== undefined
  let release: Release
  beforeAll(async () => {
    if (isThere) release = await makeRelease(tool, suffix, says)
  })

  it.skipIf(!isThere)(
    'comes signed, over TLS with a private authority and through a proxy, once for ten jobs, and runs',
    async () => {
      const mirror: ReleaseMirror = closing(await startMirror(release.files, identity))
      const proxy = closing(await startConnectProxy())
      const directory = await temporaryCacheDir()
      const cacheDir = join(directory, 'cache')
      const caches = createJobCaches({
        cacheDir,
        dataDir: join(directory, 'data'),
        platform: 'linux_amd64',
        binaries: {
          baseUrls: { [tool]: `https://releases.example.com:${mirror.port}` },
          signingKeys: { [tool]: [release.publicKey] },
        },
        connection: { caCert: authority.caCert, proxy: { httpsProxy: proxy.url } },
      })
      opened.push(caches)
      const { version } = release
      const jobs = Array.from({ length: 10 }, (_, index) => ({
        jobId: `job-${index}`,
        tools: [{ name: tool, version }],
        lookIn: 'nowhere' as const,
        canMount: true,
      }))
      const all = await Promise.all(jobs.map((job) => caches.prepare(job, {})))
      const { file, sums } = releasePaths(tool, version)
      expect(mirror.asked).toEqual([sums, `${sums}${suffix}`, file])
      expect(new Set(proxy.asked)).toEqual(new Set([`releases.example.com:${mirror.port}`]))
      const [location] = all.map(({ tools: found }) => found[tool])
      expect(location).toMatchObject({ kind: 'cache', version })
      const program = join(cacheDir, 'binaries', tool, version, 'linux_amd64', tool)
      expect(sha256(await readFile(program))).toBe(sha256(release.program))
      const { stdout } = await run(program, ['version'], { env: { CHECKPOINT_DISABLE: '1' } })
      expect(says.exec(stdout)?.[1]).toBe(version)
      expect(await filesBelow(join(cacheDir, 'staging'))).toEqual([])
    },
  )

  it.skipIf(!isThere)('is found in PATH by its version, without a download', async () => {
    const directory = await temporaryCacheDir()
    const caches = createJobCaches({
      cacheDir: join(directory, 'cache'),
      dataDir: join(directory, 'data'),
      binaries: { baseUrls: { [tool]: 'https://localhost:1' } },
    })
    opened.push(caches)
    const path = findProgram(tool) ?? ''
    const job = {
      jobId: 'job-1',
      tools: [{ name: tool, version: release.version }],
      lookIn: { path: join(path, '..') },
      canMount: true,
    }
    expect((await caches.prepare(job, {})).tools[tool]).toEqual({ kind: 'path', path })
  })
})
