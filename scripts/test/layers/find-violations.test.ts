import { describe, expect, it } from 'vitest'

import { findViolations } from '../../layers/find-violations.ts'

const messages = (file: string, source: string): readonly string[] =>
  findViolations(file, source).map(({ line, message }) => `${line}: ${message}`)

describe('findViolations', () => {
  it('finds a room of core that imports a room which it must not know', () => {
    expect(
      messages('packages/core/src/logs/masker.ts', `import { x } from '../job/job-runner.ts'\n`),
    ).toEqual([`1: 'logs/' must not know 'job/' (it may know: errors, runtime)`])
  })

  it('counts types, re-exports and dynamic imports as imports, and tells the line', () => {
    const source = [
      `import type { Agent } from '../agent/agent.ts'`,
      `export { Agent } from '../agent/agent.ts'`,
      `const later = () => import('../agent/agent.ts')`,
    ].join('\n')
    expect(messages('packages/core/src/errors/api-error.ts', source)).toEqual([
      expect.stringMatching(/^1: 'errors\/' must not know 'agent\/'/),
      expect.stringMatching(/^2: 'errors\/' must not know 'agent\/'/),
      expect.stringMatching(/^3: 'errors\/' must not know 'agent\/'/),
    ])
  })

  it('lets a room import what the rooms that it knows may know', () => {
    expect(
      messages('packages/core/src/job/job-runner.ts', `import { x } from '../errors/index.ts'`),
    ).toEqual([])
  })

  it('finds a folder of core that is no room', () => {
    expect(
      messages('packages/core/src/utils/x.ts', `import { y } from '../errors/index.ts'`),
    ).toEqual([expect.stringContaining(`'utils/' is not a room`)])
  })

  it('finds a room that imports the index of its own package', () => {
    expect(messages('packages/core/src/job/x.ts', `import { y } from '../index.ts'`)).toEqual([
      expect.stringContaining(`core's own index`),
    ])
  })

  it.each([
    ['packages/core/src/agent/agent.ts', '@scalr-agent/executor-process'],
    ['packages/core/test/agent/agent.test.ts', '@scalr-agent/control-plane'],
    ['packages/executor-process/src/process-executor.ts', '@scalr-agent/core/testing'],
    ['packages/executor-process/src/process-executor.ts', '@scalr-agent/control-plane'],
    ['packages/executor-process/src/process-executor.ts', '@scalr-agent/executor-process'],
    ['packages/control-plane/src/engine/engine.ts', '@scalr-agent/core'],
    ['packages/control-plane/src/engine/engine.ts', '@scalr-agent/executor-process'],
  ])('%s must not import %s', (file, specifier) => {
    expect(messages(file, `import { x } from '${specifier}'`)).toEqual([
      expect.stringContaining(`must not import '${specifier}'`),
    ])
  })

  it.each([
    ['packages/executor-process/src/process-executor.ts', '@scalr-agent/core'],
    ['packages/executor-process/test/conformance.integration.test.ts', '@scalr-agent/core/testing'],
    ['packages/executor-process/test/x.test.ts', '@scalr-agent/executor-process'],
    ['packages/control-plane/src/engine/engine.ts', '@scalr-agent/core/protocol'],
    ['packages/control-plane/src/runtime/index.ts', '@scalr-agent/core/runtime'],
    ['examples/quickstart/src/main.ts', '@scalr-agent/control-plane'],
    ['packages/core/src/http/http-client.ts', 'undici'],
  ])('%s may import %s', (file, specifier) => {
    expect(messages(file, `import { x } from '${specifier}'`)).toEqual([])
  })

  it.each([
    ['packages/control-plane/src/server/x.ts', '../../../core/src/errors/index.ts'],
    ['bench/src/main.ts', '../../packages/core/src/index.ts'],
    ['system-tests/test/x.integration.test.ts', '../../packages/core/src/index.ts'],
    ['scripts/kit.ts', '../packages/core/src/testing/index.ts'],
  ])('%s must not reach into another package by path', (file, specifier) => {
    expect(messages(file, `import { x } from '${specifier}'`)).toEqual([
      expect.stringContaining('import the package by its name instead'),
    ])
  })

  it.each([
    `const token = process.env.TOKEN`,
    `const token = process.env['TOKEN']`,
    `const { env } = process; const all = process['env']`,
    `import { env } from 'node:process'`,
  ])('finds the environment read in a published source: %s', (source) => {
    expect(messages('packages/executor-process/src/x.ts', source)).toEqual([
      expect.stringContaining('reads the environment'),
    ])
  })

  it('lets from-env.ts, tests and scripts read the environment', () => {
    const source = `const token = process.env['TOKEN']`
    expect(messages('packages/core/src/options/from-env.ts', source)).toEqual([])
    expect(messages('packages/core/test/options/from-env.test.ts', source)).toEqual([])
    expect(messages('scripts/check.ts', source)).toEqual([])
  })
})
