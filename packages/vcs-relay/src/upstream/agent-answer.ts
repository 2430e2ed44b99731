import { Readable } from 'node:stream'

import { problemMediaType } from '@scalr-agent/core/protocol'

import type { RefusalStep } from '../policy/index.ts'
import type { RelayAnswer, RequestFate } from '../relay-exchange.ts'

/** Why the agent itself answers. */
export type AgentProblem =
  /** 403: the policy does not allow the request; `step` tells which part of it. */
  | 'relay-refused'
  /** 400: the envelope is no request that can be sent. */
  | 'relay-invalid-request'
  /** 502: no connection, or what came back is not HTTP. */
  | 'vcs-unreachable'
  /** 502: the VCS broke off before it answered. */
  | 'vcs-broken'
  /** 504: nothing came in time. */
  | 'vcs-timeout'
  /** 502: the agent has no credentials to send. */
  | 'vcs-credentials'
  /** 502: the VCS sends somewhere where the relay does not go. */
  | 'vcs-redirect'
  /** 502: an answer that cannot be passed on. */
  | 'vcs-answer'

export interface AgentAnswerOptions {
  readonly status: number
  readonly problem: AgentProblem
  readonly title: string
  readonly detail: string
  /** Whether the VCS may have seen the request. */
  readonly fate: RequestFate
  readonly step?: RefusalStep | undefined
  readonly rule?: string | undefined
}

/** An answer of the agent, not of the VCS: `application/problem+json`, with the fate of the request. */
export function agentAnswer(options: AgentAnswerOptions): RelayAnswer {
  const { status, title, detail, fate, step, rule } = options
  const text = JSON.stringify({
    type: `urn:scalr-agent:problem:${options.problem}`,
    title,
    status,
    detail,
    fate,
    step,
    rule,
  })
  const body = Buffer.from(text)
  return {
    origin: 'agent',
    status,
    headers: [
      ['content-type', problemMediaType],
      ['content-length', String(body.length)],
      ['x-relay-origin', 'agent'],
    ],
    body: Readable.from([body], { objectMode: false }),
  }
}
