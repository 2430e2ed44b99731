/** The proxy itself could not be reached; what went wrong is the `cause`. Never leaves this folder. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure'
  readonly code = 'PROXY_UNREACHABLE'

  constructor(cause: Error) {
    super('The proxy could not be reached', { cause })
  }
}
