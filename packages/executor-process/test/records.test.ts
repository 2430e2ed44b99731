import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  makeMark,
  processesRecordSchema,
  readExitRecord,
  readRecord,
  wasStarted,
  writeRecord,
} from '../src/records.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalr-records-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const whole = `exit 1 7 1234 2 4096 end${' '.repeat(100)}\n`

describe('exit record', () => {
  it('I2: a link or a directory in its place proves nothing', async () => {
    const target = join(directory, 'target')
    await writeFile(target, whole)
    await symlink(target, join(directory, 'exit'))
    expect(await readExitRecord(join(directory, 'exit'))).toBe('damaged')
    expect(await readExitRecord(directory)).toBe('damaged')
    expect(await readExitRecord(join(directory, 'none'))).toBeUndefined()
  })
})

describe('records of the agent', () => {
  const identity = { pid: 1, startTime: '1', bootId: 'b' }

  it('are read as they were written', async () => {
    const record = { version: 1 as const, supervisor: identity, main: identity }
    await writeRecord(join(directory, 'record'), record)
    expect(await readRecord(join(directory, 'record'), processesRecordSchema)).toEqual(record)
    expect(await readRecord(join(directory, 'none'), processesRecordSchema)).toBeUndefined()
  })

  it.each(['', '{', '{"version":2}', 'null'])(
    'are never guessed when damaged: %j',
    async (text) => {
      await writeFile(join(directory, 'record'), text)
      await expect(
        readRecord(join(directory, 'record'), processesRecordSchema),
      ).rejects.toMatchObject({
        code: 'ENGINE_FAILURE',
        message: expect.stringContaining(directory),
      })
    },
  )

  it('I8: of many who make a mark, one alone made it', async () => {
    const path = join(directory, 'soft')
    const made = await Promise.all(Array.from({ length: 20 }, () => makeMark(path)))
    expect(made.filter(Boolean)).toHaveLength(1)
  })

  it('a main process counts as started once its pid is there with its line end', async () => {
    const path = join(directory, 'main')
    expect(await wasStarted(path)).toBe(false)
    await writeFile(path, '12')
    expect(await wasStarted(path)).toBe(false)
    await writeFile(path, '12\n')
    expect(await wasStarted(path)).toBe(true)
  })
})
