import type { V1Job } from '@kubernetes/client-node'
import type { WorkloadSpec } from '@scalr-agent/core'
import { refuseSpec } from '@scalr-agent/core/container'
import { orAborted } from '@scalr-agent/core/runtime'

import type { KubeClient } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isConflict, kubernetesError } from '../kubernetes-error.ts'
import { jobManifest } from '../manifest/job-manifest.ts'
import { kubeJobName } from '../manifest/kube-job-name.ts'
import { annotationsOf, labelsOf, recordOf } from '../pod/record.ts'
import { podCommands } from '../pod/pod-commands.ts'
import { sealDigest } from '../pod/sealed-record.ts'
import { removeWorkload } from './remove-workload.ts'
import { tidy } from './tidy.ts'

/** The kubeJob that is ours, or `undefined` when the name is taken. */
export async function createKubeJob(
  context: KubernetesContext,
  attempt: {
    readonly client: KubeClient
    readonly signal: AbortSignal
    readonly spec: WorkloadSpec
  },
  marks: { readonly launcher: string; readonly seal: string },
): Promise<V1Job | undefined> {
  const { client, signal, spec } = attempt
  const { clock, options } = context
  const version = await persist(clock, signal, () => client.serverVersion(signal))
  const image = spec.image ?? options.image
  if (image === undefined) {
    return refuseSpec(
      spec,
      'it names no image, and neither does the executor (`image`)',
      kubernetesError,
    )
  }
  const name = kubeJobName(spec, options.nameBase)
  const manifest = jobManifest(spec, options, {
    name,
    image,
    version,
    labels: labelsOf(spec),
    annotations: annotationsOf(spec, {
      launcher: marks.launcher,
      sealDigest: sealDigest(marks.seal),
      outputLimitBytes: options.outputLimitBytes,
    }),
    commands: podCommands(spec, options),
  })
  const creating = persist(clock, signal, async () => {
    try {
      // Not aborted: the server would go on with it, and nobody would know what came of it.
      return await client.jobs.create(manifest, new AbortController().signal)
    } catch (error) {
      if (!isConflict(error)) throw error
      // An answer that got lost: the kubeJob is the one that we asked for.
      const found = await client.jobs.read(name, signal)
      if (found !== undefined && recordOf(found) === undefined) throw strangers(spec, name)
      return found !== undefined && recordOf(found)?.launcher === marks.launcher ? found : undefined
    }
  })
  creating.catch(() => {})
  try {
    return await orAborted(creating, signal)
  } catch (error) {
    await tidy(context, async (limit) => {
      const made = await orAborted(creating, limit).catch(() => undefined)
      const { uid } = made?.metadata ?? {}
      if (uid !== undefined) {
        await removeWorkload(context, client, { id: spec.id, name, uid }, { signal: limit })
      }
    })
    throw error
  }
}

function strangers(spec: WorkloadSpec, name: string): Error {
  return kubernetesError(
    'REJECTED',
    'launch',
    `Cannot launch workload \`${spec.id}\`: the namespace has a Job named ${name} that this executor did not make. Remove it, or choose another \`nameBase\`.`,
  )
}
