import { describe, expect, it } from 'vitest'

import { createJobEnvironment, jobSecrets } from '../../src/run/index.ts'
import { jobToken, makeJobSpec, runToken, variable } from '../support/job-spec.ts'

const workloadUrl = 'https://scalr.example.com:8443/'

describe('createJobEnvironment', () => {
  it('tells the run in the names that Scalr uses, and the state backend in those of Terraform', () => {
    const { env } = createJobEnvironment({
      spec: makeJobSpec({ run: { isDestroy: true } }),
      workloadUrl,
      path: '/usr/bin',
    })
    expect(env).toMatchObject({
      PATH: '/usr/bin',
      SCALR_HOSTNAME: 'scalr.example.com:8443',
      SCALR_RUN_ID: 'run-v0abc',
      SCALR_RUN_IS_DESTROY: '1',
      SCALR_RUN_MODE: 'apply',
      SCALR_RUN_SOURCE: 'api',
      SCALR_WORKSPACE_ID: 'ws-v0abc',
      SCALR_WORKSPACE_NAME: 'network',
      SCALR_ENVIRONMENT_ID: 'env-v0abc',
      SCALR_ENVIRONMENT_NAME: 'production',
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
      TF_HTTP_ADDRESS: 'https://scalr.example.com:8443/api/agent/v1/state/ws-v0abc',
      TF_HTTP_LOCK_METHOD: 'LOCK',
      TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
    })
  })

  it('a state write survives 15 minutes without a control plane', () => {
    const { env } = createJobEnvironment({ spec: makeJobSpec(), workloadUrl })
    const most = Number(env['TF_HTTP_RETRY_WAIT_MAX'])
    let seconds = 0
    for (let retry = 0; retry < Number(env['TF_HTTP_RETRY_MAX']); retry += 1) {
      seconds += Math.min(most, Number(env['TF_HTTP_RETRY_WAIT_MIN']) * 2 ** retry)
    }
    expect(seconds).toBeGreaterThanOrEqual(15 * 60)
  })

  it('I12: what is secret is in secretEnv alone', () => {
    const { env, secretEnv } = createJobEnvironment({
      spec: makeJobSpec({
        variables: [
          variable('password', 'CANARY-1', { sensitive: true }),
          variable('KEY', 'CANARY-2', { category: 'shell', sensitive: true }),
          variable('region', 'eu', {}),
        ],
      }),
      workloadUrl,
      proxy: { httpsProxy: 'http://user:CANARY-3@proxy:3128', noProxy: 'internal' },
    })
    expect(JSON.stringify(env)).not.toMatch(/CANARY/u)
    expect(secretEnv).toEqual({
      TF_VAR_password: 'CANARY-1',
      KEY: 'CANARY-2',
      HTTPS_PROXY: 'http://user:CANARY-3@proxy:3128',
      https_proxy: 'http://user:CANARY-3@proxy:3128',
      TF_HTTP_PASSWORD: runToken,
    })
    expect(env).toMatchObject({ TF_VAR_region: 'eu', NO_PROXY: 'internal', no_proxy: 'internal' })
    expect(JSON.stringify([env, secretEnv])).not.toContain(jobToken)
  })

  it('a workspace may set its own shell variables, but not take over the run', () => {
    const shellVariable = (key: string, sensitive = false): ReturnType<typeof variable> =>
      variable(key, 'mine', { category: 'shell', sensitive })
    const { env, secretEnv } = createJobEnvironment({
      spec: makeJobSpec({
        variables: [
          shellVariable('PATH'),
          shellVariable('TF_LOG'),
          shellVariable('TF_HTTP_ADDRESS', true),
          shellVariable('TF_HTTP_PASSWORD'),
          shellVariable('SCALR_RUN_ID'),
        ],
      }),
      workloadUrl,
      path: '/usr/bin',
    })
    expect(env).toMatchObject({ PATH: 'mine', TF_LOG: 'mine', SCALR_RUN_ID: 'run-v0abc' })
    expect(env['TF_HTTP_ADDRESS']).toMatch(/^https:/u)
    expect(env['TF_HTTP_PASSWORD']).toBeUndefined()
    expect(secretEnv).toEqual({ TF_HTTP_PASSWORD: runToken })
  })

  it('holds nothing of the environment of the agent', () => {
    const { env, secretEnv } = createJobEnvironment({ spec: makeJobSpec(), workloadUrl })
    const names = Object.keys({ ...env, ...secretEnv })
    expect(names.filter((name) => !/^(?:TF_|SCALR_|CHECKPOINT_|GIT_)/u.test(name))).toEqual([])
  })

  it.each([
    { run: { isDry: true, refreshOnly: true }, mode: 'dry' },
    { run: { refreshOnly: true }, mode: 'refresh' },
    { run: { refresh: false }, mode: 'skip_refresh' },
    { run: {}, mode: 'apply' },
  ])('the mode of $run is $mode', ({ run, mode }) => {
    const { env } = createJobEnvironment({ spec: makeJobSpec({ run }), workloadUrl })
    expect(env['SCALR_RUN_MODE']).toBe(mode)
  })

  it.each([
    ['my-var', 'x', '"my-var"'],
    ['a b', 'x', '"a b"'],
    ['big', 'x'.repeat(128 * 1024), 'has 131083 bytes'],
    ['nul', 'CANARY\0', 'NUL byte'],
  ])('refuses the variable %s with a clear error, without its value', (key, value, says) => {
    const spec = makeJobSpec({ variables: [variable(key, value)] })
    const create = (): unknown => createJobEnvironment({ spec, workloadUrl })
    expect(create).toThrow(says)
    expect(create).not.toThrow(value)
  })
})

describe('jobSecrets', () => {
  it('I12: knows tokens, sensitive values, strings inside sensitive HCL and proxy passwords', () => {
    const spec = makeJobSpec({
      variables: [
        variable('a', 'plain-secret', { sensitive: true }),
        variable('b', '{ x = "inner \\"one\\"", y = ["inner-two"] }', {
          sensitive: true,
          hcl: true,
        }),
        variable('c', 'public'),
        variable('d', ' ', { sensitive: true }),
      ],
    })
    const secrets = jobSecrets(spec, { httpProxy: 'http://u:p%40ss@proxy' })
    expect(secrets).toEqual([
      runToken,
      jobToken,
      'plain-secret',
      '{ x = "inner \\"one\\"", y = ["inner-two"] }',
      'inner "one"',
      'inner-two',
      'p%40ss',
      'p@ss',
    ])
  })
})
