import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { RegistryHook } from '../../src/protocol/index.ts'
import type { AgentHook } from '../../src/run/index.ts'
import { makeJobSpec } from '../support/job-spec.ts'
import type { RunningScript } from './support/run-job-script.ts'
import { startWorkload } from './support/run-workload.ts'
import { installedShells } from './support/shells.ts'

const agentHook = (content: string, changes: Partial<AgentHook> = {}): AgentHook => ({
  stage: 'pre-plan',
  path: '/etc/scalr-agent/hooks/pre-plan',
  content: Buffer.from(content),
  executable: true,
  ...changes,
})

const registryHook = (changes: Partial<RegistryHook> = {}): RegistryHook => ({
  id: 'hook-v0abc',
  name: 'lint',
  stage: 'pre-plan',
  interpreter: 'sh',
  scriptPath: '/bin/check.sh',
  file: 'hook-v0abc.tar.gz',
  ...changes,
})

const workspaceHooks = (
  hooks: Partial<ReturnType<typeof makeJobSpec>['workspace']['hooks']>,
): ReturnType<typeof makeJobSpec>['workspace']['hooks'] => ({
  ...makeJobSpec().workspace.hooks,
  ...hooks,
})

/** The log without markers. */
const logOf = (job: RunningScript): string => job.output.replaceAll(/\u001E[^\n]*\n/gu, '')

