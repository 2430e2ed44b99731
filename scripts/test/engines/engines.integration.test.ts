import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
  return enginesWith({}, ...parameters)
}

function enginesWith(env: Readonly<Record<string, string>>, ...parameters: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('bash', [script, ...parameters], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: cache, SCALR_SDK_ENGINES_DIR: cache, ...env },
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
      expect(stderr).toContain('usage: engines up|down|build NAME')
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
    const docker = ['docker', 'docker-current', 'docker-images']
    const kubernetes = ['kubernetes', 'kubernetes-1.20', 'kubernetes-images']
    const down = engines('down', 'tofu', ...docker, ...kubernetes)
    expect(down).toMatchObject({ status: 0, stderr: '' })
  })

  it('uses the engine of DOCKER_HOST, and starts none where that does not answer', () => {
    const host = `unix://${cache}/no.sock`
    const { status, stderr } = enginesWith({ DOCKER_HOST: host }, 'up', 'docker')
    expect(status).toBe(1)
    expect(stderr).toContain(`the engine at DOCKER_HOST=${host} does not answer`)
    expect(existsSync(`${cache}/state/docker/dockerd.log`)).toBe(false)
  })

  it('loads images into no engine where none runs, and says how to start one', () => {
    const { status, stderr } = engines('up', 'docker-images')
    expect(status).toBe(1)
    expect(stderr).toContain('Run: engines up docker')
  })

  it('loads images into no cluster where none runs, nor into one that is not its own', () => {
    expect(engines('up', 'kubernetes-images')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Run: engines up kubernetes'),
    })
    const foreign = enginesWith({ KUBECONFIG: `${cache}/config` }, 'up', 'kubernetes-images')
    expect(foreign.status).toBe(1)
    expect(foreign.stderr).toContain(
      `the cluster of KUBECONFIG=${cache}/config is not one of these`,
    )
  })

  it('keeps what runs apart from what was built, where that is asked for', () => {
    enginesWith({ SCALR_SDK_ENGINES_STATE_DIR: `${cache}/elsewhere` }, 'down', 'docker')
    expect(existsSync(`${cache}/elsewhere/docker.lock`)).toBe(true)
    expect(existsSync(`${cache}/state`)).toBe(false)
  })
})
