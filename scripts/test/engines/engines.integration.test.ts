import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../engines/engines.sh', import.meta.url))
let cache: string

beforeEach(() => {
  cache = mkdtempSync(`${tmpdir()}/sa-engines-`)
})
afterEach(() => {
  rmSync(cache, { recursive: true, force: true })
})

function engines(...parameters: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('bash', [script, ...parameters], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: cache, SCALR_SDK_ENGINES_DIR: cache },
  })
  return { status, stdout, stderr }
}

/** A program in the cache that says which version it is. */
function cached(version: string): void {
  mkdirSync(`${cache}/bin`)
  writeFileSync(`${cache}/bin/tofu`, `#!/bin/sh\necho 'OpenTofu ${version}'\n`)
  chmodSync(`${cache}/bin/tofu`, 0o755)
}

describe('engines', () => {
  it.each([[[]], [['up']], [['sideways', 'tofu']], [['up', 'toffu']]])(
    'explains itself when it is called with %j',
    (parameters) => {
      const { status, stderr } = engines(...parameters)
      expect(status).toBe(2)
      expect(stderr).toContain('usage: engines up|down NAME')
    },
  )

  it('names the engine that it does not know, and starts none of the others', () => {
    const { stderr, stdout } = engines('up', 'tofu', 'toffu')
    expect(stderr).toContain(`there is no engine 'toffu'`)
    expect(stdout).toBe('')
  })

  it('takes the program of the right version from the cache', () => {
    cached('v1.12.6')
    expect(engines('up', 'tofu')).toMatchObject({ status: 0, stdout: `${cache}/bin/tofu\n` })
  })

  it('does not take another version, and says what is missing to build the right one', () => {
    cached('v1.12.6-dev')
    const { status, stderr } = engines('up', 'tofu')
    expect(status).toBe(1)
    expect(stderr).toContain('no Go on PATH')
  })

  it('has nothing to do to bring down what does not run', () => {
    expect(engines('down', 'tofu', 'docker')).toMatchObject({ status: 0 })
  })
})
