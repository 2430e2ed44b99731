import { pack } from 'tar-stream'
import { gzipSync } from 'node:zlib'

import {
  createControlPlane,
  type ControlPlaneOptions,
  type ControlPlaneServer,
} from '../../src/index.ts'

import { ApiClient } from './api-client.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A control plane in a directory of its own, with a client of its owner. */
export interface World extends AsyncDisposable {
  readonly controlPlane: ControlPlaneServer
  readonly api: ApiClient
  readonly dataDir: string
}

export async function startWorld(options: Partial<ControlPlaneOptions> = {}): Promise<World> {
  const directory = await temporaryDirectory()
  const controlPlane = await createControlPlane({ dataDir: directory.path, ...options })
  return {
    controlPlane,
    api: new ApiClient(controlPlane),
    dataDir: directory.path,
    [Symbol.asyncDispose]: async () => {
      await controlPlane.close()
      await directory[Symbol.asyncDispose]()
    },
  }
}

/** Pool, environment and workspace, as most tests need them. */
export async function makeWorkspace(
  api: ApiClient,
  attributes: Record<string, unknown> = {},
): Promise<{
  readonly poolId: string
  readonly environmentId: string
  readonly workspaceId: string
}> {
  const pool = await api.create('/agent-pools', 'agent-pools', { name: 'pool' })
  const environment = await api.create('/environments', 'environments', { name: 'env' })
  const workspace = await api.create(
    '/workspaces',
    'workspaces',
    { name: 'ws', ...attributes },
    { environment: ['environments', environment.id], 'agent-pool': ['agent-pools', pool.id] },
  )
  return { poolId: pool.id, environmentId: environment.id, workspaceId: workspace.id }
}

export interface TarEntry {
  readonly name: string
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'fifo'
  readonly linkname?: string
  readonly content?: string | Buffer
}

/** A tar.gz of these entries, written as they are. */
export async function archive(entries: Iterable<TarEntry>): Promise<Buffer> {
  const tar = pack()
  const chunks: Buffer[] = []
  const reading = (async () => {
    for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array))
  })()
  for (const { content, ...header } of entries) tar.entry(header, content ?? '')
  tar.finalize()
  await reading
  return gzipSync(Buffer.concat(chunks))
}

/** A configuration version with that archive uploaded. */
export async function uploadConfiguration(
  api: ApiClient,
  workspaceId: string,
  bytes?: Uint8Array,
): Promise<string> {
  const version = await api.create(
    '/configuration-versions',
    'configuration-versions',
    {},
    { workspace: ['workspaces', workspaceId] },
  )
  const answer = await api.call('PUT', version.links.upload, {
    bytes: bytes ?? (await archive([{ name: 'main.tf', content: 'output "a" { value = 1 }\n' }])),
  })
  if (answer.status !== 200) throw new Error(`upload: ${answer.status} ${answer.text}`)
  return version.id
}
