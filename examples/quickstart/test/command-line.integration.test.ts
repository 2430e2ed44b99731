import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { Demo } from './support/demo.ts'
import { Mirror } from './support/mirror.ts'

describe('the command line of the demo', () => {
  let directory: string
  let nothing: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quickstart-arguments-'))
    nothing = join(directory, 'empty-path')
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it.each([
    ['an unknown option', ['--frsh'], /unknown option '--frsh'.*Did you mean --fresh\?/su],
    ['a stray word', ['now'], /too many arguments|unexpected/iu],
    ['an unknown executor', ['--executor', 'podman'], /Allowed choices are process, docker/u],
    ['an unknown tool', ['--iac', 'pulumi'], /Allowed choices are terraform, opentofu/u],
  ])('%s: says what is wrong, exit code 2', async (_what, args, message) => {
    await using demo = new Demo(['--data-dir', directory, ...args])
    expect(await demo.exited()).toBe(2)
    expect(demo.output).toMatch(message)
    expect(await readdir(directory)).toEqual([])
  })

  it('--iac terraform without terraform: says where to get it, exit code 1', async () => {
    const args = ['--data-dir', directory, '--iac', 'terraform']
    await using demo = new Demo(args, { PATH: nothing })
    expect(await demo.exited()).toBe(1)
    expect(demo.output).toContain('terraform is not in PATH. Install it')
    expect(demo.lastLine).toBe('Demo failed.')
  })

  it('a data directory that is a file: says that it cannot be used, exit code 1', async () => {
    await mkdir(nothing)
    await writeFile(join(nothing, 'tofu'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const file = join(directory, 'file')
    await writeFile(file, 'kept')
    await using demo = new Demo(['--data-dir', file], { PATH: nothing })
    expect(await demo.exited()).toBe(1)
    expect(demo.output).toContain(`Cannot use the data directory ${file}`)
    expect(demo.output).not.toContain('    at ')
    expect(demo.lastLine).toBe('Demo failed.')
    expect(await readFile(file, 'utf8')).toBe('kept')
  })

  it('no tool, and none to be fetched: the URL and how to go on, exit code 1', async () => {
    const gone = await Mirror.start('1.0.0', 'none', Buffer.alloc(0))
    const { url } = gone
    await gone.close()
    const args = ['--data-dir', directory, '--opentofu-url', url]
    await using demo = new Demo(args, { PATH: nothing })
    expect(await demo.exited()).toBe(1)
    expect(demo.output).toContain(`Cannot fetch tofu 1.12.6 (GET ${url}/v`)
    expect(demo.output).toMatch(
      /Neither terraform nor tofu is in PATH.*Install one.*--opentofu-url/su,
    )
    expect(demo.output).not.toContain('    at ')
    expect(await readdir(join(directory, 'tools'))).toEqual([])
  })
})
