import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { vi } from 'vitest'

import { kubectlProgram, type KubeObject } from './kubernetes-cluster.ts'

interface ContainerStatus {
  readonly name: string
  readonly state: {
    readonly running?: object
    readonly terminated?: { readonly exitCode: number; readonly reason?: string }
  }
}

export interface PodSeen extends KubeObject {
  readonly spec: {
    readonly containers: readonly { readonly name: string; readonly image: string }[]
    readonly nodeName?: string
  }
  readonly status: {
    readonly phase: string
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

/** Sees every pod that a namespace ever has, in each of its states. */
export class KubernetesWatch implements AsyncDisposable {
  /** Every state that the API server told, oldest first. */
  readonly states: PodSeen[] = []
  readonly #arguments: readonly string[]
  /** What watches said that ended before their time. */
  readonly #complaints: string[] = []
  #process: ChildProcess
  #disposed = false

  private constructor(kubeconfig: string, namespace: string) {
    const path = `/api/v1/namespaces/${namespace}/pods?watch=1&timeoutSeconds=3600`
    this.#arguments = ['--kubeconfig', kubeconfig, 'get', '--raw', path]
    this.#process = this.#watch()
  }

  /** From the namespace's beginning: it has no pod yet. */
  static start(kubeconfig: string, namespace: string): KubernetesWatch {
    return new KubernetesWatch(kubeconfig, namespace)
  }

  /** A server that is busy, or starts, ends watches: they begin anew, with the pods as they are. */
  #watch(): ChildProcess {
    const child = spawn(kubectlProgram, this.#arguments, { stdio: ['ignore', 'pipe', 'pipe'] })
    createInterface(child.stdout).on('line', (line) => {
      const { object }: { readonly object: PodSeen } = JSON.parse(line)
      if (object.kind === 'Pod') this.states.push(object)
    })
    createInterface(child.stderr).on('line', (line) => this.#complaints.push(line))
    child.on('close', () => {
      if (this.#disposed) return
      setTimeout(() => {
        if (!this.#disposed) this.#process = this.#watch()
      }, 200).unref()
    })
    return child
  }

  /** The pods that were, each in its last state. */
  get pods(): readonly PodSeen[] {
    return [...new Map(this.states.map((pod) => [pod.metadata.uid, pod])).values()]
  }

  /** Waits for a pod in such a state. */
  async until(what: string, matches: (pod: PodSeen) => boolean): Promise<PodSeen> {
    return await vi.waitFor(
      () => {
        const found = this.states.find((pod) => matches(pod))
        if (found === undefined) {
          const last = this.pods.map(({ metadata, status }) => ({ name: metadata.name, status }))
          const said = this.#complaints.length === 0 ? '' : `\n${this.#complaints.join('\n')}`
          throw new Error(`No pod ${what}. Those that were:\n${JSON.stringify(last)}${said}`)
        }
        return found
      },
      { timeout: 220_000, interval: 5 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill()
    await gone
  }
}

/** How the container of the job ended, once it did. */
export function endOfMain(pod: PodSeen): { readonly exitCode: number } | undefined {
  return statusOfMain(pod)?.state.terminated
}

function statusOfMain({ status }: PodSeen): ContainerStatus | undefined {
  return status.containerStatuses?.find(({ name }) => name === 'main')
}
