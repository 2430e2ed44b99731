import { describe, expect, it } from 'vitest'

import { engineOptionsFromEnv } from '../../src/engine/engine-options-from-env.ts'

describe("Docker's variables", () => {
  it.each([
    [{}, {}],
    [{ DOCKER_HOST: '', DOCKER_CONTEXT: '' }, {}],
    [{ DOCKER_HOST: 'unix:///a' }, { host: 'unix:///a' }],
    [
      { DOCKER_CONTEXT: 'prod', DOCKER_CONFIG: '/cfg' },
      { context: 'prod', configDir: '/cfg' },
    ],
    [{ XDG_RUNTIME_DIR: '/run/user/7' }, { runtimeDir: '/run/user/7' }],
    [
      { DOCKER_HOST: 'tcp://a:2376', DOCKER_CERT_PATH: '/certs' },
      { host: 'tcp://a:2376', certPath: '/certs' },
    ],
    [
      { DOCKER_HOST: 'tcp://a:2376', DOCKER_TLS_VERIFY: '1', HOME: '/home/me' },
      { host: 'tcp://a:2376', certPath: '/home/me/.docker' },
    ],
    [{ DOCKER_HOST: 'unix:///a', DOCKER_CERT_PATH: '/certs' }, { host: 'unix:///a' }],
  ])('%j', (env, options) => {
    expect(engineOptionsFromEnv(env)).toEqual(options)
  })
})
