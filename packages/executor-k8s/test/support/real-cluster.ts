import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { randomId } from '@scalr-agent/core'
import { describe } from 'vitest'

import { KubeHttp } from '../../src/calls/kube-http.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { connectCluster } from '../../src/cluster/connect-cluster.ts'

/**
 * The kubeconfig that tests use: that of `TEST_KUBECONFIG`, else of `KUBECONFIG`, else of the cluster that
 * `pnpm engines up kubernetes` started.
 */
const testKubeconfig: string | undefined = findKubeconfig()

/** An image with a shell and tar, which `pnpm engines up kubernetes-images` loads. */
export const testImage = 'local/busybox:1'

/** `describe` for tests that need a cluster; says why it skips them where there is none. */
export const describeWithCluster: (name: string, run: () => void) => void =
  testKubeconfig === undefined ? skipped() : describe

function findKubeconfig(): string | undefined {
  const named = process.env['TEST_KUBECONFIG'] ?? process.env['KUBECONFIG']
  if (named !== undefined && named !== '') return named
  const cache =
    process.env['SCALR_SDK_ENGINES_DIR'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scalr-agent-sdk/engines')
  const state = process.env['SCALR_SDK_ENGINES_STATE_DIR'] ?? join(cache, 'state')
  const kubeconfig = join(state, 'kubernetes/kubeconfig')
  return existsSync(kubeconfig) ? kubeconfig : undefined
}

function skipped(): typeof describe.skip {
  console.warn(
    'Skipped: no Kubernetes cluster. Run `pnpm engines up kubernetes kubernetes-images`, or set TEST_KUBECONFIG.',
  )
  return describe.skip
}

/** A namespace of a test file's own, as an administrator has it. Goes with all that is in it. */
export class TestNamespace implements AsyncDisposable {
  readonly cluster: Cluster
  readonly kubeconfig: string
  readonly #http: KubeHttp

  private constructor(cluster: Cluster, kubeconfig: string) {
    this.cluster = cluster
    this.kubeconfig = kubeconfig
    this.#http = new KubeHttp(cluster)
  }

  static async create(): Promise<TestNamespace> {
    const kubeconfig = testKubeconfig ?? '/none'
    const name = randomId('sa-test')
    const cluster = await connectCluster({ kubeconfig, namespace: name })
    const created = new TestNamespace(cluster, kubeconfig)
    await created.post('/api/v1/namespaces', { metadata: { name } })
    return created
  }

  get name(): string {
    return this.cluster.namespace
  }

  async get(path: string): Promise<unknown> {
    return await this.#ask('GET', path)
  }

  async post(path: string, body: object): Promise<unknown> {
    return await this.#ask('POST', path, body)
  }

  async delete(path: string): Promise<void> {
    await this.#ask('DELETE', path, { gracePeriodSeconds: 0 })
  }

  /** JSON merge patch. */
  async patch(path: string, body: object): Promise<void> {
    await this.#http.json(
      {
        method: 'PATCH',
        path,
        call: { verb: 'patch', resource: path },
        body,
        contentType: 'application/merge-patch+json',
      },
      AbortSignal.timeout(60_000),
    )
  }

  /** A cluster seen by a new account, which may do what these rules say in this namespace. */
  async account(name: string, rules: readonly unknown[]): Promise<Cluster> {
    const namespaced = `namespaces/${this.name}`
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    const metadata = { name, namespace: this.name }
    await this.post(`/api/v1/${namespaced}/serviceaccounts`, { metadata })
    await this.post(`${rbac}/${namespaced}/roles`, { metadata, rules })
    await this.post(`${rbac}/${namespaced}/rolebindings`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: this.name }],
    })
    const answer = await this.post(`/api/v1/${namespaced}/serviceaccounts/${name}/token`, {
      spec: {},
    })
    const token: unknown = Object(Object(answer)['status'])['token']
    const own = await this.cluster.access(new AbortController().signal)
    const { ca }: { readonly ca?: Buffer } = Object(Object(own.agent)['options'])
    return await connectCluster({
      namespace: this.name,
      kubeconfig: JSON.stringify({
        'current-context': name,
        clusters: [
          {
            name,
            cluster: {
              server: this.cluster.server,
              'certificate-authority-data': ca?.toString('base64'),
            },
          },
        ],
        users: [{ name, user: { token } }],
        contexts: [{ name, context: { cluster: name, user: name } }],
      }),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete(`/api/v1/namespaces/${this.name}`)
    this.cluster.close()
  }

  async #ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const call = { verb: method, resource: path }
    return await this.#http.json({ method, path, call, body }, AbortSignal.timeout(60_000))
  }
}
