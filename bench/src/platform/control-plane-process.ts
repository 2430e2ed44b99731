import { createControlPlane } from '@scalr-agent/control-plane'
import { randomId } from '@scalr-agent/core'

import { forkArgument, nowNs } from './forked-process.ts'

/** How the control plane's process is started. */
export interface ControlPlaneArgument {
  readonly dataDir: string
  /** Address at which containers reach it; then it speaks TLS. */
  readonly gateway?: string | undefined
}

/** What the control plane's process tells. */
export type ControlPlaneMessage =
  | {
      readonly type: 'ready'
      readonly url: string
      readonly accountId: string
      readonly ownerToken: string
      /** Where it speaks TLS. */
      readonly caCertPath?: string | undefined
    }
  | { readonly type: 'queued'; readonly jobs: readonly (readonly [id: string, ns: string])[] }

/** When the engine made each job: inside its transaction, so before it was committed or told to anybody. */
const queuedNs = new Map<string, string>()

// oxlint-disable-next-line no-unsafe-type-assertion -- both ends are in this folder
const { dataDir, gateway } = forkArgument() as ControlPlaneArgument
const server = await createControlPlane({
  dataDir,
  ...(gateway === undefined ? {} : { tls: 'own-ca', host: ['127.0.0.1', gateway] }),
  ids: (prefix) => {
    const id = randomId(prefix)
    if (prefix === 'job') queuedNs.set(id, nowNs())
    return id
  },
})
const tell = (message: ControlPlaneMessage): void => void process.send?.(message)
process.on('message', () => tell({ type: 'queued', jobs: [...queuedNs] }))
process.once('disconnect', () => void server.close())
const { url, accountId, caCertPath } = server
tell({ type: 'ready', url, accountId, caCertPath, ownerToken: server.ownerToken() })
