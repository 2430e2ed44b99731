import { EventEmitter, once } from 'node:events'

import type { LogFields, Logger } from '@scalr-agent/core'

interface LogRecord {
  readonly level: string
  readonly message: string
  readonly fields: LogFields
}

/** A logger that remembers, so that a test can wait for what is logged. */
export class HeardLog implements Logger {
  readonly records: LogRecord[] = []
  readonly #events = new EventEmitter().setMaxListeners(0)

  debug(fields: LogFields, message: string): void {
    this.#add('debug', fields, message)
  }

  info(fields: LogFields, message: string): void {
    this.#add('info', fields, message)
  }

  warn(fields: LogFields, message: string): void {
    this.#add('warn', fields, message)
  }

  error(fields: LogFields, message: string): void {
    this.#add('error', fields, message)
  }

  child(): Logger {
    return this
  }

  count(message: string): number {
    return this.records.filter((record) => record.message === message).length
  }

  /** Resolves when that was said so many times, counted from the beginning. */
  async heard(message: string, times = 1): Promise<void> {
    while (this.count(message) < times) await once(this.#events, 'record')
  }

  #add(level: string, fields: LogFields, message: string): void {
    this.records.push({ level, message, fields })
    this.#events.emit('record')
  }
}
