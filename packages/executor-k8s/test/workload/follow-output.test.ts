import { Readable } from 'node:stream'

import type { V1Pod } from '@kubernetes/client-node'
import { silentLogger, systemClock } from '@scalr-agent/core'
import { expect, it, vi } from 'vitest'

import type {
  ExecOptions,
  ExecProcess,
  KubeClient,
  KubeWatch,
} from '../../src/calls/kube-client.ts'
import { followOutput } from '../../src/workload/follow-output.ts'
import { spec } from '../manifest/manifest-parts.ts'
import { chosen, kubeJobOf, podOf, type End } from '../pod/pod-parts.ts'

it('ends where main ended without an exit record, though who follows the output waits for one', async () => {
  const cluster = new OneWorkload()
  const output = follow(cluster)
  const { value } = await output.next()
  expect(String(value)).toBe('first ')
  cluster.says += 'last'
  cluster.endMain({ exitCode: 137, reason: 'OOMKilled' })
  let rest = ''
  for await (const chunk of output) rest += Buffer.from(chunk).toString()
  expect(rest).toBe('last')
})

it('ends where main never started', async () => {
  const cluster = new OneWorkload()
  cluster.says = ''
  const output = follow(cluster)
  const next = output.next()
  await vi.waitUntil(() => cluster.following !== undefined, { timeout: 20_000 })
  cluster.endMain({ exitCode: 125, message: 'late' })
  expect(await next).toEqual({ done: true, value: undefined })
})

it('stays with a stream until its end where there is an exit record', async () => {
  const cluster = new OneWorkload()
  const output = follow(cluster)
  await output.next()
  cluster.endMain({ exitCode: 0, message: 'exit 1 0 10 0 5 end\nmarks\n' })
  const next = output.next()
  // The process in the companion sees the record, and says the rest itself.
  cluster.following?.push('last')
  expect(String((await next).value)).toBe('last')
  cluster.following?.push(null)
  expect(await output.next()).toEqual({ done: true, value: undefined })
  expect(cluster.commands).toHaveLength(1)
})

function follow(cluster: OneWorkload): AsyncGenerator<Uint8Array, void> {
  const context = { clock: systemClock, logger: silentLogger }
  return followOutput(context, cluster, spec.id, 0, AbortSignal.timeout(30_000))
}

/** A cluster with one workload, whose companion answers as the real one does. */
class OneWorkload {
  says = 'first '
  following: Readable | undefined
  readonly commands: string[] = []
  #pod = withCompanion(podOf(undefined))
  #wake = Promise.withResolvers<void>()

  readonly client = {
    jobs: { list: async () => [kubeJobOf(chosen)], read: async () => kubeJobOf(chosen) },
    pods: {
      read: async () => this.#pod,
      exec: async (options: ExecOptions, signal: AbortSignal) => this.#exec(options, signal),
    },
  } as unknown as KubeClient

  readonly watch: KubeWatch = {
    pods: undefined,
    kubeJobs: undefined,
    next: async (_timeoutMs, signal) => {
      await Promise.race([this.#wake.promise, aborted(signal)])
    },
    [Symbol.dispose]: () => {},
  }

  endMain(end: End): void {
    this.#pod = withCompanion(podOf(end))
    Object.assign(this.watch, { pods: new Map([['pod-1', this.#pod]]) })
    const { resolve } = this.#wake
    this.#wake = Promise.withResolvers()
    resolve()
  }

  #exec({ command }: ExecOptions, signal: AbortSignal): ExecProcess {
    const script = command[2] ?? ''
    this.commands.push(script)
    if (script.includes('stat -c'))
      return processOf(Readable.from([Buffer.from(`${this.says.length}\n`)]))
    const from = Number(command.at(-1)) - 1
    const stdout = new Readable({ read: () => {} })
    stdout.push(this.says.slice(from))
    if (script.includes('round=0')) {
      this.following = stdout
      signal.addEventListener('abort', () => stdout.destroy(new Error('aborted')))
    } else {
      stdout.push(null)
    }
    return processOf(stdout)
  }
}

function withCompanion(pod: V1Pod): V1Pod {
  const [keeper] = podOf(undefined).status?.containerStatuses ?? []
  if (keeper === undefined) throw new Error('a pod has containers')
  keeper.name = 'keeper'
  pod.status?.containerStatuses?.push(keeper)
  return pod
}

function processOf(stdout: Readable): ExecProcess {
  return {
    stdout,
    stderr: () => '',
    ended: Promise.resolve(0),
    [Symbol.asyncDispose]: async () => {
      stdout.destroy()
    },
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
