import type { Duplex } from 'node:stream'

import type { Dispatcher } from 'undici'

type Handler = Dispatcher.DispatchHandler
type Arguments<Name extends keyof Handler> = Parameters<NonNullable<Handler[Name]>>

/**
 * A dispatcher that tells the socket of an upgrade: undici's WebSocket does not give it out, and waits for
 * a peer that may be gone.
 */
export function keepSocket(dispatcher: Dispatcher, keep: (socket: Duplex) => void): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) => dispatch(options, new SocketKeeper(handler, keep)),
  )
}

class SocketKeeper implements Handler {
  readonly #handler: Handler
  readonly #keep: (socket: Duplex) => void

  constructor(handler: Handler, keep: (socket: Duplex) => void) {
    this.#handler = handler
    this.#keep = keep
  }

  onRequestStart(...values: Arguments<'onRequestStart'>): void {
    this.#handler.onRequestStart?.(...values)
  }

  onRequestUpgrade(...values: Arguments<'onRequestUpgrade'>): void {
    this.#keep(values[3])
    this.#handler.onRequestUpgrade?.(...values)
  }

  onResponseStart(...values: Arguments<'onResponseStart'>): void {
    this.#handler.onResponseStart?.(...values)
  }

  onResponseData(...values: Arguments<'onResponseData'>): void {
    this.#handler.onResponseData?.(...values)
  }

  onResponseEnd(...values: Arguments<'onResponseEnd'>): void {
    this.#handler.onResponseEnd?.(...values)
  }

  onResponseError(...values: Arguments<'onResponseError'>): void {
    this.#handler.onResponseError?.(...values)
  }
}
