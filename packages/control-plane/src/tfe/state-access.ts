import type { FastifyRequest } from 'fastify'

import {
  conflict,
  idOf,
  invalidAttribute,
  notFound,
  PublicApiError,
  userOf,
  type Row,
} from '../public-api/index.ts'
import { authorizeState, StateError, type StateAccess } from '../state/index.ts'

import { workspaceRow, type TfeApi } from './tfe-api.ts'

/** The workspace of the path, and what the caller may do with its state. */
export interface StateCall extends StateAccess {
  readonly workspaceId: string
  readonly workspace: Row
}

/** One rule for whose token opens a state, whichever backend asks. @throws {@link PublicApiError} */
export async function stateCall(api: TfeApi, request: FastifyRequest): Promise<StateCall> {
  const workspaceId = idOf(request)
  // First, since what is not the caller's does not exist for it.
  const workspace = workspaceRow(api, userOf(request), workspaceId)
  const { authorization } = request.headers
  const access = await fromState(workspaceId, () =>
    authorizeState(api, { authorization, workspaceId }),
  )
  return { ...access, workspaceId, workspace }
}

/** What the state's own rules refuse, with the statuses that Terraform's client knows. */
export async function fromState<T>(workspaceId: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof StateError) throw translate(error, workspaceId)
    throw error
  }
}

function translate(error: StateError, workspaceId: string): PublicApiError {
  switch (error.status) {
    case 400:
      return invalidAttribute('state', error.message)
    case 403:
      return new PublicApiError(403, { title: 'Forbidden', detail: error.message })
    case 404:
      return notFound('Workspace', workspaceId)
    case 409:
    case 423:
      return conflict(error.message)
    case 413:
      return new PublicApiError(413, { title: 'Payload Too Large', detail: error.message })
  }
}
