import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

import { KubeConfig, loadYaml } from '@kubernetes/client-node'
import { ConfigurationError } from '@scalr-agent/core'
import { z } from 'zod'

import { isKubeconfigText, type ResolvedClusterOptions } from './cluster-options.ts'

/** A kubeconfig with one context chosen. */
export interface Kubeconfig {
  readonly config: KubeConfig
  /** For people, e.g. ``context `prod` of /home/me/.kube/config``. */
  readonly source: string
  /** File with the token of the user, read anew before every call: such tokens rotate. */
  readonly tokenFile: string | undefined
}

/** What client-node leaves out of a kubeconfig. */
const usersSchema = z.looseObject({
  users: z
    .array(
      z.looseObject({
        name: z.string(),
        user: z.looseObject({ tokenFile: z.string().optional() }).nullish(),
      }),
    )
    .nullish(),
})

/** @throws `ConfigurationError` with what is wrong, and nothing of what a file holds */
export async function loadKubeconfig(options: ResolvedClusterOptions): Promise<Kubeconfig> {
  const { context, inCluster } = options
  if (inCluster !== undefined) return await fromServiceAccount(inCluster)
  if (options.kubeconfig !== undefined) {
    return choose(await readAll([options.kubeconfig].flat()), context)
  }
  const usual = join(homedir(), '.kube/config')
  const found = await readText(usual)
  if (found !== undefined) return choose([parse(found, usual)], context)
  const account = { host: 'kubernetes.default.svc', port: 443, directory: serviceAccount }
  if ((await readText(join(serviceAccount, 'token'))) !== undefined) {
    return await fromServiceAccount(account)
  }
  throw new ConfigurationError(
    `Cannot find a Kubernetes cluster: there is neither ${usual} nor a service account of a pod in ${serviceAccount}. Name a kubeconfig (\`cluster.kubeconfig\`, KUBECONFIG).`,
  )
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

interface Parsed {
  readonly config: KubeConfig
  readonly name: string
  readonly tokenFiles: ReadonlyMap<string, string>
}

async function readAll(given: readonly string[]): Promise<readonly Parsed[]> {
  const parsed: Parsed[] = []
  for (const value of given) {
    if (isKubeconfigText(value)) {
      parsed.push(parse(value, undefined))
      continue
    }
    const text = await readText(value)
    // As kubectl: of several, those that do not exist are passed over.
    if (text !== undefined) parsed.push(parse(text, value))
  }
  if (parsed.length === 0) {
    throw new ConfigurationError(
      `Cannot read the kubeconfig: ${given.join(', ')} does not exist. Name another one (\`cluster.kubeconfig\`, KUBECONFIG).`,
    )
  }
  return parsed
}

function parse(text: string, path: string | undefined): Parsed {
  const name = path ?? 'the kubeconfig that was given'
  const directory = path === undefined ? undefined : dirname(path)
  const config = new KubeConfig()
  try {
    config.loadFromString(text)
    if (directory !== undefined) config.makePathsAbsolute(directory)
    const users = usersSchema.parse(loadYaml(text)).users ?? []
    const tokenFiles = users.flatMap(({ name: user, user: entry }) => {
      const file = entry?.tokenFile
      if (file === undefined) return []
      return [
        [user, directory === undefined || isAbsolute(file) ? file : join(directory, file)] as const,
      ]
    })
    return { config, name, tokenFiles: new Map(tokenFiles) }
  } catch (error) {
    throw new ConfigurationError(
      `Cannot use ${name}: it is no kubeconfig${whereWrong(error)}. Look at it with \`kubectl config view\`.`,
    )
  }
}

/** Parsers quote the text, which holds secrets: only what is missing, or the line. */
function whereWrong(error: unknown): string {
  const mark: unknown = Object(Object(error)['mark'])['line']
  if (typeof mark === 'number') return ` (line ${mark + 1} cannot be read)`
  const message = error instanceof Error ? error.message : ''
  return /^(?:clusters|users|contexts)\[\d+\]\.[\w.]+ is missing$/u.test(message)
    ? ` (${message})`
    : ''
}

function choose(files: readonly Parsed[], context: string | undefined): Kubeconfig {
  const named = files.map(({ name }) => name).join(', ')
  const config = new KubeConfig()
  const merged = { clusters: new Map(), users: new Map(), contexts: new Map() }
  const tokenFiles = new Map<string, string>()
  for (const { config: file, tokenFiles: ofFile } of files) {
    for (const kind of ['clusters', 'users', 'contexts'] as const) {
      for (const entry of file[kind]) {
        if (!merged[kind].has(entry.name)) merged[kind].set(entry.name, entry)
      }
    }
    for (const [user, path] of ofFile) if (!tokenFiles.has(user)) tokenFiles.set(user, path)
  }
  const current = context ?? files.map(({ config: file }) => file.currentContext).find(Boolean)
  if (current === undefined) {
    throw new ConfigurationError(
      `Cannot choose a cluster: ${named} has no current context. Name one (\`cluster.context\`): ${[...merged.contexts.keys()].join(', ')}.`,
    )
  }
  config.loadFromOptions({
    clusters: [...merged.clusters.values()],
    users: [...merged.users.values()],
    contexts: [...merged.contexts.values()],
    currentContext: current,
  })
  const found = config.getContextObject(current)
  if (found === null) {
    throw new ConfigurationError(
      `Cannot use the context \`${current}\`: ${named} has none of that name. It has: ${[...merged.contexts.keys()].join(', ')}.`,
    )
  }
  if (config.getCurrentCluster() === null) {
    throw new ConfigurationError(
      `Cannot use the context \`${current}\` of ${named}: its cluster \`${found.cluster}\` is not there.`,
    )
  }
  // Without a user client-node would send no certificates of the cluster either.
  if (config.getCurrentUser() === null) {
    throw new ConfigurationError(
      `Cannot use the context \`${current}\` of ${named}: its user \`${found.user}\` is not there.`,
    )
  }
  return {
    config,
    source: `context \`${current}\` of ${named}`,
    tokenFile: tokenFiles.get(found.user),
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
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [
      {
        name: 'cluster',
        server: `https://${host}:${port}`,
        caFile: join(directory, 'ca.crt'),
        skipTLSVerify: false,
      },
    ],
    users: [{ name: 'account' }],
    contexts: [{ name: 'pod', cluster: 'cluster', user: 'account', namespace }],
    currentContext: 'pod',
  })
  return { config, source: `the service account in ${directory}`, tokenFile }
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
