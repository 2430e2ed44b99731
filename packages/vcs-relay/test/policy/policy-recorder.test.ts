import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { PolicyRecorder, readPolicyFile, RelayPolicy } from '../../src/policy/index.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'relay-policy-'))
})
afterEach(() => rm(directory, { recursive: true }))

const asked: readonly (readonly [string, string])[] = [
  ['GET', '/api/v3/user'],
  ['GET', '/api/v3/repos/acme/infra/branches?page=1'],
  ['GET', '/api/v3/repos/Acme/Infra/branches?page=2'],
  ['GET', '/acme/modules.git/info/refs?service=git-upload-pack'],
  ['POST', '/acme/modules.git/git-upload-pack'],
  ['POST', '/api/v3/repos/acme/infra/statuses/0123abc'],
]

describe('learn mode', () => {
  it('writes the smallest policy, which allows what was asked for and nothing else', async () => {
    const wide = new RelayPolicy({
      kind: 'github-enterprise',
      policy: { write: ['statuses', 'hooks'] },
    })
    const recorder = new PolicyRecorder()
    for (const [method, target] of [...asked, ['GET', '/api/v3/refused'] as const]) {
      const decision = wide.decide(method, target)
      if (decision.allowed) recorder.record(decision)
    }
    const path = join(directory, 'policy.json')
    await recorder.save(path)
    expect(await readdir(directory)).toEqual(['policy.json'])

    const learned = await readPolicyFile(path)
    expect(learned).toEqual({
      version: 1,
      allowedProjects: ['acme/infra', 'acme/modules'],
      write: ['statuses'],
      listProjects: false,
      git: true,
      rules: [
        'github.branches',
        'github.git.refs',
        'github.git.upload-pack',
        'github.status.create',
        'github.user',
      ],
    })
    const small = new RelayPolicy({ kind: 'github-enterprise', policy: learned })
    for (const [method, target] of asked) {
      expect(small.decide(method, target), target).toMatchObject({ allowed: true })
    }
    for (const target of [
      '/api/v3/repos/acme/infra/tags',
      '/api/v3/repos/acme/other/branches',
      '/api/v3/rate_limit',
    ]) {
      expect(small.decide('GET', target), target).toMatchObject({ allowed: false })
    }
  })

  it('tells what was new, so that the file is written when it changes alone', () => {
    const policy = new RelayPolicy({ kind: 'github-enterprise' })
    const recorder = new PolicyRecorder()
    const record = (target: string): boolean => {
      const decision = policy.decide('GET', target)
      return decision.allowed && recorder.record(decision)
    }
    expect(record('/api/v3/repos/a/b')).toBe(true)
    expect(record('/api/v3/repos/A/B')).toBe(false)
    expect(record('/api/v3/repos/a/c')).toBe(true)
    expect(record('/api/v3/user')).toBe(true)
  })
})

describe('a policy file', () => {
  it('that is missing, no JSON or mistaken is refused with its path', async () => {
    const path = join(directory, 'policy.json')
    await expect(readPolicyFile(path)).rejects.toThrow(
      `Cannot read the relay policy ${path}: ENOENT`,
    )
    await writeFile(path, '{')
    await expect(readPolicyFile(path)).rejects.toThrow(ConfigurationError)
    await writeFile(path, '{"version": 2, "writes": []}')
    await expect(readPolicyFile(path)).rejects.toThrow(/version: .*\n.*Unrecognized key: "writes"/u)
  })
})
