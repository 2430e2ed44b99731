import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { pack as createPack, type Header, type Pack } from 'tar-stream'

import { IllegalStateError, ScalrAgentError } from '../errors/index.ts'
import { jobFileNames, type ArchiveLimits, type RegistryHook } from '../protocol/index.ts'
import { readConfigurationArchive } from './configuration-archive.ts'
import { agentHookFile, registryHookDirectory, type AgentHook } from './hooks.ts'
import { jobLayout } from './job-layout.ts'

export interface JobFilesOptions {
  /** Where the files of the job were downloaded to, each under its own name. */
  readonly filesDirectory: string
  /** Names of those that are there; others than those of {@link jobFileNames} are left out. */
  readonly names: readonly string[]
  readonly script: string
  readonly nonce: string
  /** PEM. */
  readonly caCert?: string | undefined
  /** The tool's CLI configuration, with `@job_dir@` in it. */
  readonly cliConfig?: string | undefined
  readonly agentHooks?: readonly AgentHook[] | undefined
  readonly registryHooks?: readonly RegistryHook[] | undefined
  /** What only some phase has, where it lies in the job directory. */
  readonly texts?: ReadonlyMap<string, string> | undefined
  /** More downloads: name → path in the job directory. */
  readonly copies?: ReadonlyMap<string, string> | undefined
  /** More downloads that are tar.gz: name → the directory that they are unpacked to. */
  readonly archives?: ReadonlyMap<string, string> | undefined
  readonly limits?: ArchiveLimits | undefined
}

/** The same bytes each time: our own entries have no time of their own. */
const epoch = new Date(0)

/** Where each downloaded file lies in the job directory. */
const downloads = [
  [jobFileNames.plan, jobLayout.plan],
  [jobFileNames.lockFile, jobLayout.lockFile],
] as const

/**
 * Makes tar streams of the job directory, as often as it is called. Everything is streamed from the
 * downloaded files: no temporary file, and memory for one chunk at a time.
 *
 * The stream errors with `ProtocolError` `INVALID_ARCHIVE` when the configuration is not what
 * `ArchivePolicy` allows; by then entries that came before have been given.
 */
export function createJobFiles(options: JobFilesOptions): () => Readable {
  return () => Readable.from(tarOf(options), { objectMode: false })
}

async function* tarOf(options: JobFilesOptions): AsyncGenerator<Uint8Array> {
  const pack = createPack()
  const filling = fill(pack, options).then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  try {
    for await (const chunk of pack) if (chunk instanceof Uint8Array) yield chunk
  } finally {
    // Also where the reader goes away early: nothing is left open.
    pack.destroy()
    await filling
  }
}

async function fill(pack: Pack, options: JobFilesOptions): Promise<void> {
  for (const name of [
    jobLayout.configuration,
    jobLayout.data,
    jobLayout.providers,
    jobLayout.temporary,
  ]) {
    await addEntry(pack, { name, type: 'directory', mode: 0o755, mtime: epoch })
  }
  await addText(pack, jobLayout.script, options.script)
  await addText(pack, jobLayout.nonce, `${options.nonce}\n`, 0o600)
  if (options.caCert !== undefined) await addText(pack, jobLayout.caCertificates, options.caCert)
  if (options.cliConfig !== undefined) {
    // A token of a mirror may stand in it.
    await addText(pack, jobLayout.cliConfigTemplate, options.cliConfig, 0o600)
  }
  await addHooks(pack, options)
  for (const [name, path] of downloads) {
    if (options.names.includes(name)) await addFile(pack, path, join(options.filesDirectory, name))
  }
  if (options.names.includes(jobFileNames.configuration)) {
    await addArchive(pack, jobFileNames.configuration, jobLayout.configuration, options)
  }
  for (const [path, text] of options.texts ?? []) await addText(pack, path, text)
  for (const [name, path] of options.copies ?? []) {
    await addFile(pack, path, join(options.filesDirectory, name))
  }
  for (const [name, directory] of options.archives ?? []) {
    await addEntry(pack, { name: directory, type: 'directory', mode: 0o755, mtime: epoch })
    await addArchive(pack, name, directory, options)
  }
}

async function addHooks(pack: Pack, options: JobFilesOptions): Promise<void> {
  const { agentHooks = [], registryHooks = [] } = options
  if (agentHooks.length > 0) {
    await addEntry(pack, {
      name: jobLayout.agentHooks,
      type: 'directory',
      mode: 0o755,
      mtime: epoch,
    })
  }
  for (const hook of agentHooks) {
    const headers = { name: agentHookFile(hook.stage), mode: 0o755, mtime: epoch }
    await addEntry(pack, headers, Buffer.from(hook.content))
  }
  // One hook may be linked to several stages.
  const archives = new Map(registryHooks.map((hook) => [registryHookDirectory(hook), hook.file]))
  for (const [directory, file] of archives) {
    await addEntry(pack, { name: directory, type: 'directory', mode: 0o755, mtime: epoch })
    await addArchive(pack, file, directory, options)
  }
}

/** Unpacks a downloaded tar.gz below a directory of the job. */
async function addArchive(
  pack: Pack,
  file: string,
  directory: string,
  options: JobFilesOptions,
): Promise<void> {
  const archive = join(options.filesDirectory, file)
  const what = file === jobFileNames.configuration ? 'configuration' : `archive '${file}'`
  for await (const entry of readConfigurationArchive(archive, options.limits, what)) {
    const name = `${directory}/${entry.path}`
    const { mtime } = entry
    switch (entry.kind) {
      case 'directory':
        await addEntry(pack, { name, type: 'directory', mode: 0o755, mtime })
        break
      case 'symlink':
        await addEntry(pack, { name, type: 'symlink', linkname: entry.target, mode: 0o777, mtime })
        break
      case 'file':
        await addStream(
          pack,
          { name, size: entry.bytes, mode: entry.executable ? 0o755 : 0o644, mtime },
          entry.body,
        )
        break
    }
  }
}

async function addText(pack: Pack, name: string, text: string, mode = 0o644): Promise<void> {
  await addEntry(pack, { name, mode, mtime: epoch }, text)
}

async function addFile(pack: Pack, name: string, source: string): Promise<void> {
  try {
    const { size } = await stat(source)
    await addStream(pack, { name, size, mode: 0o644, mtime: epoch }, createReadStream(source))
  } catch (error) {
    if (ScalrAgentError.isInstance(error) || pack.destroyed) throw error
    throw new IllegalStateError(
      `Cannot read the downloaded file '${source}' for the job: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    )
  }
}

function addEntry(
  pack: Pack,
  headers: Partial<Header> & { readonly name: string },
  text?: string | Buffer,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error) reject(error)
      else resolve()
    }
    if (text === undefined) pack.entry(headers, done)
    else pack.entry(headers, text, done)
  })
}

async function addStream(
  pack: Pack,
  headers: Partial<Header> & { readonly name: string },
  body: Readable,
): Promise<void> {
  await pipeline(body, pack.entry(headers))
}
