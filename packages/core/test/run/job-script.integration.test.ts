import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { hook, startJobScript, testNonce } from './support/run-job-script.ts'
import { installedShells } from './support/shells.ts'

describe.each(installedShells())('the job script in $name', (shell) => {
  it('runs the stages of a plan in order and ends with the result', async () => {
    await using job = await startJobScript({
      shell,
      fake: { plan: { exitCode: 2 } },
      script: {
        hooks: {
          ...hook('pre-init', 'echo one'),
          ...hook('pre-plan', 'echo two'),
          ...hook('post-plan', 'echo three'),
        },
      },
    })
    expect(await job.ended).toEqual({ exitCode: 0, signal: null })
    expect(job.stages).toEqual([
      'prepare 0',
      'pre-init 0',
      'init 0',
      'pre-plan 0',
      'plan 2',
      'show 0',
      'post-plan 0',
      'result 0',
    ])
    expect(job.output.endsWith(`\u001E${testNonce} result 0\n`)).toBe(true)
    expect(await readFile(join(job.directory, 'data/plan.json'), 'utf8')).toBe(
      '{"format_version":"1.2"}\n',
    )
  })

  it('runs the stages of an apply in order, with the plan of before', async () => {
    await using job = await startJobScript({ shell, script: { phase: 'apply' } })
    expect(await job.ended).toEqual({ exitCode: 0, signal: null })
    expect(job.stages).toEqual(['prepare 0', 'init 0', 'apply 0', 'result 0'])
    const apply = (await job.starts()).find((call) => call.command === 'apply')
    expect(apply?.args).toEqual([
      '-input=false',
      '-no-color',
      join(job.directory, 'data/terraform.tfplan.bin'),
    ])
  })

  it('prints hooks as Scalr does, and takes any command string as it is', async () => {
    const command = `echo "it's" \`echo a\` $(echo b) {c} '$HOME' && trap 'echo bye' EXIT`
    await using job = await startJobScript({ shell, script: { hooks: hook('pre-init', command) } })
    await job.ended
    expect(job.output).toContain(
      `Executing pre-init hook...\n~$ ${command}\nit's a b {c} $HOME\nbye\nExit code: 0\n`,
    )
  })

  it('tells hooks the operation and, after the phase, its exit code', async () => {
    const show = 'echo "$SCALR_TERRAFORM_OPERATION/${SCALR_TERRAFORM_EXIT_CODE-unset}/$PWD"'
    await using job = await startJobScript({
      shell,
      fake: { plan: { exitCode: 1 } },
      files: { 'workdir/sub/main.tf': '' },
      script: {
        workingDirectory: 'sub',
        hooks: {
          ...hook('pre-init', show),
          ...hook('pre-plan', show),
          ...hook('post-plan', show),
        },
      },
    })
    await job.ended
    const directory = join(job.directory, 'workdir/sub')
    expect(job.output).toContain(`init/unset/${directory}\n`)
    expect(job.output).toContain(`plan/unset/${directory}\n`)
    expect(job.output).toContain(`plan/1/${directory}\n`)
    const init = (await job.starts())[0]
    expect(init).toMatchObject({
      cwd: directory,
      operation: 'plan',
      home: join(job.directory, 'tmp'),
      contentRoot: join(job.directory, 'workdir'),
    })
  })

  it('fails the job with the exit code of a failing pre hook, and starts nothing more', async () => {
    await using job = await startJobScript({
      shell,
      script: { hooks: { ...hook('pre-plan', 'exit 7'), ...hook('post-plan', 'echo no') } },
    })
    expect(await job.ended).toEqual({ exitCode: 7, signal: null })
    expect(job.stages).toEqual(['prepare 0', 'init 0', 'pre-plan 7', 'result 7'])
    expect(job.output).toContain('Exit code: 7\n')
  })

  it.each([
    { phase: 'plan', post: 'post-plan' },
    { phase: 'apply', post: 'post-apply' },
  ] as const)('runs the $post hook though the $phase failed, and keeps its code', async (row) => {
    await using job = await startJobScript({
      shell,
      fake: { [row.phase]: { exitCode: 3 } },
      script: {
        phase: row.phase,
        hooks: hook(row.post, 'echo "after $SCALR_TERRAFORM_EXIT_CODE"'),
      },
    })
    expect(await job.ended).toEqual({ exitCode: 3, signal: null })
    expect(job.stages).toEqual([
      'prepare 0',
      'init 0',
      `${row.phase} 3`,
      `${row.post} 0`,
      'result 3',
    ])
    expect(job.output).toContain('after 1\n')
  })

  it('fails the job when a post hook fails', async () => {
    await using job = await startJobScript({
      shell,
      script: { phase: 'apply', hooks: hook('post-apply', 'exit 9') },
    })
    expect(await job.ended).toEqual({ exitCode: 9, signal: null })
    expect(job.stages.slice(-3)).toEqual(['apply 0', 'post-apply 9', 'result 9'])
  })

  it('I2: the nonce is in no environment, no argument and no file that a child could read', async () => {
    await using job = await startJobScript({
      shell,
      // Exported names stay exported when a shell assigns them.
      env: { job_nonce: 'planted', nonce: 'planted', job_result: '5' },
      script: {
        hooks: hook(
          'pre-init',
          `env; cat /proc/$PPID/cmdline /proc/$PPID/environ | tr '\\0' '\\n'; ls data ../data; grep -r ${testNonce.slice(0, 16)} ..; echo seen`,
        ),
      },
    })
    await job.ended
    const withoutMarkers = job.output.replaceAll(/\u001E[^\n]*\n/gu, '')
    expect(withoutMarkers).toContain('seen\n')
    expect(withoutMarkers.replaceAll(testNonce.slice(0, 16) + ' ..', '')).not.toContain(
      testNonce.slice(0, 16),
    )
    expect(existsSync(join(job.directory, 'data/nonce'))).toBe(false)
    expect(job.stages.at(-1)).toBe('result 0')
  })

  it('I2: without a nonce it runs nothing', async () => {
    await using job = await startJobScript({ shell, nonce: '' })
    expect(await job.ended).toEqual({ exitCode: 70, signal: null })
    expect(await job.calls()).toEqual([])
    expect(job.output).toContain('cannot read and remove data/nonce')
  })

  it.each([
    { missing: 'in PATH', script: {}, says: 'terraform was not found in PATH' },
    {
      missing: 'at its path',
      script: { tool: { name: 'tofu', location: { kind: 'path', path: '/no/such/tofu' } } },
      says: 'tofu was not found: /no/such/tofu',
    },
  ] as const)('says so when the tool is not $missing, with 127', async ({ script, says }) => {
    await using job = await startJobScript({ shell, script, env: { PATH: '/no-such-dir:/bin' } })
    await job.ended
    expect(job.output).toContain(says)
    expect(job.stages).toEqual(['prepare 127', 'result 127'])
  })

  it('says so when the working directory does not exist', async () => {
    await using job = await startJobScript({ shell, script: { workingDirectory: "no/s'uch" } })
    await job.ended
    expect(job.output).toContain("the working directory 'no/s'uch' does not exist")
    expect(job.stages).toEqual(['prepare 78', 'result 78'])
  })

  it('refuses a working directory that leads out through a link', async () => {
    const outside = await realpath(await mkdtemp(join(tmpdir(), 'outside-')))
    await using job = await startJobScript({
      shell,
      script: { workingDirectory: 'link', hooks: hook('pre-init', 'echo never') },
      tool: '/bin/true',
      directory: await jobDirectoryWithLink(outside),
    })
    await job.ended
    expect(job.output).toContain('leads out of the configuration')
    expect(job.stages).toEqual(['prepare 78', 'result 78'])
    await rm(outside, { recursive: true })
  })

  it('keeps the lock file of the plan, and puts it back for the apply', async () => {
    await using plan = await startJobScript({ shell, fake: { init: { lockFile: 'of the plan' } } })
    await plan.ended
    const kept = await readFile(join(plan.directory, 'data/lock.hcl'), 'utf8')
    expect(kept).toBe('of the plan')

    await using apply = await startJobScript({
      shell,
      script: { phase: 'apply' },
      files: { 'data/lock.hcl': kept, 'workdir/.terraform.lock.hcl': 'of the configuration' },
    })
    await apply.ended
    const init = (await apply.starts())[0]
    expect(init?.args).toContain('-lockfile=readonly')
    const restored = join(apply.directory, 'workdir/.terraform.lock.hcl')
    expect(await readFile(restored, 'utf8')).toBe('of the plan')
  })

  it('stops when the configuration selects another backend after all', async () => {
    await using job = await startJobScript({ shell, fake: { init: { backend: 'local' } } })
    await job.ended
    expect(job.output).toContain('selects another backend')
    expect(job.stages).toEqual(['prepare 0', 'init 78', 'result 78'])
  })

  it("adds the workload's CA to the system's certificates", async () => {
    await using job = await startJobScript({
      shell,
      files: { 'data/ca.pem': 'OUR CA\n', 'system.pem': 'SYSTEM CA' },
      env: { SSL_CERT_FILE: 'system.pem' },
      script: { hooks: hook('pre-init', 'echo "bundle:"; cat "$SSL_CERT_FILE"') },
    })
    await job.ended
    expect(job.output).toContain('bundle:\nSYSTEM CA\nOUR CA\n')
  })
})

async function jobDirectoryWithLink(target: string): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'job-script-')))
  await mkdir(join(directory, 'workdir'))
  await symlink(target, join(directory, 'workdir/link'))
  return directory
}
