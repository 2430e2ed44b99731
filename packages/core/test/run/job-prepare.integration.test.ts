import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { runToken, variable } from '../support/job-spec.ts'
import { noCaches, startWorkload } from './support/run-workload.ts'
import { startJobScript } from './support/run-job-script.ts'
import { installedShells } from './support/shells.ts'

describe.each(installedShells())('what a job is given, in $name', (shell) => {
  it('the environment of the tool is this and nothing else', async () => {
    await using job = await startWorkload({
      shell,
      fake: { plan: { exitCode: 2 } },
      spec: {
        variables: [variable('region', 'eu'), variable('OWN', 'x', { category: 'shell' })],
        run: { vcs: { branch: 'main', commit: 'abc' }, refresh: false },
        workspace: {
          hooks: {
            preInit: 'echo MORE=1 >"$SCALR_AGENT_ENV"',
            prePlan: null,
            postPlan: 'env | grep ^SCALR_TERRAFORM_ | sort',
            preApply: null,
            postApply: null,
          },
        },
      },
    })
    await job.ended
    const facts = {
      SCALR_RUN_ID: 'run-v0abc',
      SCALR_HOSTNAME: 'scalr.example.com',
      SCALR_RUN_PHASE: 'plan',
      SCALR_RUN_IS_DESTROY: '0',
      SCALR_RUN_MODE: 'skip_refresh',
      SCALR_RUN_SOURCE: 'api',
      SCALR_RUN_VCS_BRANCH: 'main',
      SCALR_RUN_VCS_COMMIT: 'abc',
      SCALR_RUN_CONTENT_ROOT: join(job.directory, 'workdir'),
      SCALR_WORKSPACE_ID: 'ws-v0abc',
      SCALR_WORKSPACE_NAME: 'network',
      SCALR_ENVIRONMENT_ID: 'env-v0abc',
      SCALR_ENVIRONMENT_NAME: 'production',
      SCALR_ACCOUNT_ID: 'acc-v0abc',
      SCALR_IAC_PLATFORM: 'terraform',
    }
    const state = 'https://scalr.example.com/api/agent/v1/state/ws-v0abc'
    const [init, plan] = await job.starts()
    const expected = {
      ...facts,
      ...Object.fromEntries(
        Object.entries(facts).map(([name, value]) => [`TF_VAR_${name}`, value]),
      ),
      SCALR_TERRAFORM_OPERATION: 'plan',
      SCALR_TOKEN: runToken,
      SCALR_AGENT_ENV: join(job.directory, 'data/agent-env'),
      HOME: join(job.directory, 'tmp'),
      TMPDIR: join(job.directory, 'tmp'),
      PATH: `${job.directory}.bin:/usr/local/bin:/usr/bin:/bin:${job.directory}/tmp/.local/bin`,
      PWD: join(job.directory, 'workdir'),
      CHECKPOINT_DISABLE: '1',
      GIT_TERMINAL_PROMPT: '0',
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      TF_HTTP_ADDRESS: state,
      TF_HTTP_LOCK_ADDRESS: state,
      TF_HTTP_UNLOCK_ADDRESS: state,
      TF_HTTP_UPDATE_METHOD: 'POST',
      TF_HTTP_LOCK_METHOD: 'LOCK',
      TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
      TF_HTTP_USERNAME: 'run',
      TF_HTTP_PASSWORD: runToken,
      // For modules of the registry that the control plane has.
      TF_TOKEN_scalr_example_com: runToken,
      TF_HTTP_RETRY_MAX: '34',
      TF_HTTP_RETRY_WAIT_MIN: '1',
      TF_HTTP_RETRY_WAIT_MAX: '30',
      TF_VAR_region: 'eu',
      OWN: 'x',
      MORE: '1',
    }
    // What shells set by themselves.
    const shellsOwn = new Set(['OLDPWD', 'SHLVL', '_', 'SHELL'])
    for (const call of [init, plan]) {
      const env = Object.entries(call?.env ?? {}).filter(([name]) => !shellsOwn.has(name))
      expect(Object.fromEntries(env)).toEqual(expected)
    }
    // Only hooks behind the phase are told how it ended; changes are no failure.
    expect(job.output).toContain(
      'SCALR_TERRAFORM_EXIT_CODE=0\nSCALR_TERRAFORM_OPERATION=plan\nExit code: 0\n',
    )
  })

  it('the CLI configuration with the paths of this job, notes, and tokens of mirrors', async () => {
    const cliConfig =
      'provider_installation {\n  filesystem_mirror {\n    path = "@job_dir@/caches/a:@job_dir@/caches/b"\n  }\n}'
    await using job = await startWorkload({
      shell,
      spec: { variables: [variable('TF_CLI_CONFIG_FILE', '/own', { category: 'shell' })] },
      prepared: {
        ...noCaches,
        cliConfig,
        secretEnv: { TF_TOKEN_mirror: 'CANARY-mirror' },
        notes: ["Provider cache: it's $HOME", '-n'],
      },
    })
    await job.ended
    const [init] = await job.starts()
    const file = join(job.directory, 'data/cli.tfrc')
    expect(init?.env).toMatchObject({ TF_CLI_CONFIG_FILE: file, TF_TOKEN_mirror: 'CANARY-mirror' })
    expect((await stat(file)).mode & 0o077).toBe(0)
    expect((await stat(`${file}.in`)).mode & 0o077).toBe(0)
    expect(await readFile(file, 'utf8')).toBe(
      `${cliConfig.replaceAll('@job_dir@', job.directory)}\n`,
    )
    expect(job.output).toMatch(/begin init\nProvider cache: it's \$HOME\n-n\ntool init runs\n/u)
  })

  it("the workspace's own CLI configuration is used where the caches give none", async () => {
    await using job = await startWorkload({
      shell,
      spec: { variables: [variable('TF_CLI_CONFIG_FILE', '/own', { category: 'shell' })] },
    })
    await job.ended
    expect((await job.starts())[0]?.env).toMatchObject({ TF_CLI_CONFIG_FILE: '/own' })
  })

  it('the tool in the version that the workspace wants, or none', async () => {
    const start = (version: string, says: string): ReturnType<typeof startJobScript> =>
      startJobScript({
        shell,
        env: { FAKE_TOOL_VERSION: says },
        script: { tool: { name: 'terraform', location: { kind: 'lookup', version } } },
      })
    await using right = await start('1.11.4', 'Terraform v1.11.4')
    expect((await right.ended).exitCode).toBe(0)
    await using wrong = await start('1.5.7', 'Terraform v1.11.4')
    await wrong.ended
    expect(wrong.output).toContain(
      `Error: the workspace wants terraform 1.5.7, but ${wrong.directory}/bin/terraform is version 1.11.4. Install`,
    )
    expect(wrong.stages).toEqual(['prepare 127', 'result 127'])
    await using broken = await start('1.5.7', ' ')
    await broken.ended
    expect(broken.output).toContain('is version unknown.')
  })

  it('the tool from the cache of programs, below the job directory', async () => {
    const location = { kind: 'cache', path: 'caches/bin x/terraform', version: '1.11.4' } as const
    await using missing = await startJobScript({
      shell,
      script: { tool: { name: 'terraform', location } },
    })
    await missing.ended
    expect(missing.output).toContain('terraform was not found: ')
    expect(missing.output).toContain('caches/bin x/terraform is no executable file')

    await using there = await startJobScript({
      shell,
      script: { tool: { name: 'terraform', location } },
      files: { 'caches/bin x/terraform': '#!/bin/sh\necho "cached $1"; exit 3\n' },
      executable: ['caches/bin x/terraform'],
    })
    await there.ended
    expect(there.output).toContain('cached init\n')
    expect(existsSync(join(there.directory, 'caches'))).toBe(true)
  })
})
