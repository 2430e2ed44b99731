import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { clusterOptionsSchema, type ClusterOptions } from '../../src/cluster/cluster-options.ts'
import { connectCluster } from '../../src/cluster/connect-cluster.ts'
import { loadKubeconfig, type Kubeconfig } from '../../src/cluster/load-kubeconfig.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sa-kubeconfig-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

const write = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}
const load = async (options: ClusterOptions): Promise<Kubeconfig> =>
  await loadKubeconfig(clusterOptionsSchema.parse(options))
const failure = async (options: ClusterOptions): Promise<string> => {
  try {
    await connectCluster(options)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return error instanceof Error ? error.message : ''
  }
  throw new Error('it was taken')
}

const canary = 'canary-9f8e7d6c5b'
const yaml = `
apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: one
  cluster: { server: "https://one.example.com:6443/", certificate-authority: pki/ca.pem }
users:
- name: me
  user: { token: ${canary}, client-certificate: me.pem, client-key: /keys/me.key }
contexts:
- name: prod
  context: { cluster: one, user: me, namespace: jobs }
- name: bare
  context: { cluster: one, user: me }
`

it('reads a file: its current context, and paths relative to it', async () => {
  const path = write('config', yaml)
  const { cluster, namespace, source, user } = await load({ kubeconfig: path })
  expect(source).toBe(`context \`prod\` of ${path}`)
  expect(namespace).toBe('jobs')
  expect(cluster['certificate-authority']).toBe(join(directory, 'pki/ca.pem'))
  expect([user['client-certificate'], user['client-key']]).toEqual([
    join(directory, 'me.pem'),
    '/keys/me.key',
  ])
})

it('takes the text of a kubeconfig, a context by name, and a namespace that goes before its own', async () => {
  const named = await connectCluster({ kubeconfig: yaml, context: 'bare' })
  expect([named.server, named.namespace]).toEqual(['https://one.example.com:6443', 'default'])
  const other = await connectCluster({ kubeconfig: yaml, namespace: 'elsewhere' })
  expect(other.namespace).toBe('elsewhere')
})

it('merges several files as kubectl does: the first that knows a name counts', async () => {
  const first = write(
    'first',
    'contexts: [{name: prod, context: {cluster: one, user: me, namespace: first}}]\n',
  )
  const merged = await load({
    kubeconfig: [first, join(directory, 'missing'), write('config', yaml)],
  })
  expect(merged.namespace).toBe('first')
  expect(merged.cluster.server).toBe('https://one.example.com:6443/')
})

it('takes the service account of the pod it runs in', async () => {
  write('token', 'x')
  write('namespace', 'agents\n')
  const cluster = await connectCluster({ inCluster: { host: 'fd00::1', directory } })
  expect([cluster.server, cluster.namespace]).toEqual(['https://[fd00::1]', 'agents'])
})

describe('says what is wrong', () => {
  it('where no file exists', async () => {
    const path = join(directory, 'nowhere')
    expect(await failure({ kubeconfig: path })).toContain(`${path} does not exist`)
    expect(await failure({ inCluster: { directory } })).toContain(
      `${directory}/token does not exist`,
    )
  })

  it('where a file cannot be read', async () => {
    expect(await failure({ kubeconfig: directory })).toContain(`Cannot read ${directory}: EISDIR`)
  })

  it('where a context is missing, with those that there are', async () => {
    expect(await failure({ kubeconfig: yaml, context: 'dev' })).toContain('It has: prod, bare.')
    const none = yaml.replace('current-context: prod', '')
    expect(await failure({ kubeconfig: none })).toContain('has no current context')
  })

  it('where a context points at nothing', async () => {
    const lost = yaml.replaceAll('cluster: one', 'cluster: two')
    expect(await failure({ kubeconfig: lost })).toContain('its cluster `two` is not there')
    const nobody = yaml.replaceAll('user: me', 'user: you')
    expect(await failure({ kubeconfig: nobody })).toContain('its user `you` is not there')
  })

  it('where the server is not to be spoken to in the clear', async () => {
    const plain = yaml.replace('https:', 'http:')
    expect(await failure({ kubeconfig: plain })).toContain('could read the secrets of jobs')
    const local = await connectCluster({
      kubeconfig: plain.replace('one.example.com', '127.0.0.1'),
    })
    expect(local.server).toBe('http://127.0.0.1:6443')
  })

  it('in an option', async () => {
    expect(await failure({ namespace: 'No_Such' })).toContain('namespace')
    expect(await failure({ kubeconfig: 'relative/path' })).toContain('absolute path')
    expect(await failure({ proxy: { httpsProxy: 'ftp://x' } })).toContain('httpsProxy')
  })
})

it('I12: quotes nothing of a file that it cannot read', async () => {
  const broken = [
    yaml.replace(`token: ${canary}`, `token: [${canary}`),
    `${yaml}\n  - "${canary}`,
    yaml.replace(`token: ${canary}`, `token: { ${canary}: 1 }`),
    yaml.replace('server: "https://one.example.com:6443/"', `server: "${canary}"`),
    yaml.replace('server: "https://', `server: "https://me:${canary}@`),
    `- ${canary}\n`,
    `${canary}\n${canary}`,
  ]
  for (const text of broken) {
    for (const kubeconfig of [text, write('broken', text)]) {
      expect(await failure({ kubeconfig })).not.toContain(canary)
    }
  }
})
