import { inspect } from 'node:util'

import type { LogFields, Logger } from '@scalr-agent/core'

/** Keeps what is logged. */
export class RecordingLogger implements Logger {
  readonly records: {
    readonly level: string
    readonly fields: LogFields
    readonly message: string
  }[] = []

  /** All of it as a log would hold it, and as somebody who debugs would see it. */
  get text(): string {
    return `${JSON.stringify(this.records)}\n${inspect(this.records, { depth: 10 })}`
  }

  debug(fields: LogFields, message: string): void {
    this.records.push({ level: 'debug', fields, message })
  }
  info(fields: LogFields, message: string): void {
    this.records.push({ level: 'info', fields, message })
  }
  warn(fields: LogFields, message: string): void {
    this.records.push({ level: 'warn', fields, message })
  }
  error(fields: LogFields, message: string): void {
    this.records.push({ level: 'error', fields, message })
  }
  child(): Logger {
    return this
  }
}
