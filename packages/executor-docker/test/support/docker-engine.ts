import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { describe } from 'vitest'

/**
 * The engine that tests use: the one of `TEST_DOCKER_HOST`, else of `DOCKER_HOST`, else the one that
 * `pnpm engines up docker` started.
 */
export const dockerHost: string | undefined = findDockerHost()

/** An image with a shell, which `pnpm engines up docker-images` loads. */
export const testImage = 'local/busybox:1'

/** `describe` for tests that need an engine; says why it skips them where there is none. */
export const describeWithEngine: (name: string, run: () => void) => void =
  dockerHost === undefined ? skipped() : describe

function findDockerHost(): string | undefined {
  const named = process.env['TEST_DOCKER_HOST'] ?? process.env['DOCKER_HOST']
  if (named !== undefined && named !== '') return named
  const cache =
    process.env['SCALR_SDK_ENGINES_DIR'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scalr-agent-sdk/engines')
  const state = process.env['SCALR_SDK_ENGINES_STATE_DIR'] ?? join(cache, 'state')
  const socket = join(state, 'docker/docker.sock')
  return existsSync(socket) ? `unix://${socket}` : undefined
}

function skipped(): typeof describe.skip {
  console.warn(
    'Skipped: no Docker engine. Run `pnpm engines up docker docker-images`, or set TEST_DOCKER_HOST.',
  )
  return describe.skip
}
