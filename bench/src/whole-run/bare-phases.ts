import { join } from 'node:path'

import { layOut, type BenchPlatform } from '../platform/bench-platform.ts'

/** A directory for each phase, as a job has one, and a workspace whose state they use. */
export interface BarePhases {
  readonly workspaceId: string
  /** Below the platform's directory; holds both phases and the plan. */
  readonly directory: string
  readonly plan: string
  readonly apply: string
  readonly planFile: string
}

/** Lays out what the bare commands run in. */
export async function layOutPhases(
  platform: BenchPlatform,
  iac: 'terraform' | 'opentofu',
  configuration: Readonly<Record<string, string>>,
): Promise<BarePhases> {
  const { id } = await platform.workspace({ 'main.tf': '' }, { iacPlatform: iac })
  const directory = join(platform.directory, `bare-${id}`)
  const phases = { plan: join(directory, 'p'), apply: join(directory, 'a') }
  const files = {
    ...configuration,
    'backend_override.tf': 'terraform {\n  backend "http" {}\n}\n',
  }
  for (const phase of Object.values(phases)) await layOut(files, phase)
  return { workspaceId: id, directory, ...phases, planFile: join(directory, 'plan.bin') }
}

/** The backend's settings as a job gets them, with a user's token instead of the run's. */
export function backendVariables(
  platform: BenchPlatform,
  url: string,
  workspaceId: string,
): Readonly<Record<string, string>> {
  const state = `${url}/api/agent/v1/state/${workspaceId}`
  return {
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_HTTP_ADDRESS: state,
    TF_HTTP_LOCK_ADDRESS: state,
    TF_HTTP_UNLOCK_ADDRESS: state,
    TF_HTTP_UPDATE_METHOD: 'POST',
    TF_HTTP_LOCK_METHOD: 'LOCK',
    TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
    TF_HTTP_USERNAME: 'bench',
    TF_HTTP_PASSWORD: platform.ownerToken,
  }
}
