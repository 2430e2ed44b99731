import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { JobCaches, PrepareCachesRequest, PreparedCaches } from '../../src/caches/index.ts'
import { CacheError } from '../../src/errors/index.ts'
import { JobScene } from '../support/job-scene.ts'

const nothing: PreparedCaches = {
  tools: {},
  mounts: [],
  cliConfig: undefined,
  secretEnv: {},
  notes: [],
}

/** What a job asks of the caches, and what they answer. */
class RecordingCaches implements JobCaches {
  readonly calls: string[] = []
  readonly requests: PrepareCachesRequest[] = []
  readonly learned: string[] = []
  answer: (signal: AbortSignal | undefined) => Promise<PreparedCaches> = () =>
    Promise.resolve(nothing)

  prepare: JobCaches['prepare'] = (request, { signal }) => {
    this.calls.push('prepare')
    this.requests.push(request)
    return this.answer(signal)
  }

  learn(lockFile: string): void {
    this.learned.push(lockFile)
  }

  release(jobId: string): Promise<void> {
    this.calls.push(`release ${jobId}`)
    return Promise.resolve()
  }

  recover(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

async function sceneWithCaches(
  phase: 'plan' | 'apply' = 'plan',
  files: Readonly<Record<string, string>> = {},
): Promise<{ readonly scene: JobScene; readonly caches: RecordingCaches }> {
  const scene = await JobScene.open(phase, files)
  const caches = new RecordingCaches()
  scene.caches = caches
  return { scene, caches }
}

describe('the caches of a job', () => {
  it('are asked for its tools with its lock file, before it is launched, and released after', async () => {
    const { scene, caches } = await sceneWithCaches('plan', {
      'live/.terraform.lock.hcl': '# of live\n',
      '.terraform.lock.hcl': '# of the root\n',
    })
    await using _scene = scene
    scene.spec = {
      workspace: {
        iacPlatform: 'opentofu',
        iacVersion: '1.12.6',
        workingDirectory: '/live/',
        terragrunt: { version: '0.80.0', useRunAll: false },
      },
    }
    scene.executor.onCall = ({ method }) => {
      if (method === 'launch' || method === 'destroy') caches.calls.push(method)
    }
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
    expect(caches.requests).toEqual([
      {
        jobId: 'job-1',
        tools: [
          { name: 'tofu', version: '1.12.6' },
          { name: 'terragrunt', version: '0.80.0' },
        ],
        lockFile: '# of live\n',
        lookIn: 'nowhere',
        canMount: false,
      },
    ])
    expect(caches.calls).toEqual(['prepare', 'launch', 'destroy', 'release job-1'])
    expect(scene.told('job:prepare')).toMatchObject([
      { tools: ['tofu 1.12.6', 'terragrunt 0.80.0'] },
    ])
    expect(scene.names().indexOf('job:prepared')).toBeLessThan(scene.names().indexOf('job:launch'))
  })

  it('are not asked for a tool whose path the operator gave', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    scene.settings = { tools: { terraform: '/opt/terraform' } }
    let script = ''
    scene.script = (process, mark) => {
      script = process.files.text('data/job.sh') ?? ''
      mark({ event: 'result', exitCode: 0 })
      return Promise.resolve(0)
    }
    await (await scene.runner()).run()
    expect(caches.requests[0]?.tools).toEqual([])
    expect(script).toContain('/opt/terraform')
  })

  it('give the workload mounts, CLI configuration and notes', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    caches.answer = () =>
      Promise.resolve({
        ...nothing,
        mounts: [{ name: 'providers', source: '/cache/providers' }],
        secretEnv: { TF_TOKEN_mirror_example: 'mirror-token' },
        notes: ['20 plugins used from cache'],
      })
    let seen: Record<string, unknown> = {}
    scene.script = (process, mark) => {
      seen = {
        env: process.env,
        caches: process.spec.caches,
        script: process.files.text('data/job.sh'),
      }
      mark({ event: 'result', exitCode: 0 })
      return Promise.resolve(0)
    }
    await (await scene.runner()).run()
    expect(seen).toMatchObject({
      caches: [{ name: 'providers', source: '/cache/providers' }],
      env: { TF_TOKEN_mirror_example: 'mirror-token' },
    })
    expect(seen['script']).toContain('20 plugins used from cache')
  })

  it('learn the providers of a plan that succeeded, and of no other', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    scene.work = (process) => {
      process.files.write('data/lock.hcl', '# new\n')
      return Promise.resolve(0)
    }
    await (await scene.runner()).run()
    expect(caches.learned).toEqual(['# new\n'])

    const { scene: other, caches: unused } = await sceneWithCaches()
    await using _other = other
    other.work = (process) => {
      process.files.write('data/lock.hcl', '# new\n')
      return Promise.resolve(1)
    }
    await (await other.runner()).run()
    expect(unused.learned).toEqual([])
  })

