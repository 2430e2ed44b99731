import { ControlPlaneError } from '@scalr-agent/control-plane'
import { ScalrAgentError } from '@scalr-agent/core'

import { DemoEngineError } from './demo-engine-error.ts'
import { EngineScriptError } from './engine-script.ts'
import { FetchToolError } from './fetch-opentofu.ts'
import { DemoFailedError } from './run-demo.ts'

/** The message of what was foreseen; all of what was not. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const foreseen =
    error instanceof FetchToolError ||
    error instanceof DemoEngineError ||
    error instanceof EngineScriptError ||
    error instanceof DemoFailedError ||
    error instanceof ControlPlaneError ||
    ScalrAgentError.isInstance(error)
  return foreseen ? error.message : (error.stack ?? error.message)
}
