import { spawnSync } from 'node:child_process'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createJobScript, type JobScriptOptions } from '../../src/run/index.ts'
import { shellQuote } from '../../src/run/shell-quote.ts'

const options: JobScriptOptions = {
  phase: 'plan',
  tool: { name: 'terraform' },
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
      { level: 'workspace', shown: 'echo "w"', argv: ['/bin/sh', '-c', 'echo "w"'] },
      {
        level: 'agent',
        shown: 'pre-init',
        argv: ['/hooks/pre-init'],
        env: { SCALR_HOOK_DIR: '/h' },
      },
    ],
    'post-plan': [{ level: 'workspace', shown: 'true', argv: ['/bin/sh', '-c', 'true'] }],
  },
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
      tool: { name: 'tofu', path: '/opt/tofu' },
      hooks: { 'post-apply': options.hooks['post-plan'] ?? [] },
    })
    await expect(script).toMatchFileSnapshot('./snapshots/apply.sh')
  })

  it('is the same for the same options', () => {
    expect(createJobScript(options)).toBe(createJobScript(structuredClone(options)))
  })

  it('runs hooks of the agent before those of the workspace', () => {
    const script = createJobScript(options)
    expect(script.indexOf('/hooks/pre-init')).toBeLessThan(script.indexOf(`'echo "w"'`))
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
