import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { conformanceBehaviours } from '@scalr-agent/core/testing'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

describe('pnpm kit', () => {
  it('prints one line a behaviour and last the sum', async () => {
    const { exitCode, output } = await kit(
      '--executor',
      'fake',
      '--only',
      'identity',
      '--only',
      'adoption.list',
    )
    expect(output.trimEnd().split('\n')).toEqual([
      'ok   identity.name – has a name of lower-case letters, digits and -',
      'ok   identity.capabilities – tells every capability, and the same each time',
      'ok   identity.dispose – can be disposed unused and twice',
      'skip adoption.list – list shows an orphan as running, with its labels, and it can be destroyed – capabilities.adoption is false',
      '3 passed, 0 failed, 1 skipped',
    ])
    expect(exitCode).toBe(0)
  })

  it('proves the process executor by name', async () => {
    const { exitCode, output } = await kit(
      '--executor',
      'process',
      '--only',
      'launch.starts',
      '--only',
      'adoption.running',
    )
    expect(output).toMatch(
      /^ok {3}launch\.starts .*\nok {3}adoption\.running .*\n2 passed, 0 failed, 0 skipped\n$/u,
    )
    expect(exitCode).toBe(0)
  })

  it('runs all of it in several processes, and sums them up', async () => {
    const { exitCode, output } = await kit('--executor', 'fake', '--parallel', '3')
    const lines = output.trimEnd().split('\n')
    const ids = lines.slice(0, -1).map((line) => line.split(' – ')[0]?.slice(5))
    expect(ids).toHaveLength(conformanceBehaviours.length)
    expect(new Set(ids)).toEqual(new Set(conformanceBehaviours.map(({ id }) => id)))
    expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, \d+ skipped$/u)
    expect(exitCode).toBe(0)
  })

  it.each([
    [[], 'Name an executor: pnpm kit --executor fake|docker|kubernetes|process'],
    [
      ['--executor', 'podman'],
      "There is no executor 'podman'. Known are: fake, docker, kubernetes, process.",
    ],
    [['--executor', 'toString'], "There is no executor 'toString'."],
    [
      ['--executor', 'fake', '--only', 'lunch'],
      "There is no behaviour or group 'lunch'. Groups: identity, check,",
    ],
    [['--exekutor', 'fake'], "Unknown option '--exekutor'"],
    [['--executor', 'fake', '--parallel', '0'], '--parallel is 0; it has to be a number of'],
    [['--executor', 'fake', '--parallel', '2', '--only', 'wait'], 'without --only and --shard'],
  ])('refuses %j with one clear line', async (parameters, message) => {
    const { exitCode, output } = await kit(...parameters)
    expect(output).toContain(message)
    expect(output).not.toContain('passed')
    expect(exitCode).toBe(1)
  })
})

async function kit(
  ...parameters: readonly string[]
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = spawn(
    process.execPath,
    ['--conditions=@scalr-agent/source', 'scripts/kit.ts', ...parameters],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { exitCode, output }
}
