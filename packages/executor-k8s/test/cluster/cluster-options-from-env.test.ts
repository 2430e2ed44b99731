import { expect, it } from 'vitest'

import { clusterOptionsFromEnv } from '../../src/cluster/cluster-options-from-env.ts'
import { clusterOptionsSchema } from '../../src/cluster/cluster-options.ts'

it('says nothing where the environment says nothing', () => {
  expect(clusterOptionsFromEnv({})).toEqual({})
  const empty = clusterOptionsFromEnv({ KUBECONFIG: '', HTTPS_PROXY: '' })
  expect(empty).toEqual({ pluginEnv: { KUBECONFIG: '', HTTPS_PROXY: '' } })
})

it('takes the files of KUBECONFIG in their order', () => {
  const { kubeconfig } = clusterOptionsFromEnv({ KUBECONFIG: '/a/one::/b/two' })
  expect(kubeconfig).toEqual(['/a/one', '/b/two'])
})

it("takes the service account of the pod, unless a kubeconfig was named: kubectl's order", () => {
  const pod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
  expect(clusterOptionsFromEnv(pod)).toEqual({ inCluster: { host: 'fd00::1', port: 6443 } })
  const both = clusterOptionsFromEnv({ ...pod, KUBECONFIG: '/config' })
  expect(both).toMatchObject({ kubeconfig: ['/config'] })
  expect(both.inCluster).toBeUndefined()
})

it('takes the proxy and its exceptions', () => {
  const env = { https_proxy: 'http://proxy:3128', NO_PROXY: '.svc,10.0.0.0/8' }
  expect(clusterOptionsFromEnv(env)).toEqual({
    pluginEnv: env,
    proxy: { httpsProxy: 'http://proxy:3128', noProxy: '.svc,10.0.0.0/8' },
  })
})

it('I12: gives credential plugins the environment, but nothing of the agent itself', () => {
  const env = { PATH: '/bin', AWS_PROFILE: 'x', SCALR_AGENT_TOKEN: 'canary', EMPTY: undefined }
  expect(clusterOptionsFromEnv(env).pluginEnv).toEqual({ PATH: '/bin', AWS_PROFILE: 'x' })
})

it('gives what the options take', () => {
  const options = clusterOptionsFromEnv({
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    HTTPS_PROXY: 'http://proxy:3128',
  })
  expect(clusterOptionsSchema.parse(options)).toMatchObject({
    inCluster: {
      host: '10.96.0.1',
      port: 443,
      directory: '/var/run/secrets/kubernetes.io/serviceaccount',
    },
  })
})
