import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { enginesDirectory } from './tools.ts'

/** Where `pnpm engines up` keeps what runs. */
const stateDirectory = process.env['SCALR_SDK_ENGINES_STATE_DIR'] ?? join(enginesDirectory, 'state')

/** Its path: that of the engines, else of `PATH`. */
export const kubectlProgram =
  [join(enginesDirectory, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)]
    .map((directory) => join(directory, 'kubectl'))
    .find((path) => existsSync(path)) ?? 'kubectl'

/** Kubernetes' own command line, as an administrator uses it beside the agent. */
export async function kubectl(kubeconfig: string, ...words: readonly string[]): Promise<string> {
  return await kubectlWith(kubeconfig, undefined, ...words)
}

/** With something on its standard input, such as a manifest. */
export async function kubectlWith(
  kubeconfig: string,
  input: unknown,
  ...words: readonly string[]
): Promise<string> {
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  return await new Promise((resolve, reject) => {
    const child = execFile(
      kubectlProgram,
      ['--kubeconfig', kubeconfig, ...words],
      { maxBuffer: 256 * 1024 ** 2 },
      (error, stdout) => (error === null ? resolve(stdout.trim()) : reject(error)),
    )
    // One that ends before it has read everything says so by its exit code.
    child.stdin?.on('error', () => {})
    child.stdin?.end(text ?? '')
  })
}

export interface KubeObject {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly [field: string]: unknown
}

/** Objects of those kinds (`pods,jobs`) in a namespace, whole. */
export async function kubeObjects(
  kubeconfig: string,
  namespace: string,
  kinds: string,
): Promise<readonly KubeObject[]> {
  const answer = await kubectl(kubeconfig, '--namespace', namespace, 'get', kinds, '--output=json')
  const list: { readonly items: readonly KubeObject[] } = JSON.parse(answer)
  return list.items
}

/**
 * The kubeconfig of `TEST_KUBECONFIG`, else of `KUBECONFIG`, else of the cluster that
 * `pnpm engines up kubernetes` started; `undefined` after saying that the suite is skipped.
 */
export function anyKubernetesCluster(suite: string): string | undefined {
  const named = process.env['TEST_KUBECONFIG'] ?? process.env['KUBECONFIG']
  if (named !== undefined && named !== '') return named
  const kubeconfig = join(stateDirectory, 'kubernetes/kubeconfig')
  if (existsSync(kubeconfig)) return kubeconfig
  process.stdout.write(
    `SKIPPED ${suite}: no Kubernetes cluster; \`pnpm engines up kubernetes kubernetes-images\` starts one\n`,
  )
  return undefined
}

/** Minor version of its API server. */
export async function minorVersion(kubeconfig: string): Promise<number> {
  const version: { readonly minor: string } = JSON.parse(
    await kubectl(kubeconfig, 'get', '--raw', '/version'),
  )
  return Number.parseInt(version.minor, 10)
}

/** Where pods of a one-node cluster on this machine reach the machine. */
export async function nodeAddress(kubeconfig: string): Promise<string> {
  const path = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}'
  return await kubectl(kubeconfig, 'get', 'nodes', `--output=jsonpath=${path}`)
}
