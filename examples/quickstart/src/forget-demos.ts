import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { createControlPlane } from '@scalr-agent/control-plane'
import type { Executor } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

/**
 * Removes what control plane and agent kept of earlier demos, and ends what a killed demo left running.
 * What else lies in the directory, fetched tools for one, stays.
 *
 * @throws `ControlPlaneError` `DATA_DIR_IN_USE` while another demo runs on it
 */
export async function forgetDemos(dataDir: string, executor: Executor): Promise<void> {
  const controlPlane = join(dataDir, 'control-plane')
  const agent = join(dataDir, 'agent')
  if (await exists(controlPlane)) {
    // Only one can hold it: nothing is taken from under a demo that runs.
    await using _held = await createControlPlane({ dataDir: controlPlane })
    await endWorkloads(agent, executor)
    // Of demos with processes, whatever this one is with.
    await using processes = new ProcessExecutor({ dataDir: agent })
    await endWorkloads(agent, processes)
  }
  await rm(controlPlane, { recursive: true, force: true })
  await rm(agent, { recursive: true, force: true })
  await rm(join(dataDir, 'port'), { force: true })
}

async function endWorkloads(dataDir: string, executor: Executor): Promise<void> {
  const agentId = await readAgentId(dataDir)
  if (agentId === undefined) return
  for await (const { id } of executor.list({ agentId })) {
    const workload = await executor.attach(id)
    await workload?.destroy()
  }
}

async function readAgentId(dataDir: string): Promise<string | undefined> {
  try {
    const identity: unknown = JSON.parse(await readFile(join(dataDir, 'agent.json'), 'utf8'))
    const agentId: unknown = Object(identity)['agentId']
    return typeof agentId === 'string' ? agentId : undefined
  } catch {
    return undefined
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
