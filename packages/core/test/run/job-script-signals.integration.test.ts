import { describe, expect, it } from 'vitest'

import { jobScriptRuntime } from '../../src/run/job-script-runtime.ts'
import { hook, startJobScript, type RunningScript } from './support/run-job-script.ts'
import { installedShells } from './support/shells.ts'

/** Says that it is up, then waits; a shell takes a trap only between commands. */
const waitingHook = (onTerm: string): string =>
  `trap '${onTerm}' TERM; echo hook is up; while :; do sleep 0.05; done`

const bystander = `
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => console.log("BYSTANDER", 6 * 7));
setTimeout(() => {}, 700);
console.log("bystander", "is up");`

/**
 * A child that forgets what comes before it is told to be what it was started for: so is the copy of the shell
 * that was just forked. It is told when the script has looked whether it is that copy, for the third time.
 */
const justForked = `[ "$1" != version ] && [ "$1" != --version ] || exec echo v1.11.4
here=$(dirname "$0")
trap 'echo forgotten; exit 9' TERM
echo was forked
until [ -e "$here/settled" ]; do sleep 0.02; done
trap - TERM
: >"$here/ready"
exec sleep 60
`
const settling = `${jobScriptRuntime}
job_caught_by() {
  [ "$1" != $$ ] || { echo ours; return; }
  echo asked >>"$job_dir/bin/asked"
  [ "$(wc -l <"$job_dir/bin/asked")" -ge 3 ] || { echo ours; return; }
  : >"$job_dir/bin/settled"
  until [ -e "$job_dir/bin/ready" ]; do sleep 0.02; done
  echo its
}
`

function expectNothingLeft(job: RunningScript): void {
  expect(() => process.kill(-job.pid, 0)).toThrow('ESRCH')
}

