import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { createControlPlane } from '@scalr-agent/control-plane'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

it('pnpm client:types makes types of what a control plane says it serves', async () => {
  await using directory = await temporaryDirectory()
  await using controlPlane = await createControlPlane({ dataDir: join(directory.path, 'data') })
  const out = join(directory.path, 'types')
  const document = `${controlPlane.url}/api/iacp/v3/openapi-public.yml`
  const script = ['--conditions=@scalr-agent/source', 'scripts/client-types.ts', document]
  await promisify(execFile)(process.execPath, [...script, '--out', out], { cwd: root })
  const texts = await Promise.all(
    (await readdir(out)).map(async (name) => await readFile(join(out, name), 'utf8')),
  )
  const types = texts.join('\n')
  expect(types).toContain("'PATCH /workspaces/{workspace}'")
  expect(types).toContain("'agent-waiting-reason'")
  expect(types).toMatch(/\| 'plan_queued'/u)
})

async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'client-types-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
