import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import {
  conformanceBehaviours,
  FakeEngine,
  FakeExecutor,
  kitProgram,
  runConformance,
  type RunConformanceOptions,
} from '../../src/testing/index.ts'
import { wrapExecutor } from './broken/wrap-executor.ts'

const leavesNothing = ['adoption.half-way', 'adoption.any-moment']

describe('the conformance kit notices an executor', () => {
  it('I1: that says its workloads outlive the launching process, and they do not', async () => {
    const real = new FakeExecutor({ program: kitProgram })
    const only = conformanceBehaviours
      .filter(({ id, group }) => group === 'adoption' && !leavesNothing.includes(id))
      .map(({ id }) => id)
    const results = await failuresOf({
      create: () => wrapExecutor(real, { capabilities: { ...real.capabilities, adoption: true } }),
      childModule: new URL('broken/in-memory-child.ts', import.meta.url),
      childNodeArguments: ['--conditions=@scalr-agent/source'],
      only,
    })
    expect(results.map(({ id }) => id)).toEqual(only)
    for (const { error } of results) {
      expect(error).toHaveProperty(
        'message',
        'attach does not know the workload of the killed process',
      )
    }
  })

  it('tells what a launching process said when it could not even start', async () => {
    const real = new FakeExecutor({ program: kitProgram })
    const [result] = await failuresOf({
      create: () => wrapExecutor(real, { capabilities: { ...real.capabilities, adoption: true } }),
      childModule: new URL('broken/no-such-module.ts', import.meta.url),
      only: ['adoption.running'],
    })
    expect(String(result?.error)).toMatch(/ended before it said launched: .*no-such-module\.ts/su)
  })

  it('I12: whose engine shows secrets to whoever inspects it', async () => {
    const engine = new FakeEngine()
    const results = await failuresOf({
      create: () => new FakeExecutor({ engine, program: kitProgram }),
      inspect: async (id) => JSON.stringify(engine.runs.get(id)?.spec),
      only: ['secrets.engine'],
    })
    expect(results.map(({ error }) => String(error))).toEqual([
      'ConformanceFailure: the secret stands in what the engine shows',
    ])
  })

  it('I12: whose records hold secrets, also in base64', async () => {
    const recordsDirectory = await mkdtemp(join(tmpdir(), 'scalr-agent-kit-test-'))
    try {
      const real = new FakeExecutor({ program: kitProgram })
      const record = join(recordsDirectory, 'record.json')
      const results = await failuresOf({
        create: () =>
          wrapExecutor(real, {
            launch: async (spec, options) => {
              const text = Buffer.from(JSON.stringify(spec.secretEnv)).toString('base64')
              await writeFile(record, JSON.stringify({ text }))
              return await real.launch(spec, options)
            },
          }),
        recordsDirectory,
        only: ['secrets.records'],
      })
      expect(results.map(({ error }) => String(error))).toEqual([
        `ConformanceFailure: the secret stands in ${record}`,
      ])
    } finally {
      await rm(recordsDirectory, { recursive: true })
    }
  })
})

async function failuresOf(
  options: RunConformanceOptions,
): Promise<readonly { readonly id: string; readonly error: unknown }[]> {
  const failures: { readonly id: string; readonly error: unknown }[] = []
  for await (const result of runConformance(options)) {
    if (result.status === 'failed') failures.push({ id: result.behaviour.id, error: result.error })
  }
  return failures
}
