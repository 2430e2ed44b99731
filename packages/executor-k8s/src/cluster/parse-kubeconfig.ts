import { isAbsolute, join } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'
import { parse, YAMLParseError } from 'yaml'

import {
  kubeconfigSchema,
  type ClusterEntry,
  type ContextEntry,
  type ExecEntry,
  type UserEntry,
} from './kubeconfig-schema.ts'

/** One file, by the names in it. All its paths are absolute. */
export interface ParsedKubeconfig {
  /** For people: its path. */
  readonly name: string
  readonly currentContext: string | undefined
  readonly clusters: ReadonlyMap<string, ClusterEntry>
  readonly users: ReadonlyMap<string, UserEntry>
  readonly contexts: ReadonlyMap<string, ContextEntry>
}

/** @throws `ConfigurationError` with what is wrong, and nothing of what the text holds */
export function parseKubeconfig(
  text: string,
  path?: { readonly directory: string; readonly name: string },
): ParsedKubeconfig {
  const name = path?.name ?? 'the kubeconfig that was given'
  const parsed = kubeconfigSchema.safeParse(parseYaml(text, name))
  if (!parsed.success) throw ConfigurationError.fromZod(name, parsed.error)
  const { clusters, contexts, users } = parsed.data
  const whole = <T extends string | null | undefined>(file: T): T | string =>
    typeof file !== 'string' || file === '' || isAbsolute(file) || path === undefined
      ? file
      : join(path.directory, file)
  return {
    name,
    currentContext: parsed.data['current-context'] || undefined,
    clusters: new Map(
      (clusters ?? []).map(({ name: key, cluster }) => [
        key,
        { ...cluster, 'certificate-authority': whole(cluster['certificate-authority']) },
      ]),
    ),
    users: new Map(
      (users ?? []).map(({ name: key, user }) => [
        key,
        {
          ...user,
          tokenFile: whole(user?.tokenFile),
          'client-certificate': whole(user?.['client-certificate']),
          'client-key': whole(user?.['client-key']),
          exec: user?.exec && withCommand(user.exec, whole),
        },
      ]),
    ),
    contexts: new Map((contexts ?? []).map(({ name: key, context }) => [key, context])),
  }
}

/** As kubectl: a bare name is looked for in PATH, all else is relative to the file. */
function withCommand(exec: ExecEntry, whole: (path: string) => string): ExecEntry {
  return exec.command.includes('/') ? { ...exec, command: whole(exec.command) } : exec
}

/** The parser quotes the text, which holds secrets: only the line is told. */
function parseYaml(text: string, name: string): unknown {
  try {
    const value: unknown = parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined
    throw new ConfigurationError(
      `Cannot read ${name}: it is no YAML${line === undefined ? '' : ` (line ${line})`}. Look at it with \`kubectl config view\`.`,
    )
  }
  throw new ConfigurationError(`Cannot use ${name}: it is no kubeconfig.`)
}
