export { isLoopbackHost, parseBaseUrl } from './base-url.ts'
export { abandon, readBounded } from './bounded-body.ts'
export type { CallEnd, CallStart, CallTrace, CallTracer } from './call-trace.ts'
export { readCaCert } from './ca-cert.ts'
export { Sha256Digest, sha256Of } from './digest.ts'
export { createDispatcher, type ConnectionOptions, type ProxyOptions } from './dispatcher.ts'
export type { ErrorAnswer } from './error-answer.ts'
export type {
  HttpAnswer,
  HttpCall,
  HttpMethod,
  QueryValues,
  RetryEvent,
  RetryPolicy,
} from './http-call.ts'
export { HttpTransport, type HttpTransportOptions } from './http-transport.ts'
export { translateFailure, type Failure, type FailureContext } from './network-failure.ts'
export { pathSegment } from './path-segment.ts'
export { checkReply, checkRequest, readJson } from './read-json.ts'
export { retryDelayMs, type RetryTiming } from './retry-timing.ts'
export { streamedBody } from './streamed-body.ts'
export {
  checkBearerToken,
  readTokenPayload,
  urlFromToken,
  type TokenPayload,
} from './token-payload.ts'
