import type { BenchPlatform } from '../platform/bench-platform.ts'
import { msBetween, nowNs } from '../platform/forked-process.ts'

/** From asking for the run until its apply was reported. */
export async function runViaAgent(
  platform: BenchPlatform,
  iac: 'terraform' | 'opentofu',
  configuration: Readonly<Record<string, string>>,
): Promise<number> {
  const { id } = await platform.workspace(configuration, { autoApply: true, iacPlatform: iac })
  const started = nowNs()
  const run = await platform.client.runs.create({ workspaceId: id })
  for (;;) {
    const { phase, result, jobId, moments } = await platform.agent.next('ended')
    if (result !== 'succeeded') {
      const { errorMessage } = await platform.client.runs.get(run.id)
      throw new Error(`The ${phase} ${jobId} ended ${result}: ${errorMessage ?? 'no message'}`)
    }
    if (phase === 'apply' && moments.ended !== undefined) return msBetween(started, moments.ended)
  }
}
