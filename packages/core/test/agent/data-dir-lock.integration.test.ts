import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { lockDataDir } from '../../src/agent/data-dir-lock.ts'

const module = new URL('../../src/agent/data-dir-lock.ts', import.meta.url).href

describe('the lock on a data directory', () => {
  it('keeps a second agent off, also by another path, until the first is done', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'lock-'))
    const other = `${directory}-link`
    await symlink(directory, other)
    const first = await lockDataDir(directory)
    await expect(lockDataDir(other)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    await first[Symbol.asyncDispose]()
    const second = await lockDataDir(other)
    await second[Symbol.asyncDispose]()
  })

  it('I7: is free again when its holder was killed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'lock-'))
    const holder = spawn(
      process.execPath,
      [
        '--conditions=@scalr-agent/source',
        '--input-type=module',
        '-e',
        `const { lockDataDir } = await import(${JSON.stringify(module)})
         await lockDataDir(${JSON.stringify(directory)})
         console.log('locked'); setInterval(() => {}, 1000)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(holder.stdout, 'data')
    await expect(lockDataDir(directory)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    await using _lock = await lockDataDir(directory)
  })

  it('tells a directory that cannot be made', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'lock-')), 'file')
    await writeFile(file, '')
    await expect(lockDataDir(join(file, 'data'))).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('SCALR_AGENT_DATA_DIR'),
    })
  })
})
