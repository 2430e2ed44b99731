import type { EventEmitter } from 'eventemitter3'

import type { Logger } from './logger.ts'

/**
 * Makes an `emit` that a throwing listener cannot break: events observe, they never steer.
 * eventemitter3 hands a listener's exception to the emitter, so every emit goes through here.
 */
export function safeEmitter<Events extends object>(
  emitter: EventEmitter<Events>,
  logger: Logger,
): <Name extends EventEmitter.EventNames<Events>>(
  name: Name,
  ...payload: EventEmitter.EventArgs<Events, Name>
) => void {
  return (name, ...payload) => {
    try {
      emitter.emit(name, ...payload)
    } catch (error) {
      logger.error({ event: String(name), err: error }, 'A listener of an agent event threw')
    }
  }
}
