import { ControlPlaneError } from '../runtime/index.ts'

const sqliteFull = 13
const sqliteReadOnly = 8
const sqliteCantOpen = 14
const sqliteCorrupt = 11
const sqliteNotADatabase = 26
const sqliteConstraint = 19
const ioErrors = 10

/**
 * Says in our words why SQLite failed. Broken constraints and everything that is not SQLite's pass
 * unchanged: they are for the caller.
 */
export function translateSqliteError(error: unknown, action: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') {
    return error
  }
  // The low byte is the primary code; the rest refines it.
  const primary = error.errcode & 0xff
  if (primary === sqliteConstraint) return error
  const fail = (
    code: 'DISK_FULL' | 'DATA_DIR_UNUSABLE' | 'DATABASE_FAILURE',
    why: string,
  ): ControlPlaneError => new ControlPlaneError(`Cannot ${action}: ${why}`, { code, cause: error })
  switch (primary) {
    case sqliteFull:
      return fail('DISK_FULL', 'the disk is full. Free some space and start again.')
    case sqliteReadOnly:
    case sqliteCantOpen:
      return fail(
        'DATA_DIR_UNUSABLE',
        'it is not writable. Give this user the right to write there, or use another data directory.',
      )
    case sqliteCorrupt:
    case sqliteNotADatabase:
      return fail(
        'DATABASE_FAILURE',
        'it is no SQLite database, or damaged. Restore it from a backup.',
      )
    case ioErrors:
      return fail('DATABASE_FAILURE', `the disk answered with an error (${error.message}).`)
    default:
      return fail('DATABASE_FAILURE', `${error.message} (SQLite ${error.errcode}).`)
  }
}

/** Whether a UNIQUE constraint refused the row. */
export function isUniqueViolation(error: unknown): boolean {
  // SQLITE_CONSTRAINT_UNIQUE
  return error instanceof Error && 'errcode' in error && error.errcode === 2067
}
