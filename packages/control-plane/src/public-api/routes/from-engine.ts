import { EngineError } from '../../engine/index.ts'
import { conflict, invalidRelationship, notFound, type PublicApiError } from '../json-api/index.ts'

const noConfiguration =
  'No configuration versions available to create the run from. Upload at least one or link the workspace to a VCS provider.'

/** What the engine refuses, in Scalr's words. */
export function fromEngine<T>(id: string, model: 'Run' | 'Workspace', action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof EngineError) throw translate(error, id, model)
    throw error
  }
}

function translate(error: EngineError, id: string, model: string): PublicApiError {
  switch (error.code) {
    case 'NOT_FOUND':
      return notFound(model, id)
    case 'NOT_CONFIRMABLE':
      return conflict('Run was not paused for confirmation. Apply not allowed.')
    case 'NOT_DISCARDABLE':
      return conflict('Run was not paused for confirmation or priority. Discard not allowed.')
    case 'NOT_CANCELABLE':
      return conflict('Run was not planning or applying. Cancel not allowed.')
    case 'NOT_OVERRIDABLE':
      return conflict('Override is not possible in a current policy check status.')
    case 'NO_CONFIGURATION':
      return invalidRelationship('configuration-version', noConfiguration)
    case 'PLAN_NOT_NEXT':
    case 'PLAN_STALE':
    // Rare here: what the engine says is written for people.
    case 'DIGEST_MISMATCH':
    case 'ILLEGAL_STATE':
    case 'LEASE_LOST':
    case 'NAME_TAKEN':
    case 'SESSION_GONE':
    case 'WRONG_POOL':
      return conflict(error.message)
  }
}
