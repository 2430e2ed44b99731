import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'

import {
  isKubeconfigText,
  serviceAccountDirectory,
  type ResolvedClusterOptions,
} from './cluster-options.ts'
import type { ClusterEntry, UserEntry } from './kubeconfig-schema.ts'
import { parseKubeconfig, type ParsedKubeconfig } from './parse-kubeconfig.ts'

/** A kubeconfig with one context chosen. */
export interface Kubeconfig {
  /** For people, e.g. ``context `prod` of /home/me/.kube/config``. */
  readonly source: string
  readonly cluster: ClusterEntry
  readonly user: UserEntry
  readonly namespace: string | undefined
}

/** @throws `ConfigurationError` with what is wrong, and nothing of what a file holds */
export async function loadKubeconfig(options: ResolvedClusterOptions): Promise<Kubeconfig> {
  const { context, inCluster } = options
  if (inCluster !== undefined) return await fromServiceAccount(inCluster)
  if (options.kubeconfig !== undefined) {
    return chooseContext(await readAll([options.kubeconfig].flat()), context)
  }
  const usual = join(homedir(), '.kube/config')
  const found = await readFiles([usual])
  if (found.length > 0) return chooseContext(found, context)
  if ((await readText(join(serviceAccountDirectory, 'token'))) !== undefined) {
    const host = 'kubernetes.default.svc'
    return await fromServiceAccount({ host, port: 443, directory: serviceAccountDirectory })
  }
  throw new ConfigurationError(
    `Cannot find a Kubernetes cluster: there is neither ${usual} nor a service account of a pod in ${serviceAccountDirectory}. Name a kubeconfig (\`cluster.kubeconfig\`, KUBECONFIG).`,
  )
}

async function readAll(given: readonly string[]): Promise<readonly ParsedKubeconfig[]> {
  const found = await readFiles(given)
  if (found.length > 0) return found
  throw new ConfigurationError(
    `Cannot read the kubeconfig: ${given.join(', ')} does not exist. Name another one (\`cluster.kubeconfig\`, KUBECONFIG).`,
  )
}

/** As kubectl: those that do not exist are passed over. */
async function readFiles(given: readonly string[]): Promise<readonly ParsedKubeconfig[]> {
  const found: ParsedKubeconfig[] = []
  for (const value of given) {
    if (isKubeconfigText(value)) {
      found.push(parseKubeconfig(value))
      continue
    }
    const text = await readText(value)
    if (text !== undefined) {
      found.push(parseKubeconfig(text, { directory: dirname(value), name: value }))
    }
  }
  return found
}

/** The first file that knows a name counts. */
function chooseContext(files: readonly ParsedKubeconfig[], wanted: string | undefined): Kubeconfig {
  const named = files.map(({ name }) => name).join(', ')
  const contexts = files.flatMap((file) => [...file.contexts.keys()]).join(', ')
  const current = wanted ?? files.find((file) => file.currentContext !== undefined)?.currentContext
  if (current === undefined) {
    throw new ConfigurationError(
      `Cannot choose a cluster: ${named} has no current context. Name one (\`cluster.context\`): ${contexts}.`,
    )
  }
  const find = <T>(pick: (file: ParsedKubeconfig) => T | undefined): T | undefined =>
    files.map(pick).find((entry) => entry !== undefined)
  const context = find((file) => file.contexts.get(current))
  if (context === undefined) {
    throw new ConfigurationError(
      `Cannot use the context \`${current}\`: ${named} has none of that name. It has: ${contexts}.`,
    )
  }
  const cluster = find((file) => file.clusters.get(context.cluster))
  if (cluster === undefined) {
    throw new ConfigurationError(
      `Cannot use the context \`${current}\` of ${named}: its cluster \`${context.cluster}\` is not there.`,
    )
  }
  const user = context.user ? find((file) => file.users.get(context.user ?? '')) : {}
  if (user === undefined) {
    throw new ConfigurationError(
      `Cannot use the context \`${current}\` of ${named}: its user \`${context.user}\` is not there.`,
    )
  }
  return {
    source: `context \`${current}\` of ${named}`,
    cluster,
    user,
    namespace: context.namespace || undefined,
  }
}

async function fromServiceAccount(account: {
  readonly host: string
  readonly port: number
  readonly directory: string
}): Promise<Kubeconfig> {
  const { directory, port } = account
  const host = account.host.includes(':') ? `[${account.host}]` : account.host
  const tokenFile = join(directory, 'token')
  if ((await readText(tokenFile)) === undefined) {
    throw new ConfigurationError(
      `Cannot use the service account of the pod: ${tokenFile} does not exist. Give the pod of the agent a service account with \`automountServiceAccountToken: true\`, or name a kubeconfig.`,
    )
  }
  const namespace = (await readText(join(directory, 'namespace')))?.trim()
  return {
    source: `the service account in ${directory}`,
    cluster: {
      server: `https://${host}:${port}`,
      'certificate-authority': join(directory, 'ca.crt'),
    },
    user: { tokenFile },
    namespace: namespace || undefined,
  }
}

/** `undefined` when there is no such file. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ConfigurationError(`Cannot read ${path}: ${code}. Let the agent's user read it.`)
  }
}