  it('fail the job that asks for a version that is not to be had, in one line', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    const line = 'Cannot get terraform 9.9.9: there is no such version.'
    caches.answer = () =>
      Promise.reject(new CacheError(line, { item: 'terraform 9.9.9', code: 'NOT_FOUND' }))
    await (await scene.runner()).run()
    expect(scene.executions).toBe(0)
    expect(scene.finished).toMatchObject([
      { result: 'failed', failure: { cause: 'tool-not-found', message: line } },
    ])
    expect(scene.logText).toBe(`\n${line}\n`)
    expect(caches.calls).toEqual(['prepare', 'release job-1'])
  })

  it('say that the disk is full where that is the reason', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    const cause = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    caches.answer = () =>
      Promise.reject(
        new CacheError('Cannot write terraform 1.11.4.', {
          item: 'terraform 1.11.4',
          code: 'CACHE_UNUSABLE',
          cause,
        }),
      )
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ failure: { cause: 'disk-full' } }])
  })

  it('I4: let go of a job that is cancelled while they download', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    const runner = await scene.runner()
    caches.answer = (signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
        runner.cancel('soft')
      })
    await runner.run()
    expect(scene.finished).toMatchObject([{ result: 'canceled', failure: { cause: 'canceled' } }])
    expect(scene.executions).toBe(0)
    expect(caches.calls).toEqual(['prepare', 'release job-1'])
  })

  it('let go of a job whose time is over while they download', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    scene.spec = { timeoutMs: 1_000 }
    caches.answer = (signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    await (await scene.runner()).run()
    expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'timeout' } }])
    expect(scene.executions).toBe(0)
  })

  it('are asked again by the agent that takes up a job that was not launched', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    const first = await scene.runner()
    caches.answer = (signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
        first.leave()
      })
    expect(await first.run()).toBe(false)
    expect(caches.calls).toEqual(['prepare'])
    caches.answer = () => Promise.resolve(nothing)
    await (await scene.nextRunner()).run()
    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
    expect(caches.calls).toEqual(['prepare', 'prepare', 'release job-1'])
  })

  it('I1: are not asked by the agent that adopts a running job', async () => {
    const { scene, caches } = await sceneWithCaches()
    await using _scene = scene
    const { release } = scene.busy()
    const first = await scene.runner()
    scene.at('appendLog', () => first.leave())
    expect(await first.run()).toBe(false)
    release()
    caches.answer = () => Promise.reject(new Error('nobody should ask'))
    await (await scene.nextRunner()).run()
    expect(scene.finished).toMatchObject([{ result: 'succeeded' }])
    expect(caches.calls).toEqual(['prepare', 'release job-1'])
  })
})

describe("the agent's hooks of a job", () => {
  it('are laid out beside it', async () => {
    await using scene = await JobScene.open()
    await mkdir(scene.hooksDirectory)
    await writeFile(join(scene.hooksDirectory, 'pre-plan'), '#!/bin/sh\necho hook\n', {
      mode: 0o755,
    })
    let hook: string | undefined
    scene.script = (process, mark) => {
      hook = process.files.text('data/hooks/pre-plan')
      mark({ event: 'result', exitCode: 0 })
      return Promise.resolve(0)
    }
    await (await scene.runner()).run()
    expect(hook).toBe('#!/bin/sh\necho hook\n')
  })

  it('fail the job that cannot have them, before anything is run', async () => {
    await using scene = await JobScene.open()
    await mkdir(join(scene.hooksDirectory, 'pre-plan'), { recursive: true })
    await (await scene.runner()).run()
    expect(scene.executions).toBe(0)
    expect(scene.finished).toMatchObject([{ result: 'failed', failure: { cause: 'preparation' } }])
    expect(scene.logText).toContain('pre-plan: it is a directory')
  })
})
