import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { kubectl, kubectlWith } from './kubernetes-cluster.ts'

const documented = new URL('../../../packages/executor-k8s/rbac.yaml', import.meta.url).pathname

/** What a role allows, as `rules` of a Role. */
export type Rules = readonly {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}[]

/** What the role of the package's `rbac.yaml` allows. */
export async function documentedRules(kubeconfig: string): Promise<Rules> {
  const words = ['create', '--dry-run=client', `--filename=${documented}`]
  const path = '{.kind}{" "}{.rules}{"\\n"}'
  const said = await kubectl(kubeconfig, ...words, `--output=jsonpath=${path}`)
  const [role] = said.split('\n').filter((line) => line.startsWith('Role '))
  return JSON.parse((role ?? '').slice('Role '.length))
}

/**
 * A kubeconfig of a new service account that may do what these rules say, in that namespace and nowhere
 * else. Works on every server, also on those that make no token by themselves.
 */
export async function accountKubeconfig(
  admin: string,
  account: {
    readonly namespace: string
    readonly name: string
    readonly rules: Rules
    /** Where the file is written. */
    readonly directory: string
  },
): Promise<string> {
  const { namespace, name, rules } = account
  const metadata = { name, namespace }
  await kubectlWith(
    admin,
    {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace }],
        },
      ],
    },
    'apply',
    '--filename=-',
  )
  const kubeconfig = join(account.directory, `${name}.kubeconfig`)
  await writeTokenKubeconfig(admin, kubeconfig, namespace, await tokenOf(admin, namespace, name))
  return kubeconfig
}

async function tokenOf(admin: string, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const answer = await kubectlWith(admin, request, 'create', '--raw', path, '--filename=-')
  const { status }: { readonly status: { readonly token: string } } = JSON.parse(answer)
  return status.token
}

/** A kubeconfig for the same cluster with a bearer token, in that namespace. */
export async function writeTokenKubeconfig(
  admin: string,
  path: string,
  namespace: string,
  token: string,
): Promise<void> {
  const view = await kubectl(admin, 'config', 'view', '--raw', '--minify', '--output=json')
  const { clusters }: { readonly clusters: readonly { readonly cluster: object }[] } =
    JSON.parse(view)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: clusters[0]?.cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    'current-context': 'test',
  }
  await writeFile(path, JSON.stringify(config), { mode: 0o600 })
}
