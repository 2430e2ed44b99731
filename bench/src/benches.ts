import type { Bench } from './bench.ts'
import { runClient } from './client.ts'
import { runDockerStart } from './docker-start.ts'
import { runDockerRun } from './docker-run.ts'
import { runDispatch } from './dispatch.ts'
import { runIdleMemory } from './idle-memory.ts'
import { runKubernetesStart } from './kubernetes-start.ts'
import { runLogThroughput } from './log-throughput.ts'
import { runProviderCache } from './provider-cache.ts'
import { runRelay } from './relay.ts'
import { runWholeRun } from './whole-run.ts'

/** Every bench, in the order in which they run. */
export const benches: readonly Bench[] = [
  {
    name: 'dispatch',
    description: 'from a queued job to the first byte of its workload, beside a bare spawn',
    run: runDispatch,
  },
  {
    name: 'log-throughput',
    description: 'from a child to the server with masking, spool and upload, beside a bare pipe',
    run: runLogThroughput,
  },
  {
    name: 'run',
    description: 'a plan and an apply through the agent, beside the bare commands',
    run: runWholeRun,
  },
  {
    name: 'provider-cache',
    description: 'a second init with cached providers, beside a plain one with TF_PLUGIN_CACHE_DIR',
    run: runProviderCache,
  },
  {
    name: 'docker-start',
    description: 'from launch to first byte in a container, and output, beside a bare docker run',
    run: runDockerStart,
  },
  {
    name: 'docker-run',
    description: 'a plan and an apply in containers, beside docker run of the same commands',
    run: runDockerRun,
  },
  {
    name: 'kubernetes-start',
    description:
      'from launch to first byte in a pod, beside kubectl; memory with fifty jobs at once',
    run: runKubernetesStart,
  },
  {
    name: 'relay',
    description: 'clones, archives and small calls through the VCS relay, beside the VCS itself',
    run: runRelay,
  },
  {
    name: 'client',
    description: 'calls and a list of 10,000 workspaces by the typed client, beside bare undici',
    run: runClient,
  },
  {
    name: 'memory',
    description: 'resident memory of an idle agent and control plane, beside a bare process',
    run: runIdleMemory,
  },
]
