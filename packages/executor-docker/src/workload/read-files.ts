import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { checkResultPath, jobDirectory, ResultArchive } from '@scalr-agent/core/container'
import { extract } from 'tar-stream'

import { dockerError, toDockerError } from '../docker-error.ts'
import type { EngineClient } from '../calls/engine-client.ts'

interface Walk {
  readonly client: EngineClient
  readonly containerId: string
  readonly signal: AbortSignal
  readonly results: ResultArchive
}

/**
 * A tar stream of files and directories of a job directory. Links are packed as links and only when they
 * stay in the tree; nothing is reached through one.
 * @throws `INVALID_SPEC` for a path that is absolute or climbs.
 */
export function readFiles(
  client: EngineClient,
  containerId: string,
  paths: readonly string[],
  signal: AbortSignal,
): Readable {
  const names = paths.map((path) => checkResultPath(path, dockerError))
  const results = new ResultArchive()
  fill({ client, containerId, signal, results }, names).then(
    () => results.end(),
    (error: unknown) => {
      const doing = `read the files of container ${containerId}`
      results.fail(toDockerError(error, { phase: 'read-files', doing }))
    },
  )
  return results.stream
}

async function fill(walk: Walk, names: readonly string[]): Promise<void> {
  const waiting = [...names]
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (await isReachable(walk, name)) waiting.push(...(await add(walk, name)))
  }
}

/** Whether it is there, with true directories all the way: the engine would follow links. */
async function isReachable(walk: Walk, name: string): Promise<boolean> {
  const { client, containerId, signal } = walk
  const parts = name === '.' ? [] : name.split('/')
  for (let count = 1; count <= parts.length; count += 1) {
    const path = posix.join(jobDirectory, ...parts.slice(0, count))
    const stat = await client.archives.stat(containerId, path, signal)
    if (stat === undefined) return false
    if (count < parts.length && !stat.isDirectory) return false
  }
  return true
}

/** Adds what lies at that path, and tells which files have to be asked for one by one. */
async function add(walk: Walk, name: string): Promise<readonly string[]> {
  const { client, containerId, signal, results } = walk
  const source = await client.archives.get(containerId, posix.join(jobDirectory, name), signal)
  if (source === undefined) return []
  const apart: string[] = []
  const tar = extract()
  const feeding = pipeline(source, tar, { signal })
  feeding.catch(() => {})
  try {
    for await (const entry of tar) {
      const path = pathIn(name, entry.header.name)
      const offered = await results.offer(path, entry.header, entry, name)
      if (offered === 'hard-link') apart.push(path)
      entry.resume()
    }
    await feeding
  } finally {
    source.destroy()
  }
  return apart
}

/** The engine names entries after the last part of the path that was asked for. */
function pathIn(asked: string, entry: string): string {
  const inner = entry.replace(/\/+$/u, '').split('/').slice(1)
  return posix.join(asked, ...inner)
}