describe.each(installedShells())('hooks in $name', (shell) => {
  it('run in the order agent, registry, workspace, each printed as Scalr does', async () => {
    await using job = await startWorkload({
      shell,
      configuration: { 'env/main.tf': '' },
      // Without a newline at its end.
      agentHooks: [agentHook('#!/bin/sh\necho "agent in $PWD"')],
      archives: {
        'hook-v0abc.tar.gz': {
          'bin/check.sh': 'echo "registry in $PWD: $(cat "$SCALR_HOOK_DIR/rules")"',
          rules: 'its own files',
        },
      },
      spec: {
        registryHooks: [registryHook()],
        workspace: {
          workingDirectory: 'env',
          hooks: workspaceHooks({ prePlan: 'echo "workspace, ${SCALR_HOOK_DIR-no hook dir}"' }),
        },
      },
    })
    expect(await job.ended, job.output).toEqual({ exitCode: 0, signal: null })
    const cwd = join(job.directory, 'workdir/env')
    expect(logOf(job)).toContain(
      [
        'Executing pre-plan hook...',
        '~$ /etc/scalr-agent/hooks/pre-plan',
        `agent in ${cwd}`,
        'Exit code: 0',
        'Executing pre-plan hook...',
        '~$ sh bin/check.sh',
        `registry in ${cwd}: its own files`,
        'Exit code: 0',
        'Executing pre-plan hook...',
        '~$ echo "workspace, ${SCALR_HOOK_DIR-no hook dir}"',
        'workspace, no hook dir',
        'Exit code: 0',
        '',
      ].join('\n'),
    )
    expect(job.stages.filter((stage) => stage.startsWith('pre-plan'))).toEqual(['pre-plan 0'])
  })

  it('of the registry are unpacked once for all their stages, and only those of the phase', async () => {
    await using job = await startWorkload({
      shell,
      archives: { 'hook-v0abc.tar.gz': { 'bin/check.sh': 'echo "$SCALR_HOOK_DIR"' }, other: {} },
      spec: {
        registryHooks: [
          registryHook({ stage: 'pre-init' }),
          registryHook({ stage: 'post-plan' }),
          registryHook({ stage: 'post-apply', id: 'hook-other', file: 'other' }),
        ],
      },
    })
    await job.ended
    expect(job.stages).toContain('pre-init 0')
    expect(job.stages).toContain('post-plan 0')
    expect(logOf(job).split(join(job.directory, 'data/hook-hook-v0abc\n'))).toHaveLength(3)
    expect(existsSync(join(job.directory, 'data/hook-hook-other'))).toBe(false)
  })

  it('the first that fails ends its stage, and the job before its phase', async () => {
    await using job = await startWorkload({
      shell,
      agentHooks: [agentHook('#!/bin/sh\nexit 3\n')],
      spec: {
        workspace: { hooks: workspaceHooks({ prePlan: 'echo never', postPlan: 'echo no' }) },
      },
    })
    expect((await job.ended).exitCode).toBe(3)
    expect(job.output).toContain('Exit code: 3\n')
    expect(job.output).not.toMatch(/^(?:never|no)$/mu)
    expect(job.stages.slice(-2)).toEqual(['pre-plan 3', 'result 3'])
  })

  it('behind a failed phase run too, and tell what it came to', async () => {
    await using job = await startWorkload({
      shell,
      fake: { plan: { exitCode: 1 } },
      agentHooks: [
        agentHook('#!/bin/sh\necho "after $SCALR_TERRAFORM_EXIT_CODE"\n', { stage: 'post-plan' }),
      ],
    })
    await job.ended
    expect(job.output).toContain('after 1\n')
    expect(job.stages.slice(-3)).toEqual(['plan 1', 'post-plan 0', 'result 1'])
  })

  it.each([
    {
      what: 'the interpreter of a first line',
      hook: agentHook('#!/no/such/interpreter\n'),
      says: 'the pre-plan hook needs /no/such/interpreter, which was not found',
    },
    {
      what: 'what env would look up',
      hook: agentHook('#!/usr/bin/env no-such-program\n'),
      says: 'the pre-plan hook needs no-such-program, which was not found',
    },
    {
      what: 'the interpreter of a registry hook',
      hook: registryHook({ interpreter: 'no-such-program -x' }),
      says: 'the pre-plan hook needs no-such-program, which was not found',
    },
    {
      what: 'the script of a registry hook',
      hook: registryHook({ scriptPath: 'no/such.sh' }),
      says: 'the pre-plan hook has no file no/such.sh in its archive',
    },
  ])('says so where $what is missing, in one line', async ({ hook, says }) => {
    await using job = await startWorkload({
      shell,
      archives: { 'hook-v0abc.tar.gz': { 'bin/check.sh': '' } },
      ...('content' in hook ? { agentHooks: [hook] } : { spec: { registryHooks: [hook] } }),
    })
    await job.ended
    expect(logOf(job)).toContain(`\nError: ${says}. `)
    expect(job.stages.slice(-2)).toEqual(['pre-plan 127', 'result 127'])
  })

  it('10 MB of output without a newline pass through', async () => {
    await using job = await startWorkload({
      shell,
      agentHooks: [agentHook('#!/bin/sh\nhead -c 10000000 /dev/zero | tr "\\0" x')],
    })
    await job.ended
    expect(job.output).toContain(`${'x'.repeat(10_000_000)}Exit code: 0\n`)
    expect(job.stages.at(-1)).toBe('result 0')
  })

  it('what one passes on, later hooks and the tool have; the file is empty again after each', async () => {
    await using job = await startWorkload({
      shell,
      agentHooks: [
        agentHook(
          '#!/bin/sh\nprintf "ONE=1\\nTF_VAR_key<<END\\na\\nb\\nEND\\n" >>"$SCALR_AGENT_ENV"',
          {
            stage: 'pre-init',
          },
        ),
      ],
      spec: {
        workspace: {
          hooks: workspaceHooks({
            preInit:
              'echo "then $ONE, $(wc -c <"$SCALR_AGENT_ENV") bytes"; echo ONE=2 >"$SCALR_AGENT_ENV"',
            postPlan: 'echo "last $ONE"',
          }),
        },
      },
    })
    await job.ended
    expect(job.output).toContain('then 1, 0 bytes\n')
    expect(job.output).toContain('last 2\n')
    const plan = (await job.starts()).find(({ command }) => command === 'plan')
    expect(plan?.env).toMatchObject({ ONE: '2', TF_VAR_key: 'a\nb' })
    expect(await readFile(join(job.directory, 'data/agent-env'), 'utf8')).toBe('')
  })

  it('a PATH that a hook sets is for what is run, and cannot keep the script from its own programs', async () => {
    await using job = await startWorkload({
      shell,
      spec: {
        workspace: {
          hooks: workspaceHooks({
            preInit: 'echo PATH=/nowhere >"$SCALR_AGENT_ENV"',
            prePlan: 'echo "hook: $PATH"; echo "PATH=/elsewhere" >"$SCALR_AGENT_ENV"',
          }),
        },
      },
    })
    expect(await job.ended, job.output).toEqual({ exitCode: 0, signal: null })
    expect(logOf(job)).toContain('hook: /nowhere\n')
    const paths = (await job.starts()).map(({ command, env }) => `${command}: ${env['PATH']}`)
    expect(paths).toEqual(['init: /nowhere', 'plan: /elsewhere', 'show: /elsewhere'])
  })

  it('one that passes on what cannot be counts as failed', async () => {
    await using job = await startWorkload({
      shell,
      spec: {
        workspace: {
          hooks: workspaceHooks({ prePlan: 'echo TF_HTTP_ADDRESS=x >>"$SCALR_AGENT_ENV"' }),
        },
      },
    })
    await job.ended
    expect(job.output).toContain(
      'Exit code: 0\nError: the pre-plan hook wrote to SCALR_AGENT_ENV what cannot be used: line 1 sets TF_HTTP_ADDRESS, which may not be changed.\n',
    )
    expect(job.stages.slice(-2)).toEqual(['pre-plan 65', 'result 65'])
  })
})

