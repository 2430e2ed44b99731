import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ScalrClient, Workspace } from '@scalr-agent/core'

import { archiveOf } from './archive.ts'
import type { Platform } from './platform.ts'

type Hook = Awaited<ReturnType<ScalrClient['hooks']['get']>>
type Link = Awaited<ReturnType<ScalrClient['hookEnvironmentLinks']['get']>>
type WorkspaceHooks = NonNullable<Workspace['hooks']>

/** Commands of a workspace; none where none is given. */
export function hooksOf(commands: Partial<WorkspaceHooks>): WorkspaceHooks {
  return {
    preInit: null,
    prePlan: null,
    postPlan: null,
    preApply: null,
    postApply: null,
    ...commands,
  }
}

/** A hooks directory of an agent, with executable files unless `mode` says otherwise. */
export async function hooksDirectory(
  platform: Platform,
  files: Readonly<Record<string, string | { readonly content: string; readonly mode: number }>>,
): Promise<string> {
  const directory = await mkdtemp(join(platform.directory, 'hooks-'))
  for (const [name, file] of Object.entries(files)) {
    const { content, mode } = typeof file === 'string' ? { content: file, mode: 0o755 } : file
    await writeFile(join(directory, name), content)
    await chmod(join(directory, name), mode)
  }
  return directory
}

/** Uploads a hook to the registry and links it to the workspace's environment. */
export async function linkRegistryHook(
  platform: Platform,
  workspace: Workspace,
  hook: {
    readonly name: string
    readonly interpreter: string
    readonly scriptfilePath: string
    readonly files: Readonly<Record<string, string>>
    readonly events: NonNullable<Link['events']>
  },
): Promise<Pick<Hook, 'id' | 'uploadUrl'>> {
  const { client } = platform
  const { files, events, ...attributes } = hook
  const created = await client.hooks.create(attributes)
  await client.hooks.upload(created, await archiveOf(files))
  const { environmentId } = workspace
  await client.hookEnvironmentLinks.create({ hookId: created.id, environmentId, events })
  return created
}
