import { describe, expect, it } from 'vitest'

import { createJobEnvironment, jobSecrets } from '../../src/run/index.ts'
import type { JobSpec } from '../../src/protocol/index.ts'
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

  it('has the run’s token for modules of the control plane, as a secret and where a variable can name its host', () => {
    const nameAt = (url: string): string[] => {
      const { env, secretEnv } = createJobEnvironment({ spec: makeJobSpec(), workloadUrl: url })
      expect(JSON.stringify(env)).not.toContain('TF_TOKEN')
      return Object.keys(secretEnv).filter((name) => secretEnv[name] === runToken)
    }
    expect(nameAt('https://control-plane.example.com')).toContain(
      'TF_TOKEN_control__plane_example_com',
    )
    for (const url of [workloadUrl, 'http://127.0.0.1', 'https://[::1]/']) {
      expect(nameAt(url)).toEqual(['SCALR_TOKEN', 'TF_HTTP_PASSWORD'])
    }
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
      SCALR_TOKEN: runToken,
      TF_VAR_password: 'CANARY-1',
      job_value_1_1: 'password = "CANARY-1"\n',
      job_value_2_1: 'region = "eu"\n',
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
    expect(secretEnv).toEqual({ SCALR_TOKEN: runToken, TF_HTTP_PASSWORD: runToken })
  })

  it("what the Scalr provider reads is the workspace's to set", () => {
    const { env, secretEnv } = createJobEnvironment({
      spec: makeJobSpec({
        variables: [
          variable('SCALR_TOKEN', 'own', { category: 'shell', sensitive: true }),
          variable('SCALR_HOSTNAME', 'other.scalr.io', { category: 'shell' }),
        ],
      }),
      workloadUrl,
    })
    expect([secretEnv['SCALR_TOKEN'], env['SCALR_HOSTNAME']]).toEqual(['own', 'other.scalr.io'])
    expect(secretEnv['TF_HTTP_PASSWORD']).toBe(runToken)
  })

  it('tells branch and commit of a run from a VCS, and nothing for others', () => {
    const of = (vcs: JobSpec['run']['vcs']): unknown => {
      const { env } = createJobEnvironment({ spec: makeJobSpec({ run: { vcs } }), workloadUrl })
      return [env['SCALR_RUN_VCS_BRANCH'], env['SCALR_RUN_VCS_COMMIT']]
    }
    expect(of({ branch: 'main', commit: 'abc123' })).toEqual(['main', 'abc123'])
    expect(of(null)).toEqual(['', ''])
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
    ['a b', 'x', {}, 'its name cannot be one of Terraform'],
    ['9a', 'x', {}, 'its name cannot be one of Terraform'],
    ['nul', 'CANARY\0', {}, 'NUL byte'],
    ['open', '["CANARY"', { hcl: true }, "a '[' is never closed"],
    ['two', '"CANARY"\nother = 1', { hcl: true }, 'new line outside of brackets'],
    ['my-var', 'CANARY', { category: 'shell' }, 'cannot be an environment variable'],
    ['BIG', `CANARY${'x'.repeat(128 * 1024)}`, { category: 'shell' }, 'the system allows 131071'],
    ['SHELLOPTS', 'CANARY', { category: 'shell' }, 'takes it for itself'],
    ['huge', `CANARY${'x'.repeat(2 ** 21)}`, {}, 'can be handed over'],
  ] as const)(
    'refuses the variable %s, naming it without its value',
    (key, value, changes, says) => {
      const spec = makeJobSpec({ variables: [variable(key, value, changes)] })
      const create = (): unknown => createJobEnvironment({ spec, workloadUrl })
      expect(create).toThrow(says)
      expect(create).not.toThrow('CANARY')
    },
  )

  it('hands over by a file alone what cannot be an environment variable', () => {
    const long = `"${'ß"'.repeat(70_000)}`
    const { env, secretEnv, fileVariables } = createJobEnvironment({
      spec: makeJobSpec({ variables: [variable('my-var', 'a'), variable('long', long)] }),
      workloadUrl,
    })
    expect(
      Object.keys({ ...env, ...secretEnv }).filter((name) => /TF_VAR_(?!SCALR)/u.test(name)),
    ).toEqual([])
    expect(fileVariables.map(({ name, when }) => [name, when])).toEqual([
      ['my-var', 'always'],
      ['long', 'always'],
    ])
    const whole = fileVariables[1]?.chunks.map((chunk) => secretEnv[chunk]).join('')
    expect(whole).toBe(`long = ${JSON.stringify(long)}\n`)
    for (const value of Object.values(secretEnv)) {
      expect(Buffer.byteLength(value)).toBeLessThan(128 * 1024 - 100)
    }
  })

  it("an apply of Terraform gets no assignments, since its plan holds them; OpenTofu's compares", () => {
    const count = (iacPlatform: 'terraform' | 'opentofu'): number =>
      createJobEnvironment({
        spec: makeJobSpec({
          phase: 'apply',
          workspace: { iacPlatform },
          variables: [variable('a', 'b')],
        }),
        workloadUrl,
      }).fileVariables.length
    expect([count('terraform'), count('opentofu')]).toEqual([0, 1])
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
      String.raw`{ x = \"inner \\\"one\\\"\", y = [\"inner-two\"] }`,
      'inner "one"',
      'inner-two',
      'p%40ss',
      'p@ss',
    ])
  })
})
