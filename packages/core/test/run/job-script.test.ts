import { spawnSync } from 'node:child_process'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createJobScript, type JobScriptOptions } from '../../src/run/index.ts'
import { shellQuote } from '../../src/run/shell-quote.ts'

const options: JobScriptOptions = {
  phase: 'plan',
  tool: { name: 'terraform', location: { kind: 'lookup', version: '1.11.4' } },
  workingDirectory: 'envs/prod',
  varFiles: ['../common.tfvars'],
  run: {
    isDestroy: true,
    refresh: false,
    refreshOnly: false,
    targets: ['module.a["it\'s"].x'],
    replacements: ['terraform_data.y'],
  },
  hooks: {
    'pre-init': [
      {
        level: 'agent',
        shown: '/etc/hooks/pre-init',
        file: 'data/hooks/pre-init',
        interpreters: ['/usr/bin/env', 'bash'],
      },
      {
        level: 'registry',
        shown: 'python3 check.py',
        directory: 'data/hook-v0abc',
        script: 'check.py',
        interpreter: ['python3'],
      },
      { level: 'workspace', shown: 'echo "w"' },
    ],
    'post-plan': [{ level: 'workspace', shown: 'true' }],
  },
  hasCliConfig: true,
  notes: ["Provider cache: it's warm"],
  parallelism: 3,
}

describe('the text of the job script', () => {
  it('of a plan', async () => {
    await expect(createJobScript(options)).toMatchFileSnapshot('./snapshots/plan.sh')
  })

  it('of an apply', async () => {
    const script = createJobScript({
      ...options,
      phase: 'apply',
      tool: {
        name: 'tofu',
        location: { kind: 'cache', path: 'caches/binaries/tofu', version: '1.12.6' },
      },
      hooks: { 'post-apply': options.hooks['post-plan'] ?? [] },
    })
    await expect(script).toMatchFileSnapshot('./snapshots/apply.sh')
  })

  it('of an apply of all units of Terragrunt', async () => {
    const script = createJobScript({
      ...options,
      phase: 'apply',
      hooks: {},
      terragrunt: { location: { kind: 'lookup', version: '0.99.1' }, runAll: true },
    })
    await expect(script).toMatchFileSnapshot('./snapshots/apply-all-units.sh')
  })

  it('of a plan of one unit of Terragrunt', async () => {
    const script = createJobScript({
      ...options,
      hooks: {},
      terragrunt: { location: { kind: 'lookup', version: '0.99.1' }, runAll: false },
    })
    await expect(script).toMatchFileSnapshot('./snapshots/plan-unit.sh')
  })

  it('is the same for the same options', () => {
    expect(createJobScript(options)).toBe(createJobScript(structuredClone(options)))
  })
})

describe('shellQuote', () => {
  it('makes one word of any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (texts) => {
        const words = texts.map((text) => text.replaceAll('\0', ''))
        const script = `for word in ${words.map(shellQuote).join(' ')}; do printf '%s\\0' "$word"; done`
        const { stdout } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' })
        expect(stdout).toBe(words.map((word) => `${word}\0`).join(''))
      }),
      { numRuns: 30 },
    )
  })
})
