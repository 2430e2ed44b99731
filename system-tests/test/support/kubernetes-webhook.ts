import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'

import { kubectl, kubectlWith } from './kubernetes-cluster.ts'
import type { KubernetesScene } from './kubernetes-scene.ts'
import { makeTlsIdentity } from './tls-identity.ts'

/** An admission webhook of the cluster that rejects every new object of a kind in the namespace of a scene. */
export class Webhook implements AsyncDisposable {
  readonly #server: Server
  readonly #remove: () => Promise<void>

  private constructor(server: Server, remove: () => Promise<void>) {
    this.#server = server
    this.#remove = remove
  }

  static async start(
    scene: KubernetesScene,
    resource: 'jobs' | 'pods',
    message: string,
  ): Promise<Webhook> {
    const { namespace, kubeconfig } = scene
    const { key, cert, caCert } = makeTlsIdentity(await mkdtemp(join(tmpdir(), 'sa-webhook-')))
    const server = createServer({ key, cert }, (request, answer) => {
      void json(request).then((review) => {
        const { uid }: { readonly uid: string } = Object(review)['request']
        const response = { uid, allowed: false, status: { message, code: 403 } }
        const { apiVersion, kind } = Object(review)
        answer.setHeader('content-type', 'application/json')
        answer.end(JSON.stringify({ apiVersion, kind, response }))
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const name = `${namespace}-${resource}`
    const { port } = server.address() as AddressInfo
    const configuration = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name },
      webhooks: [
        {
          name: 'reject.test.local',
          clientConfig: {
            url: `https://127.0.0.1:${port}/`,
            caBundle: Buffer.from(caCert).toString('base64'),
          },
          rules: [
            {
              apiGroups: [resource === 'jobs' ? 'batch' : ''],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: [resource],
            },
          ],
          // Of this namespace alone: others use the same cluster.
          namespaceSelector: { matchLabels: { 'test.local/webhook': name } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Fail',
        },
      ],
    }
    const label = (value: string) =>
      kubectl(kubeconfig, 'label', '--overwrite', 'namespace', namespace, value)
    await label(`test.local/webhook=${name}`)
    await kubectlWith(kubeconfig, configuration, 'create', '--filename=-')
    const webhook = new Webhook(server, async () => {
      await kubectl(kubeconfig, 'delete', 'validatingwebhookconfiguration', name)
    })
    await webhook.#untilItRejects(scene, resource)
    return webhook
  }

  /** The API server learns of a webhook in its own time. */
  async #untilItRejects({ kubeconfig, namespace }: KubernetesScene, resource: string) {
    const container = { name: 'main', image: 'local/busybox:1' }
    const pod = { restartPolicy: 'Never', containers: [container] }
    const metadata = { name: 'probe', namespace }
    const probe =
      resource === 'jobs'
        ? { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { template: { spec: pod } } }
        : { apiVersion: 'v1', kind: 'Pod', metadata, spec: pod }
    for (;;) {
      const rejected = await kubectlWith(
        kubeconfig,
        probe,
        'create',
        '--dry-run=server',
        '--filename=-',
      ).then(
        () => false,
        () => true,
      )
      if (rejected) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remove()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
