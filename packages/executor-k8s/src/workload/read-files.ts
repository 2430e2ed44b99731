import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { checkResultPath, ResultArchive } from '@scalr-agent/core/container'
import { extract } from 'tar-stream'

import type { KubeClient } from '../calls/kube-client.ts'
import { kubernetesError, toKubernetesError } from '../kubernetes-error.ts'
import { containerNames } from '../manifest/own-names.ts'
import { readFilesCommand } from '../pod/read-commands.ts'

interface Walk {
  readonly client: KubeClient
  readonly pod: string
  readonly signal: AbortSignal
  readonly results: ResultArchive
}

/**
 * A tar stream of files and directories of a job directory. Links are packed as links and only when they
 * stay in the tree; nothing is reached through one.
 * @throws `INVALID_SPEC` for a path that is absolute or climbs.
 */
export function readFiles(
  client: KubeClient,
  pod: string,
  paths: readonly string[],
  signal: AbortSignal,
): Readable {
  const names = paths.map((path) => checkResultPath(path, kubernetesError))
  const results = new ResultArchive()
  fill({ client, pod, signal, results }, names).then(
    () => results.end(),
    (error: unknown) => {
      const doing = `read the files of pod ${pod}`
      results.fail(toKubernetesError(error, { phase: 'read-files', doing }))
    },
  )
  return results.stream
}

async function fill(walk: Walk, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  // All in one go, then one by one the files whose content stands at another name.
  const apart = await add(walk, names)
  for (const name of apart) await add(walk, [name])
}

async function add(walk: Walk, names: readonly string[]): Promise<readonly string[]> {
  const { client, pod, results, signal } = walk
  const apart: string[] = []
  await using process = await client.pods.exec(
    { pod, container: containerNames.keeper, command: readFilesCommand(names) },
    signal,
  )
  const tar = extract()
  const feeding = pipeline(process.stdout, tar, { signal })
  feeding.catch(() => {})
  for await (const entry of tar) {
    const path = posix.normalize(entry.header.name).replace(/\/+$/u, '')
    const asked = names.includes(path) ? path : ''
    const offered = await results.offer(path, entry.header, entry, names.length === 1 ? asked : '')
    if (offered === 'hard-link') apart.push(path)
    entry.resume()
  }
  await feeding
  // A stream that was cut is an error already; this is for a tar that gave up.
  if ((await process.ended) === undefined) {
    throw kubernetesError('UNAVAILABLE', 'read-files', 'Cannot read files: the stream was cut.')
  }
  return apart
}
