import { DatabaseSync } from 'node:sqlite'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { Database, isUniqueViolation } from '../../src/store/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const account = "INSERT INTO accounts (id, name, created_at) VALUES (?, ?, '2026-01-01T00:00:00Z')"

function accountIds(db: Database): string[] {
  return db.all<{ id: string }>('SELECT id FROM accounts ORDER BY id').map(({ id }) => id)
}

describe('Database', () => {
  it('makes the schema once and keeps what is in it', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'db.sqlite')
    {
      using db = Database.open(path)
      db.run(account, 'acc-1', 'one')
    }
    using db = Database.open(path)
    expect(accountIds(db)).toEqual(['acc-1'])
  })

  it('writes ahead, with every commit on the disk and foreign keys on', async () => {
    await using directory = await temporaryDirectory()
    using db = Database.open(join(directory.path, 'db.sqlite'))
    expect(db.get('PRAGMA journal_mode')).toMatchObject({ journal_mode: 'wal' })
    expect(db.get('PRAGMA synchronous')).toMatchObject({ synchronous: 2 })
    expect(db.get('PRAGMA foreign_keys')).toMatchObject({ foreign_keys: 1 })
  })

  it('is durable again after a transaction that was not, also when that one failed', () => {
    using db = Database.open(':memory:')
    db.transaction(() => db.nextCounter('a'), { durable: false })
    expect(db.get('PRAGMA synchronous')).toMatchObject({ synchronous: 2 })
    expect(() =>
      db.transaction(
        () => {
          throw new Error('no')
        },
        { durable: false },
      ),
    ).toThrow('no')
    expect(db.get('PRAGMA synchronous')).toMatchObject({ synchronous: 2 })
  })

  it('keeps nothing of a transaction that threw', () => {
    using db = Database.open(':memory:')
    expect(() =>
      db.transaction(() => {
        db.run(account, 'acc-1', 'one')
        throw new Error('half-way')
      }),
    ).toThrow('half-way')
    expect(accountIds(db)).toEqual([])
  })

  it('takes back only the inner transaction when that one alone fails', () => {
    using db = Database.open(':memory:')
    db.transaction(() => {
      db.run(account, 'acc-1', 'one')
      expect(() =>
        db.transaction(() => {
          db.run(account, 'acc-2', 'two')
          throw new Error('inner')
        }),
      ).toThrow('inner')
    })
    expect(accountIds(db)).toEqual(['acc-1'])
  })

  it('calls back after the commit, in order, and not after a rollback', () => {
    using db = Database.open(':memory:')
    const calls: string[] = []
    db.afterCommit(() => calls.push('at once'))
    db.transaction(() => {
      db.afterCommit(() => calls.push('first'))
      db.transaction(() => db.afterCommit(() => calls.push('second')))
      try {
        db.transaction(() => {
          db.afterCommit(() => calls.push('never'))
          throw new Error('inner')
        })
      } catch {
        calls.push('inside')
      }
    })
    expect(() =>
      db.transaction(() => {
        db.afterCommit(() => calls.push('never'))
        throw new Error('outer')
      }),
    ).toThrow('outer')
    expect(calls).toEqual(['at once', 'inside', 'first', 'second'])
  })

  it('counts without gaps', () => {
    using db = Database.open(':memory:')
    expect([db.nextCounter('a'), db.nextCounter('a'), db.nextCounter('b')]).toEqual([1, 2, 1])
  })

  it('tells a broken UNIQUE constraint from others', () => {
    using db = Database.open(':memory:')
    db.run(account, 'acc-1', 'one')
    const attempt = (run: () => void): unknown => {
      try {
        run()
      } catch (error) {
        return error
      }
      return undefined
    }
    expect(isUniqueViolation(attempt(() => db.run(account, 'acc-2', 'one')))).toBe(true)
    expect(isUniqueViolation(attempt(() => db.run(account, 'acc-3', null)))).toBe(false)
  })

  it('refuses a database of a newer release and leaves it alone', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'db.sqlite')
    Database.open(path).close()
    const raw = new DatabaseSync(path)
    raw.exec('PRAGMA user_version = 999')
    raw.close()
    expect(() => Database.open(path)).toThrow(
      expect.objectContaining({
        code: 'DATABASE_TOO_NEW',
        message: expect.stringContaining('version 999'),
      }),
    )
  })

  it('says that a file is no database', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'db.sqlite')
    await writeFile(path, 'this is a text file, and longer than a hundred bytes. '.repeat(10))
    expect(() => Database.open(path)).toThrow(expect.objectContaining({ code: 'DATABASE_FAILURE' }))
  })
})
