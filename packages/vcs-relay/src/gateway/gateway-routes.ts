import type { IncomingMessage, ServerResponse } from 'node:http'

import { problemTypes } from '@scalr-agent/core/protocol'

import { helloSchema, pollRequestSchema, postMessagesSchema, relayPath } from '../protocol/index.ts'
import { WebhookRefusedError } from '../webhook-refused-error.ts'
import type { Attempt } from './attempt.ts'
import { CallRefused, readCall, sendJson } from './http-answers.ts'
import type { PollChannels } from './poll-channels.ts'
import { receiveWebhook, type WebhookContext } from './receive-webhook.ts'
import type { RelayPrincipal } from './relay-gateway.ts'

/** One call of an agent. */
export interface GatewayCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly principal: RelayPrincipal
}

export interface GatewayRoutesContext extends WebhookContext {
  readonly polls: PollChannels
  /** The attempt with that id, if it is of this agent. */
  readonly attempt: (id: string, principal: RelayPrincipal) => Attempt | undefined
}

const invalid = problemTypes.invalidRequest

/** Answers a call below the relay's path. @throws {@link CallRefused} */
export async function serveCall(call: GatewayCall, context: GatewayRoutesContext): Promise<void> {
  const { request, response, principal } = call
  const [room, id, action] = segments(request.url ?? '')
  switch (`${request.method} ${room} ${id === undefined ? '' : ':id'} ${action ?? ''}`.trimEnd()) {
    case 'POST channels': {
      const hello = await readCall(request, helloSchema, invalid)
      return sendJson(response, 201, context.polls.open(hello, principal))
    }
    case 'POST channels :id poll': {
      const { after } = await readCall(request, pollRequestSchema, invalid)
      return context.polls.get(id, principal).poll(response, after)
    }
    case 'POST channels :id messages': {
      const { messages } = await readCall(request, postMessagesSchema, invalid)
      context.polls.get(id, principal).heard(messages)
      response.writeHead(204).end()
      return
    }
    case 'DELETE channels :id':
      context.polls.get(id, principal).end()
      response.writeHead(204).end()
      return
    case 'GET requests :id body':
      if (context.attempt(id ?? '', principal)?.serveBody(response) !== true) throw gone()
      return
    case 'POST requests :id answer':
      if (context.attempt(id ?? '', principal)?.takeAnswer(request, response) !== true) throw gone()
      return
    case 'POST webhooks':
      return keepWebhook(call, context)
    default:
      throw new CallRefused(404, problemTypes.notFound, 'The relay has no such call.')
  }
}

async function keepWebhook(call: GatewayCall, context: WebhookContext): Promise<void> {
  const { request, response, principal } = call
  const webhook = await receiveWebhook(request, context)
  try {
    await context.onWebhook(webhook, principal)
  } catch (error) {
    if (!(error instanceof WebhookRefusedError)) throw error
    throw new CallRefused(422, problemTypes.webhookRefused, error.message)
  }
  response.writeHead(204).end()
}

function gone(): CallRefused {
  return new CallRefused(410, problemTypes.notFound, 'Nobody waits for this request any more.')
}

/** What follows the relay's path; a reverse proxy may have put something in front of it. */
function segments(url: string): readonly (string | undefined)[] {
  const [path = ''] = url.split('?', 1)
  const at = path.indexOf(`${relayPath}/`)
  if (at === -1) return []
  return path.slice(at + relayPath.length + 1).split('/')
}