describe.concurrent.each(installedShells())('interrupts of the job script in $name', (shell) => {
  it('I8: soft is one INT to the tool; a second TERM sends nothing; hard is the second INT', async () => {
    await using job = await startJobScript({
      shell,
      fake: { plan: { signals: 2, exitCode: 1 } },
      script: { hooks: hook('post-plan', 'echo never') },
    })
    await job.waitFor('tool plan runs')
    await job.signal('SIGTERM')
    await job.waitFor('tool plan got signal 1')
    await job.signal('SIGTERM')
    await job.signal('SIGTERM')
    await job.idle()
    expect(await job.signals()).toEqual(['plan SIGINT'])
    await job.signal('SIGQUIT')
    expect(await job.ended).toEqual({ exitCode: 1, signal: null })
    expect(await job.signals()).toEqual(['plan SIGINT', 'plan SIGINT'])
    expect(job.stages).toEqual(['prepare 0', 'init 0', 'plan 1', 'result 1'])
    expectNothingLeft(job)
  })

  it('I8: the signal goes to the tool alone, never to its group', async () => {
    await using job = await startJobScript({
      shell,
      fake: { apply: { signals: 1, exitCode: 1 } },
      script: {
        phase: 'apply',
        // Left behind in the script's group, as a provider would be.
        hooks: hook('pre-apply', `'${process.execPath}' -e '${bystander}' &`),
      },
    })
    await job.waitFor('bystander is up')
    await job.waitFor('tool apply runs')
    await job.signal('SIGTERM')
    await job.ended
    expect(await job.signals()).toEqual(['apply SIGINT'])
    expect(job.output).not.toContain('BYSTANDER 42')
  })

  it('hard without soft is two INTs, the second after the first was taken', async () => {
    await using job = await startJobScript({
      shell,
      fake: { apply: { signals: 2, exitCode: 1 } },
      script: { phase: 'apply', hooks: hook('post-apply', 'echo never') },
    })
    await job.waitFor('tool apply runs')
    await job.signal('SIGQUIT')
    expect(await job.ended).toEqual({ exitCode: 1, signal: null })
    expect(await job.signals()).toEqual(['apply SIGINT', 'apply SIGINT'])
    expect(job.stages).toEqual(['prepare 0', 'init 0', 'apply 1', 'result 1'])
  })

  it('starts no further stage after soft, and does not call it a success', async () => {
    await using job = await startJobScript({ shell, fake: { init: { signals: 1 } } })
    await job.waitFor('tool init runs')
    await job.signal('SIGTERM')
    expect(await job.ended).toEqual({ exitCode: 75, signal: null })
    expect(job.stages).toEqual(['prepare 0', 'init 0', 'result 75'])
    expect((await job.starts()).map((call) => call.command)).toEqual(['init'])
  })

  it('an apply that ends with 0 after soft has done its work', async () => {
    await using job = await startJobScript({
      shell,
      fake: { apply: { signals: 1 } },
      script: { phase: 'apply' },
    })
    await job.waitFor('tool apply runs')
    await job.signal('SIGTERM')
    expect(await job.ended).toEqual({ exitCode: 0, signal: null })
    expect(job.stages).toEqual(['prepare 0', 'init 0', 'apply 0', 'result 0'])
  })

  it('the post-apply hook still runs after soft, undisturbed', async () => {
    await using job = await startJobScript({
      shell,
      fake: { apply: { signals: 1, exitCode: 1 } },
      script: { phase: 'apply', hooks: hook('post-apply', 'sleep 0.2; echo released') },
    })
    await job.waitFor('tool apply runs')
    await job.signal('SIGTERM')
    expect(await job.ended).toEqual({ exitCode: 1, signal: null })
    expect(job.output).toContain('released\nExit code: 0\n')
    expect(job.stages.slice(-3)).toEqual(['apply 1', 'post-apply 0', 'result 1'])
  })

  it('a hard interrupt ends that post-apply hook too', async () => {
    await using job = await startJobScript({
      shell,
      fake: { apply: { signals: 1, exitCode: 1 } },
      script: { phase: 'apply', hooks: hook('post-apply', waitingHook('echo hook ends; exit 4')) },
    })
    await job.waitFor('tool apply runs')
    await job.signal('SIGTERM')
    await job.waitFor('hook is up\n')
    await job.signal('SIGTERM')
    await job.signal('SIGQUIT')
    await job.ended
    expect(job.stages.slice(-3)).toEqual(['apply 1', 'post-apply 4', 'result 1'])
  })

  it('a hook gets one TERM', async () => {
    await using job = await startJobScript({
      shell,
      script: { hooks: hook('pre-init', waitingHook('echo hook got TERM; exit 5')) },
    })
    await job.waitFor('hook is up\n')
    await job.signal('SIGTERM')
    expect(await job.ended).toEqual({ exitCode: 5, signal: null })
    expect(job.output.split('hook got TERM\n')).toHaveLength(2)
    expect(job.stages).toEqual(['prepare 0', 'pre-init 5', 'result 5'])
    expect(await job.calls()).toEqual([])
  })

  it('waits for a hook that ignores every signal: ending it is the work of KILL', async () => {
    await using job = await startJobScript({
      shell,
      script: { hooks: hook('pre-init', waitingHook('echo not me')) },
    })
    await job.waitFor('hook is up\n')
    await job.signal('SIGTERM')
    await job.waitFor('\nnot me\n')
    await job.signal('SIGQUIT')
    await job.signal('SIGTERM')
    process.kill(-job.pid, 'SIGKILL')
    expect(await job.ended).toEqual({ exitCode: null, signal: 'SIGKILL' })
    expect(job.output.split('not me\n')).toHaveLength(2)
    expect(job.stages).toEqual(['prepare 0'])
  })

  it.each([1, 130, 143, 131])('keeps exit code %i of an interrupted tool', async (exitCode) => {
    await using job = await startJobScript({ shell, fake: { plan: { signals: 1, exitCode } } })
    await job.waitFor('tool plan runs')
    await job.signal('SIGTERM')
    expect((await job.ended).exitCode).toBe(exitCode)
    expect(job.stages.slice(-2)).toEqual([`plan ${exitCode}`, `result ${exitCode}`])
  })

  it('a tool that ignores INT, as every child of sh does at first, gets TERM in its stead', async () => {
    await using job = await startJobScript({
      shell,
      // `sh init …` runs the file `init` of the working directory.
      script: { tool: { name: 'terraform', location: { kind: 'path', path: '/bin/sh' } } },
      files: { 'workdir/init': 'echo tool is up; exec sleep 60\n' },
    })
    await job.waitFor('tool is up')
    await job.signal('SIGTERM')
    await job.ended
    expect(job.stages).toEqual(['prepare 0', 'init 143', 'result 143'])
  })

  it('Terraform 1.0, whose wrapper swallows INT, gets TERM', async () => {
    await using job = await startJobScript({
      shell,
      fake: { plan: { signals: 2, exitCode: 1 } },
      env: { FAKE_TOOL_VERSION: 'Terraform v1.0.11' },
    })
    await job.waitFor('tool plan runs')
    await job.signal('SIGTERM')
    await job.waitFor('tool plan got signal 1')
    await job.signal('SIGQUIT')
    await job.ended
    expect(await job.signals()).toEqual(['plan SIGTERM', 'plan SIGTERM'])
  })

  it('I8: whenever soft comes, the tool gets at most one signal and the job ends unsuccessful', async () => {
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await using job = await startJobScript({ shell, fake: { plan: { signals: 1, exitCode: 1 } } })
      await job.waitFor(attempt % 2 === 0 ? 'end prepare' : 'begin plan')
      await new Promise((resolve) => setTimeout(resolve, attempt * 6))
      await job.signal('SIGTERM')
      await job.signal('SIGTERM')
      const { exitCode } = await job.ended
      expect(exitCode).not.toBe(0)
      expect((await job.signals()).length).toBeLessThanOrEqual(1)
      expect(job.stages.at(-1), job.output + JSON.stringify(await job.calls())).toBe(
        `result ${exitCode}`,
      )
      expectNothingLeft(job)
    }
  })

  it.each([
    ['a tool', {}],
    ['Terragrunt over many units', { runAll: true }],
  ])('I8: an interrupt waits until %s is more than a copy of the shell', async (_, terragrunt) => {
    const location = { kind: 'cache', path: 'bin/just-forked', version: '1.11.4' } as const
    await using job = await startJobScript({
      shell,
      alter: (script) => script.replace(jobScriptRuntime, () => settling),
      script:
        'runAll' in terragrunt
          ? { terragrunt: { location, ...terragrunt } }
          : { tool: { name: 'terraform', location } },
      files: { 'bin/just-forked': `#!/bin/sh\n${justForked}` },
      executable: ['bin/just-forked'],
    })
    await job.waitFor('was forked')
    await job.signal('SIGTERM')
    expect((await job.ended).exitCode, job.output).toBe(143)
    expect(job.output).not.toContain('forgotten')
  })
})
