import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import { workspacePackages } from '../../packages/workspace-packages.ts'

const packages = workspacePackages(fileURLToPath(new URL('../../..', import.meta.url)))

it('finds the published packages, each after those it depends on', () => {
  const names = packages.map(({ name }) => name)
  expect(names[0]).toBe('@scalr-agent/core')
  expect(names).toEqual(
    expect.arrayContaining(['@scalr-agent/executor-process', '@scalr-agent/control-plane']),
  )
})

it('names every entry by which a package can be imported', () => {
  expect(packages[0]?.entries).toEqual([
    '@scalr-agent/core',
    '@scalr-agent/core/container',
    '@scalr-agent/core/protocol',
    '@scalr-agent/core/runtime',
    '@scalr-agent/core/serverless',
    '@scalr-agent/core/testing',
  ])
})

it.each(packages.map(({ name, directory }) => [name, directory] as const))(
  '%s has what a published package needs',
  (_name, directory) => {
    for (const file of ['README.md', 'src/index.ts', 'tsconfig.build.json', 'tsup.config.ts']) {
      expect(existsSync(`${directory}/${file}`), file).toBe(true)
    }
  },
)
