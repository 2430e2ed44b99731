import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  accountKubeconfig,
  documentedRules,
  writeTokenKubeconfig,
} from './support/kubernetes-account.ts'
import { anyKubernetesCluster, kubectl } from './support/kubernetes-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'

const kubeconfig = anyKubernetesCluster('agents that cannot use a cluster') ?? ''

describe.skipIf(kubeconfig === '')('an agent whose cluster cannot be used does not start', () => {
  let scene: KubernetesScene
  let directory: string

  beforeAll(async () => {
    scene = await KubernetesScene.start(kubeconfig)
    directory = scene.platform.directory
  })

  afterAll(() => scene[Symbol.asyncDispose]())

  /** What an agent said that did not start. */
  async function refusal(env: Readonly<Record<string, string>>): Promise<string> {
    await using daemon = await scene.daemon({ env })
    daemon.ready().catch(() => {})
    expect(await daemon.exited()).not.toBe(0)
    const said = daemon.output.join('\n')
    expect(said).not.toMatch(/\n\s+at .*\.ts:/u)
    return said
  }

  /** The kubeconfig of the agents, with something else in it. */
  async function changed(name: string, change: (text: string) => string): Promise<string> {
    const path = join(directory, name)
    await writeFile(path, change(await readFile(scene.agentKubeconfig, 'utf8')))
    return path
  }

  it.concurrent('without a kubeconfig', async () => {
    const said = await refusal({ KUBECONFIG: '', HOME: directory })
    expect(said).toMatch(/kubeconfig/u)
    expect(said).toMatch(/KUBECONFIG|\.kube\/config/u)
  })

  it.concurrent('with a kubeconfig that is not there, or is none', async () => {
    expect(await refusal({ KUBECONFIG: '/nowhere/config' })).toContain('/nowhere/config')
    const path = await changed('broken', () => 'clusters: {')
    expect(await refusal({ KUBECONFIG: path })).toContain(path)
  })

  it.concurrent('with a certificate that has expired', async () => {
    const user = await expiredUser(directory)
    const path = await changed('expired', (text) => {
      const config = JSON.parse(text)
      return JSON.stringify({ ...config, users: [{ name: 'test', user }] })
    })
    expect(await refusal({ KUBECONFIG: path })).toMatch(/certificate.*expired/iu)
  })

  it.concurrent('with a token that nobody knows', async () => {
    const path = join(directory, 'stranger')
    await writeTokenKubeconfig(kubeconfig, path, scene.namespace, 'nobody-knows-this')
    const said = await refusal({ KUBECONFIG: path })
    expect(said).toMatch(/does not know us \(401/u)
    expect(said).not.toContain('nobody-knows-this')
  })

  it.concurrent('against an API server that is not there', async () => {
    const path = await changed('away', (text) =>
      text.replace(/https:\/\/127\.0\.0\.1:\d+/u, 'https://127.0.0.1:9'),
    )
    expect(await refusal({ KUBECONFIG: path })).toMatch(/does not answer.*ECONNREFUSED/su)
  })

  it.concurrent('with an authority that did not make the certificate of the server', async () => {
    const path = await changed('authority', (text) => {
      const ca = execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-subj',
          '/CN=other',
          '-keyout',
          '/dev/null',
        ],
        { stdio: 'pipe' },
      )
      const config = JSON.parse(text)
      config.clusters[0].cluster['certificate-authority-data'] = ca.toString('base64')
      return JSON.stringify(config)
    })
    expect(await refusal({ KUBECONFIG: path })).toMatch(/not from the authority/u)
  })

  it.concurrent('without any rights: each verb is named, with the role to apply', async () => {
    const path = await accountKubeconfig(kubeconfig, {
      namespace: scene.namespace,
      name: 'powerless',
      rules: [],
      directory,
    })
    const said = await refusal({ KUBECONFIG: path })
    for (const { apiGroups, resources, verbs } of await documentedRules(kubeconfig)) {
      const resource = [resources[0], apiGroups[0]].filter((part) => part !== '').join('.')
      for (const verb of verbs) expect(said).toContain(`${verb} ${resource}`)
    }
    expect(said).toContain('kind: Role')
  })

  it.concurrent('with one right missing: that one is named, and no other', async () => {
    const rules = await documentedRules(kubeconfig)
    const path = await accountKubeconfig(kubeconfig, {
      namespace: scene.namespace,
      name: 'no-exec',
      rules: rules.filter(({ resources }) => !resources.includes('pods/exec')),
      directory,
    })
    expect(await refusal({ KUBECONFIG: path })).toMatch(
      /the agent may not: create pods\/exec, get pods\/exec\./u,
    )
  })

  it.concurrent('in a namespace that is not there', async () => {
    const rules = await documentedRules(kubeconfig)
    // Its account may look elsewhere.
    const name = 'elsewhere'
    const path = await accountKubeconfig(kubeconfig, {
      namespace: scene.namespace,
      name,
      rules,
      directory,
    })
    const changedPath = join(directory, 'missing-namespace')
    const text = await readFile(path, 'utf8')
    await writeFile(changedPath, text.replaceAll(scene.namespace, 'not-there'))
    expect(await refusal({ KUBECONFIG: changedPath })).toContain('not-there')
  })

  it.concurrent('in a namespace that is being deleted', async () => {
    await using going = await KubernetesScene.start(kubeconfig)
    // It stays for as long as something in it does.
    await going.kubectl('create', 'configmap', 'holds')
    const finalizers = '{"metadata":{"finalizers":["test.local/holds"]}}'
    await going.kubectl('patch', 'configmap', 'holds', '--patch', finalizers)
    await kubectl(kubeconfig, 'delete', 'namespace', going.namespace, '--wait=false')
    const path = join(directory, 'terminating')
    const admin = JSON.parse(
      await kubectl(kubeconfig, 'config', 'view', '--raw', '--minify', '--output=json'),
    )
    admin.contexts[0].context.namespace = going.namespace
    await writeFile(path, JSON.stringify(admin))
    expect(await refusal({ KUBECONFIG: path })).toMatch(/being deleted|terminating/iu)
    await going.kubectl('patch', 'configmap', 'holds', '--patch', '{"metadata":{"finalizers":[]}}')
  })

  it.concurrent('for a loopback URL of the control plane', async () => {
    const said = await refusal({ SCALR_AGENT_WORKLOAD_URL: scene.platform.url })
    expect(said).toMatch(/loopback|inside a pod/u)
    expect(said).toContain('SCALR_AGENT_WORKLOAD_URL')
  })
})

/** A client certificate that was good until the year 2001. */
async function expiredUser(directory: string): Promise<Readonly<Record<string, string>>> {
  const [key, request, authority] = ['key', 'request', 'authority'].map((name) =>
    join(directory, `expired.${name}`),
  ) as [string, string, string]
  const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { stdio: 'pipe' })
  openssl(
    'req',
    '-new',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=agent',
    '-keyout',
    key,
    '-out',
    request,
  )
  await writeFile(`${authority}.index`, '')
  await writeFile(
    authority,
    `[ca]
default_ca = test
[test]
database = ${authority}.index
new_certs_dir = ${directory}
default_md = sha256
rand_serial = yes
policy = any
[any]
commonName = supplied
`,
  )
  const certificate = openssl(
    'ca',
    '-config',
    authority,
    '-batch',
    '-selfsign',
    '-keyfile',
    key,
    '-in',
    request,
    '-startdate',
    '000101000000Z',
    '-enddate',
    '010101000000Z',
    '-notext',
  )
  return {
    'client-certificate-data': certificate.toString('base64'),
    'client-key-data': (await readFile(key)).toString('base64'),
  }
}
