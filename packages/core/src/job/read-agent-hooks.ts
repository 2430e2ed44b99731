import { constants } from 'node:fs'
import { lstat, open, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'

import { ConfigurationError } from '../errors/index.ts'
import type { HookStage } from '../protocol/index.ts'
import type { AgentHook } from '../run/index.ts'

/** No script is as large; whatever it is, it is not read into memory. */
const maxHookBytes = 1024 ** 2

/**
 * The agent's own hooks for those stages: files of the hooks directory, each named exactly as its stage.
 * Read for every job, so that a change counts from the next job on. A directory that is not there has
 * no hooks.
 *
 * A symbolic link counts while it stays in the directory, as those of a mounted Kubernetes ConfigMap do.
 *
 * @throws {@link ConfigurationError} for one that cannot be used. Leaving out a hook that somebody put
 * there would run the job without what it was put there for.
 */
export async function readAgentHooks(
  hooksDir: string,
  stages: readonly HookStage[],
): Promise<readonly AgentHook[]> {
  const directory = await resolveOf(hooksDir)
  if (directory === undefined) return []
  const hooks = await Promise.all(stages.map((stage) => readHook(hooksDir, directory, stage)))
  return hooks.filter((hook) => hook !== undefined)
}

async function readHook(
  hooksDir: string,
  directory: string,
  stage: HookStage,
): Promise<AgentHook | undefined> {
  const path = join(hooksDir, stage)
  const target = await resolveOf(path)
  if (target === undefined) return undefined
  // A ConfigMap keeps its files below a directory whose name begins with two dots.
  if (relative(directory, target).split('/')[0] === '..') {
    throw unusable(path, `it is a symbolic link that leads out of the hooks directory`)
  }
  try {
    // A FIFO would never open.
    await using file = await open(target, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = await file.stat()
    if (!stats.isFile()) {
      throw unusable(path, stats.isDirectory() ? 'it is a directory' : 'it is no plain file')
    }
    if (stats.size > maxHookBytes) {
      throw unusable(path, `it has ${stats.size} bytes, and a hook may have ${maxHookBytes}`)
    }
    const content = Buffer.alloc(maxHookBytes + 1)
    const { bytesRead } = await file.read(content, 0, content.length, 0)
    return {
      stage,
      path,
      content: Uint8Array.from(content.subarray(0, bytesRead)),
      executable: (stats.mode & 0o111) !== 0,
    }
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    throw unusable(path, reasonOf(error), error)
  }
}

async function resolveOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      if (await isLink(path)) throw unusable(path, 'its symbolic link leads nowhere', error)
      return undefined
    }
    throw unusable(path, reasonOf(error), error)
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function unusable(path: string, why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot use the agent's hook ${path}: ${why}. Make it a readable file of the agent's user, or remove it.`,
    { cause },
  )
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES':
      return 'it cannot be read (permission denied)'
    case 'ENOTDIR':
      return 'the hooks directory is no directory'
    case 'ELOOP':
      return 'its symbolic links lead in a circle'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
