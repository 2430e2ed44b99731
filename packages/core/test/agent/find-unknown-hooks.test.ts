import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { findUnknownHooks } from '../../src/agent/find-unknown-hooks.ts'

it('finds the files of the hooks directory that are named after no stage', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'unknown-hooks-'))
  for (const name of ['pre-plan', 'post-apply', 'pre_plan', 'pre-plan.sh', '.gitignore']) {
    await writeFile(join(directory, name), '')
  }
  expect(await findUnknownHooks(directory)).toEqual(['pre-plan.sh', 'pre_plan'])
})

it('finds nothing where there is no directory', async () => {
  expect(await findUnknownHooks('/nowhere/hooks')).toEqual([])
})
