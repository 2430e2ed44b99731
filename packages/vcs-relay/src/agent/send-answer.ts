import { Readable } from 'node:stream'

import {
  ScalrAgentError,
  type Clock,
  type HttpTransport,
  type OpenVcsSession,
} from '@scalr-agent/core'

import {
  answerHeadSchema,
  FrameEncoder,
  framesMediaType,
  frameTypes,
  makeJsonFrame,
  relayPath,
  type AnswerHead,
} from '../protocol/index.ts'
import type { RelayAnswer } from '../relay-exchange.ts'
import type { AgentTiming } from './agent-timing.ts'

export interface SendAnswerOptions {
  readonly requestId: string
  readonly vcs: string
  readonly transport: HttpTransport
  readonly session: OpenVcsSession
  readonly timing: AgentTiming
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly othersWait: (() => boolean) | undefined
}

/** Sends an answer as its body comes in. Rejects when it did not arrive; its body is destroyed then. */
export async function sendAnswer(answer: RelayAnswer, options: SendAnswerOptions): Promise<void> {
  const { timing, clock, othersWait, vcs } = options
  const { status, headers, body } = answer
  const head: AnswerHead = {
    origin: answer.origin === 'vcs' ? 'vcs' : 'agent',
    status,
    headers,
    hasBody: body !== undefined,
  }
  const checked = answerHeadSchema.safeParse(head)
  if (!checked.success) {
    body?.on('error', () => {}).destroy()
    const path = checked.error.issues[0]?.path.map(String).join('.')
    return sendFailure(
      `What '${vcs}' answered cannot be relayed: its ${path} is too large or malformed.`,
      options,
    )
  }
  await post(
    new FrameEncoder({
      head,
      source: body,
      what: `the answer of '${vcs}'`,
      clock,
      othersWait,
      keepAliveMs: timing.keepAliveMs,
      idleMs: timing.bodyIdleMs,
      stalledMs: timing.stalledMs,
    }),
    options,
  )
}

/** Tells that there is no answer, in words that hold no secret. */
export async function sendFailure(reason: string, options: SendAnswerOptions): Promise<void> {
  await post(Readable.from([makeJsonFrame(frameTypes.abort, { reason })]), options)
}

/** What may be told of an error: messages of our family hold no secret, of others nothing is known. */
export function tellable(error: unknown): string {
  return ScalrAgentError.isInstance(error)
    ? error.message.slice(0, 2000)
    : 'The agent failed; its log says why.'
}

async function post(frames: Readable, options: SendAnswerOptions): Promise<void> {
  const { requestId, transport, session, signal } = options
  await transport.send({
    doing: 'send an answer',
    method: 'POST',
    path: `${relayPath}/requests/${requestId}/answer`,
    token: session.token,
    headers: { 'content-type': framesMediaType },
    body: () => frames,
    // It may take as long as it takes: the encoder watches over what goes out.
    headersTimeoutMs: 0,
    bodyTimeoutMs: 0,
    signal,
    read: async (answer) => void answer.body.resume(),
  })
}