describe('a hook that cannot be run is refused before anything is', () => {
  it.each([
    {
      what: 'that is not executable',
      hook: agentHook('#!/bin/sh\n', { executable: false }),
      says: "Cannot run the pre-plan hook of the agent '/etc/scalr-agent/hooks/pre-plan': the file is not executable",
    },
    {
      what: 'with CR LF',
      hook: agentHook('#!/bin/sh\r\necho\r\n'),
      says: 'its lines end with CR LF',
    },
    {
      what: 'without a first line that names its program',
      hook: agentHook('echo hi\n'),
      says: 'Begin it with',
    },
    { what: 'that is empty', hook: agentHook(''), says: 'Begin it with' },
    {
      what: 'that leaves its archive',
      hook: registryHook({ scriptPath: 'a/../../x' }),
      says: 'no file of its archive',
    },
    {
      what: 'without a script',
      hook: registryHook({ scriptPath: '/' }),
      says: 'no file of its archive',
    },
    {
      what: 'without an interpreter',
      hook: registryHook({ interpreter: ' ' }),
      says: 'no interpreter',
    },
    {
      what: 'with an id that is a path',
      hook: registryHook({ id: '../x' }),
      says: 'no name of a directory',
    },
  ])('one $what', async ({ hook, says }) => {
    await expect(
      startWorkload({
        archives: { 'hook-v0abc.tar.gz': {} },
        ...('content' in hook ? { agentHooks: [hook] } : { spec: { registryHooks: [hook] } }),
      }),
    ).rejects.toThrow(says)
  })

  it('one whose archive holds more than files of its own', async () => {
    await expect(
      startWorkload({
        archives: { 'hook-v0abc.tar.gz': { '../../escaped': '' } },
        spec: { registryHooks: [registryHook()] },
      }),
    ).rejects.toThrow(/Cannot unpack the archive.*'\.\.'/u)
  })

  it('one whose archive was not sent', async () => {
    await expect(startWorkload({ spec: { registryHooks: [registryHook()] } })).rejects.toThrow(
      'the control plane sent no hook-v0abc.tar.gz',
    )
  })
})
