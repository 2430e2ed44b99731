import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { ControlPlaneError } from '../runtime/index.ts'

import { schemaVersions } from './schema/index.ts'
import { translateSqliteError } from './sqlite-error.ts'

/** What a statement takes. Booleans are written as 0 and 1. */
export type SqlValue = SQLInputValue | boolean

export interface TransactionOptions {
  /**
   * `false`: the commit may be lost by a power failure (never by a crash of the process), in exchange
   * for no fsync. For what the next heartbeat repeats anyway.
   * @default true
   */
  readonly durable?: boolean
}

/**
 * The control plane's SQLite database, with its schema brought up to date.
 *
 * WAL with `synchronous = FULL`: a commit is on the disk before the answer goes out. An agent deletes its
 * journal once `finish` was answered, and Terraform forgets its state once the write was answered, so
 * nobody could repeat what a power failure took. Liveness writes opt out with `durable: false`.
 */
export class Database implements Disposable {
  readonly #sqlite: DatabaseSync
  readonly #path: string
  readonly #statements = new Map<string, StatementSync>()
  #depth = 0
  #afterCommit: (() => void)[] = []

  /** Opens or makes the database. @throws {@link ControlPlaneError} */
  static open(path: string): Database {
    let sqlite: DatabaseSync
    try {
      sqlite = new DatabaseSync(path, {
        enableForeignKeyConstraints: true,
        enableDoubleQuotedStringLiterals: false,
        timeout: 5000,
      })
    } catch (error) {
      throw translateSqliteError(error, `open the database ${path}`)
    }
    try {
      sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
      const database = new Database(sqlite, path)
      database.#migrate()
      return database
    } catch (error) {
      sqlite.close()
      throw translateSqliteError(error, `prepare the database ${path}`)
    }
  }

  private constructor(sqlite: DatabaseSync, path: string) {
    this.#sqlite = sqlite
    this.#path = path
  }

  /** The first row, or `undefined`. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  get<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    // The columns of STRICT tables have the types that the schema says; `Row` repeats them.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return this.#call(() => this.#statement(sql).get(...bind(values)) as Row | undefined)
  }

  /** Every row. */
  all<Row>(sql: string, ...values: readonly SqlValue[]): Row[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return this.#call(() => this.#statement(sql).all(...bind(values)) as Row[])
  }

  /** @returns how many rows were changed. */
  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#call(() => Number(this.#statement(sql).run(...bind(values)).changes))
  }

  /**
   * Runs `action` in one transaction: all of it or nothing. A transaction inside another is part of it.
   * `action` is synchronous, so that no other request can come between.
   */
  transaction<T>(
    action: () => T extends Promise<unknown> ? never : T,
    options: TransactionOptions = {},
  ): T {
    if (this.#depth > 0) return this.#nested(action)
    const durable = options.durable ?? true
    this.#call(() => {
      if (!durable) this.#sqlite.exec('PRAGMA synchronous = NORMAL')
      try {
        this.#sqlite.exec('BEGIN IMMEDIATE')
      } catch (error) {
        if (!durable) this.#sqlite.exec('PRAGMA synchronous = FULL')
        throw error
      }
    })
    this.#depth = 1
    let result: T
    try {
      result = action()
      this.#call(() => this.#sqlite.exec('COMMIT'))
    } catch (error) {
      this.#afterCommit = []
      // After some failures (full disk) SQLite has rolled back by itself.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
      throw error
    } finally {
      this.#depth = 0
      if (!durable) this.#sqlite.exec('PRAGMA synchronous = FULL')
    }
    const callbacks = this.#afterCommit
    this.#afterCommit = []
    for (const callback of callbacks) callback()
    return result
  }

  /** Calls back once the present transaction is committed, or at once outside of one. */
  afterCommit(callback: () => void): void {
    if (this.#depth === 0) callback()
    else this.#afterCommit.push(callback)
  }

  /** The next value of a named counter, starting at 1. */
  nextCounter(name: string): number {
    const row = this.get<{ value: number }>(
      `INSERT INTO counters (name, value) VALUES (?, 1)
       ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`,
      name,
    )
    return row?.value ?? 1
  }

  close(): void {
    if (!this.#sqlite.isOpen) return
    this.#statements.clear()
    this.#sqlite.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #nested<T>(action: () => T): T {
    const name = `nested_${this.#depth}`
    const callbacks = this.#afterCommit.length
    this.#sqlite.exec(`SAVEPOINT ${name}`)
    this.#depth += 1
    try {
      const result = action()
      this.#sqlite.exec(`RELEASE ${name}`)
      return result
    } catch (error) {
      this.#afterCommit.length = callbacks
      if (this.#sqlite.isTransaction) {
        this.#sqlite.exec(`ROLLBACK TO ${name}`)
        this.#sqlite.exec(`RELEASE ${name}`)
      }
      throw error
    } finally {
      this.#depth -= 1
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      // The set of statements is finite: filters are placeholders. The bound is for whoever forgets.
      if (this.#statements.size >= 500) this.#statements.clear()
      statement = this.#sqlite.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #call<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw translateSqliteError(error, `use the database ${this.#path}`)
    }
  }

  #migrate(): void {
    const row = this.get<{ user_version: number }>('PRAGMA user_version')
    const present = row?.user_version ?? 0
    if (present > schemaVersions.length) {
      throw new ControlPlaneError(
        `Cannot use the database ${this.#path}: its schema is version ${present}, but this release ` +
          `knows only ${schemaVersions.length}. Use a newer release, or another data directory.`,
        { code: 'DATABASE_TOO_NEW' },
      )
    }
    for (const [index, sql] of schemaVersions.entries()) {
      if (index < present) continue
      this.transaction(() => {
        this.#sqlite.exec(sql)
        this.#sqlite.exec(`PRAGMA user_version = ${index + 1}`)
      })
    }
  }
}

function bind(values: readonly SqlValue[]): SQLInputValue[] {
  return values.map((value) => (typeof value === 'boolean' ? Number(value) : value))
}
