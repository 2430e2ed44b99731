import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ConfigurationError } from '../../src/errors/index.ts'
import { readAgentHooks } from '../../src/job/read-agent-hooks.ts'

const stages = ['pre-init', 'pre-plan', 'post-plan'] as const

let root: string
let hooksDir: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hooks-'))
  hooksDir = join(root, 'hooks')
  await mkdir(hooksDir)
})

afterEach(async () => rm(root, { recursive: true, force: true }))

async function refusal(): Promise<string> {
  const error: unknown = await readAgentHooks(hooksDir, stages).catch((fault: unknown) => fault)
  expect(error).toBeInstanceOf(ConfigurationError)
  return (error as Error).message
}

describe("the agent's hooks", () => {
  it('are the files that are named exactly as a stage, with their executable bit', async () => {
    await writeFile(join(hooksDir, 'pre-plan'), '#!/bin/sh\necho plan\n', { mode: 0o755 })
    await writeFile(join(hooksDir, 'post-plan'), 'no program', { mode: 0o644 })
    await writeFile(join(hooksDir, 'pre-plan.sh'), 'another name', { mode: 0o755 })
    const hooks = await readAgentHooks(hooksDir, stages)
    expect(hooks).toMatchObject([
      { stage: 'pre-plan', path: join(hooksDir, 'pre-plan'), executable: true },
      { stage: 'post-plan', executable: false },
    ])
    expect(Buffer.from(hooks[0]?.content ?? []).toString()).toBe('#!/bin/sh\necho plan\n')
  })

  it('are read for the stages of the phase alone', async () => {
    await mkdir(join(hooksDir, 'pre-apply'))
    expect(await readAgentHooks(hooksDir, stages)).toEqual([])
  })

  it('are none where there is no directory', async () => {
    expect(await readAgentHooks(join(root, 'nowhere'), stages)).toEqual([])
  })

  it('may be links within the directory, as a mounted ConfigMap makes them', async () => {
    await mkdir(join(hooksDir, '..2026'))
    await writeFile(join(hooksDir, '..2026', 'pre-plan'), 'echo', { mode: 0o755 })
    await symlink('..2026', join(hooksDir, '..data'))
    await symlink('..data/pre-plan', join(hooksDir, 'pre-plan'))
    expect(await readAgentHooks(hooksDir, stages)).toMatchObject([{ stage: 'pre-plan' }])
  })

  it('must not be links out of the directory', async () => {
    await writeFile(join(root, 'shadow'), 'secret', { mode: 0o755 })
    await symlink('../shadow', join(hooksDir, 'pre-plan'))
    expect(await refusal()).toContain('a symbolic link that leads out of the hooks directory')
  })

  it('must not be links to nothing: somebody meant a hook to run', async () => {
    await symlink('gone', join(hooksDir, 'pre-plan'))
    expect(await refusal()).toContain('its symbolic link leads nowhere')
  })

  it('must not be directories', async () => {
    await mkdir(join(hooksDir, 'pre-plan'))
    expect(await refusal()).toContain(`${join(hooksDir, 'pre-plan')}: it is a directory`)
  })

  it('must not be pipes, which would never end', async () => {
    execFileSync('mkfifo', [join(hooksDir, 'pre-plan')])
    expect(await refusal()).toContain('it is no plain file')
  })

  it('may have 1 MiB and no byte more', async () => {
    await writeFile(join(hooksDir, 'pre-plan'), Buffer.alloc(1024 ** 2))
    expect((await readAgentHooks(hooksDir, stages))[0]?.content).toHaveLength(1024 ** 2)
    await writeFile(join(hooksDir, 'pre-plan'), Buffer.alloc(1024 ** 2 + 1))
    expect(await refusal()).toContain('it has 1048577 bytes')
  })

  it('are refused where the hooks directory is a file', async () => {
    await rm(hooksDir, { recursive: true })
    await writeFile(hooksDir, '')
    expect(await refusal()).toContain('the hooks directory is no directory')
  })

  it.skipIf(process.getuid?.() === 0)('are refused when they cannot be read', async () => {
    await writeFile(join(hooksDir, 'pre-plan'), 'echo')
    await chmod(join(hooksDir, 'pre-plan'), 0)
    expect(await refusal()).toContain('permission denied')
  })
})
