/** Version of the relay's protocol that this package speaks; agreed on when a channel opens. */
export const relayProtocolVersion = 1

/** Path below the control plane's URL under which every call of the relay lives. */
export const relayPath = '/api/agent/v1/relay'

/** Most that either side takes. Bodies have no limit but those of webhooks, which are kept in memory. */
export const relayLimits = {
  /** Path and query of a request. */
  targetBytes: 8 * 1024,
  /** Names and values of all header lines of a request or an answer. */
  headerBytes: 64 * 1024,
  headerLines: 512,
  /** One control message: a target and headers, JSON's escapes included. */
  messageBytes: 512 * 1024,
  /** GitHub's own limit of a payload. */
  webhookBytes: 25 * 1024 * 1024,
} as const

/** Body of control messages and of bodies in frames. */
export const framesMediaType = 'application/vnd.scalr-relay.frames'
