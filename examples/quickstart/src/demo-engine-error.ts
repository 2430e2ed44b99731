/** The demo cannot go on with this engine, cluster or image; the message says why. */
export class DemoEngineError extends Error {
  override readonly name = 'DemoEngineError'
}
