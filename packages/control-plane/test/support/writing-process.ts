import { Database, DataDirectory } from '../../src/store/index.ts'

// Commits as fast as it can and tells after each commit how many there are, until it is killed.
const directory = DataDirectory.open(process.argv[2] ?? '')
// Held to the end: what nothing refers to is collected, and its lock with it.
process.once('exit', () => directory.close())
const db = Database.open(directory.databasePath)

function next(): void {
  const count = db.transaction(() => {
    const value = db.nextCounter('tokens')
    db.run(
      "INSERT INTO access_tokens (id, kind, owner_id, created_at) VALUES (?, 'user', 'user-1', '')",
      `at-${value}`,
    )
    return value
  })
  process.send?.(count)
  setImmediate(next)
}
next()
