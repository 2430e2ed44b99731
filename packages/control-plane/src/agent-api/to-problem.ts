import { problemTypes, type Problem, type ProblemType } from '@scalr-agent/core/protocol'

import { EngineError, type EngineErrorCode } from '../engine/index.ts'
import { ControlPlaneError, errorCode, type ControlPlaneErrorCode } from '../runtime/index.ts'
import { TokenRejectedError } from '../tokens/index.ts'

import { AgentApiError } from './agent-api-error.ts'

type Answer = readonly [status: number, type: ProblemType]

const engineAnswers: Readonly<Record<EngineErrorCode, Answer>> = {
  NOT_FOUND: [404, problemTypes.notFound],
  NOT_CONFIRMABLE: [409, problemTypes.illegalState],
  NOT_OVERRIDABLE: [409, problemTypes.illegalState],
  PLAN_NOT_NEXT: [409, problemTypes.illegalState],
  PLAN_STALE: [409, problemTypes.illegalState],
  NOT_DISCARDABLE: [409, problemTypes.illegalState],
  NOT_CANCELABLE: [409, problemTypes.illegalState],
  NO_CONFIGURATION: [409, problemTypes.illegalState],
  LEASE_LOST: [409, problemTypes.leaseLost],
  WRONG_POOL: [409, problemTypes.wrongPool],
  NAME_TAKEN: [409, problemTypes.nameTaken],
  SESSION_GONE: [409, problemTypes.sessionGone],
  ILLEGAL_STATE: [409, problemTypes.illegalState],
  DIGEST_MISMATCH: [422, problemTypes.digestMismatch],
}

const controlPlaneAnswers: Partial<Readonly<Record<ControlPlaneErrorCode, Answer>>> = {
  TOO_LARGE: [413, problemTypes.tooLarge],
  DIGEST_MISMATCH: [422, problemTypes.digestMismatch],
  // A server error, so that the agent tries again: space may be made.
  DISK_FULL: [507, problemTypes.internal],
}

const titles: Readonly<Record<number, string>> = {
  400: 'Invalid request',
  401: 'Token refused',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unknown media type',
  422: 'Not what was declared',
  426: 'Upgrade required',
  507: 'No space left',
}

/** The problem document (RFC 9457) of an error. What is not ours to tell becomes a plain 500. */
export function toProblem(error: unknown): Problem {
  if (error instanceof AgentApiError) {
    const { offset, issues } = error.members
    return {
      ...problem([error.status, error.type], error.message),
      ...(offset === undefined ? {} : { offset }),
      ...(issues === undefined ? {} : { issues: [...issues] }),
    }
  }
  if (error instanceof EngineError) return problem(engineAnswers[error.code], error.message)
  if (error instanceof TokenRejectedError) {
    return problem([401, problemTypes.unauthorized], error.message)
  }
  if (error instanceof ControlPlaneError) {
    const answer = controlPlaneAnswers[error.code]
    if (answer !== undefined) return problem(answer, error.message)
  }
  return frameworkProblem(error) ?? internalProblem()
}

const invalid: Answer = [400, problemTypes.invalidRequest]

/** What Fastify or the socket refused before a route saw it. */
const frameworkAnswers: Readonly<Record<string, readonly [answer: Answer, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    [413, problemTypes.tooLarge],
    'The body is larger than this call allows.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    [415, problemTypes.invalidRequest],
    'The media type of the body is not one that this call takes.',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: [invalid, 'The body is no JSON document.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [invalid, 'The body is empty; a JSON document is needed.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [invalid, 'The body has another length than declared.'],
  ECONNRESET: [invalid, 'The body was cut off.'],
  ERR_STREAM_PREMATURE_CLOSE: [invalid, 'The body was cut off.'],
}

function frameworkProblem(error: unknown): Problem | undefined {
  const known = frameworkAnswers[errorCode(error) ?? '']
  return known === undefined ? undefined : problem(...known)
}

function internalProblem(): Problem {
  return problem(
    [500, problemTypes.internal],
    'The control plane could not do this. Its log says why; the request id names the entry.',
  )
}

function problem([status, type]: Answer, detail: string): Problem {
  return { type, title: titles[status] ?? 'Control plane failure', status, detail }
}
