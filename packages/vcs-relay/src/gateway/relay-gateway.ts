import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Clock, IdSource, Logger } from '@scalr-agent/core'

import type { RelayAnswer, RelayRequest } from '../relay-exchange.ts'
import type { RelayWebhook } from '../relay-webhook.ts'
import type { GatewayTiming } from './gateway-timing.ts'

/** The agent behind a connection, as the control plane's session token proved it. */
export interface RelayPrincipal {
  readonly agentId: string
  readonly poolId: string
}

/** The control plane's side. Knows nothing of tokens: whoever mounts it says who is there. */
export interface RelayGateway extends AsyncDisposable {
  /** Requests of agents below `/api/agent/v1/relay/`, already authorised. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    principal: RelayPrincipal,
  ): Promise<void>
  /** The WebSocket of an agent's control channel, already authorised. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, principal: RelayPrincipal): void
  /**
   * Sends a request through any agent of the pool that serves that VCS.
   * @throws RelayError with a `fate`; within a second of losing the agent
   */
  request(
    poolId: string,
    request: Omit<RelayRequest, 'id'>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<RelayAnswer>
  /** Names of the VCSs that agents of the pool serve now. */
  served(poolId: string): readonly string[]
  /** Ends the agent's channel: its session has ended. What it was asked fails at once. */
  drop(agentId: string, reason: string): void
  /** Ends all channels and fails what is under way. Idempotent. */
  close(): Promise<void>
}

export interface RelayGatewayOptions {
  /**
   * Keeps a webhook for good, once: called again with the same id after a crash or a lost answer. Throws a
   * WebhookRefusedError for one that it will never take; after any other error the agent sends it again.
   */
  readonly onWebhook: (webhook: RelayWebhook, from: RelayPrincipal) => Promise<void>
  readonly timing?: Partial<GatewayTiming> | undefined
  readonly logger?: Logger | undefined
  /** For tests. */
  readonly clock?: Clock | undefined
  /** For tests. */
  readonly ids?: IdSource | undefined
}
