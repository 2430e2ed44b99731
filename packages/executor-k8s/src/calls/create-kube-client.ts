import type { CoreV1Event } from '@kubernetes/client-node'
import { z } from 'zod'

import type { Cluster } from '../cluster/cluster.ts'
import { isConflict, isNotFound } from '../kubernetes-error.ts'
import { startExec } from './start-exec.ts'
import type { KubeClient, ServerVersion } from './kube-client.ts'
import { KubeHttp } from './kube-http.ts'
import type { KubeCall } from './kube-answer-error.ts'
import { collections, listAll, objectPath, objectSchemas } from './kube-resources.ts'

/** Whose fields these are, in `metadata.managedFields`. */
const fieldManager = 'scalr-agent'

const eventsSchema = z.looseObject({
  items: z
    .array(z.custom<CoreV1Event>((value) => typeof value === 'object' && value !== null))
    .nullish(),
})

const versionSchema = z.looseObject({
  major: z.string().default(''),
  minor: z.string().default(''),
  gitVersion: z.string().default('unknown'),
})

const maybeJob = objectSchemas.jobs.optional()
const maybePod = objectSchemas.pods.optional()

/** The calls of the Kubernetes API that this executor makes, in the namespace of `cluster`. */
export function createKubeClient(cluster: Cluster, http = new KubeHttp(cluster)): KubeClient {
  const { namespace } = cluster
  let version: ServerVersion | undefined

  const create = async (
    collection: string,
    resource: string,
    body: object,
    signal: AbortSignal,
  ): Promise<unknown> =>
    await http.json(
      {
        method: 'POST',
        path: `${collection}?fieldManager=${fieldManager}`,
        call: { verb: 'create', resource, namespace },
        body,
      },
      signal,
    )

  const read = async (
    collection: string,
    resource: string,
    name: string,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const call: KubeCall = { verb: 'get', resource, namespace, name }
    return await orAbsent(
      http.json({ method: 'GET', path: objectPath(collection, name), call }, signal),
    )
  }

  const remove = async (
    collection: string,
    resource: string,
    name: string,
    options: {
      readonly uid?: string | undefined
      readonly gracePeriodSeconds?: number | undefined
    },
    signal: AbortSignal,
  ): Promise<void> => {
    const { gracePeriodSeconds, uid } = options
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    }
    const call: KubeCall = { verb: 'delete', resource, namespace, name }
    try {
      await orAbsent(
        http.json({ method: 'DELETE', path: objectPath(collection, name), call, body }, signal),
      )
    } catch (error) {
      // Another one has that name now: ours is gone.
      if (uid !== undefined && isConflict(error)) return
      throw error
    }
  }

  const kubeJobs = collections.jobs(namespace)
  const pods = collections.pods(namespace)
  return {
    namespace,

    serverVersion: async (signal) => {
      if (version !== undefined) return version
      const call: KubeCall = { verb: 'get', resource: '/version' }
      const told = versionSchema.parse(
        await http.json({ method: 'GET', path: '/version', call }, signal),
      )
      version = {
        // Some providers write `20+`.
        major: Number.parseInt(told.major, 10) || 0,
        minor: Number.parseInt(told.minor, 10) || 0,
        text: told.gitVersion,
      }
      return version
    },

    jobs: {
      create: async (kubeJob, signal) =>
        objectSchemas.jobs.parse(await create(kubeJobs, 'jobs.batch', kubeJob, signal)),
      read: async (name, signal) =>
        maybeJob.parse(await read(kubeJobs, 'jobs.batch', name, signal)),
      list: async (labelSelector, signal) =>
        (await listAll(http, { kind: 'jobs', labelSelector, isMetadataAlone: true }, signal)).items,
      patch: async (name, patch, signal) => {
        const call: KubeCall = { verb: 'patch', resource: 'jobs.batch', namespace, name }
        const answer = await orAbsent(
          http.json(
            {
              method: 'PATCH',
              path: `${objectPath(kubeJobs, name)}?fieldManager=${fieldManager}`,
              call,
              body: patch,
              contentType: 'application/merge-patch+json',
            },
            signal,
          ),
        )
        return maybeJob.parse(answer)
      },
      remove: async (name, options, signal) => {
        await remove(kubeJobs, 'jobs.batch', name, options, signal)
      },
    },

    pods: {
      read: async (name, signal) => maybePod.parse(await read(pods, 'pods', name, signal)),
      list: async (labelSelector, signal) =>
        (await listAll(http, { kind: 'pods', labelSelector }, signal)).items,
      remove: async (name, options, signal) => {
        await remove(pods, 'pods', name, options, signal)
      },
      exec: async (options, signal) => await startExec(http, options, signal),
    },

    createPodDisruptionBudget: async (budget, { minor }, signal) => {
      // Since 1.21, and the old one is gone since 1.25.
      const group = minor >= 21 ? 'policy/v1' : 'policy/v1beta1'
      const collection = `/apis/${group}/namespaces/${namespace}/poddisruptionbudgets`
      const { metadata, spec } = budget
      const body = { apiVersion: group, kind: 'PodDisruptionBudget', metadata, spec }
      await create(collection, 'poddisruptionbudgets.policy', body, signal)
    },

    createNetworkPolicy: async (policy, signal) => {
      const collection = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`
      await create(collection, 'networkpolicies.networking.k8s.io', policy, signal)
    },

    events: async (uid, signal) => {
      const query = new URLSearchParams({
        fieldSelector: `involvedObject.uid=${uid}`,
        limit: '200',
      })
      const path = `/api/v1/namespaces/${namespace}/events?${query.toString()}`
      const call: KubeCall = { verb: 'list', resource: 'events', namespace }
      const answer = eventsSchema.parse(await http.json({ method: 'GET', path, call }, signal))
      return (answer.items ?? []).toSorted((a, b) => timeOf(a) - timeOf(b))
    },
  }
}

/** New servers fill `eventTime`, old ones `lastTimestamp`. */
function timeOf(event: CoreV1Event): number {
  const time = event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp
  return time === undefined ? 0 : new Date(time).getTime()
}

async function orAbsent<T>(working: Promise<T>): Promise<T | undefined> {
  try {
    return await working
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
