import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { zipSync } from 'fflate'

import { enginesDirectory } from './tools.ts'

/** A real provider that is built here. */
export interface BuiltProvider {
  readonly type: string
  readonly version: string
  readonly path: string
}

/** A real provider, packed as its registry would serve it. */
export interface ProviderZip {
  readonly type: string
  readonly version: string
  /** `terraform-provider-time_0.14.2_linux_amd64.zip` */
  readonly name: string
  readonly bytes: Buffer
  readonly sha256: string
}

/** What `pnpm engines up providers` builds. */
const versions = { time: '0.14.2', local: '1.4.0', http: '1.2.0' } as const

/** The platform of this machine, in the words of the tools. */
export const toolPlatform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`

/** The real providers, or `undefined` after saying that the suite is skipped. */
export function realProviders(suite: string): readonly BuiltProvider[] | undefined {
  const providers = Object.entries(versions).map(([type, version]) => ({
    type,
    version,
    path: join(enginesDirectory, 'bin', `terraform-provider-${type}_v${version}_x5`),
  }))
  if (providers.every(({ path }) => existsSync(path))) return providers
  process.stdout.write(`SKIPPED ${suite}: \`pnpm engines up providers\` builds what it needs\n`)
  return undefined
}

/** Packs a provider; the same bytes every time. */
export async function packProvider(provider: BuiltProvider): Promise<ProviderZip> {
  const { type, version, path } = provider
  const program = await readFile(path)
  // 3: made on Unix, so that the mode counts.
  const common = { os: 3, mtime: new Date(2026, 0, 1) }
  const archive = zipSync({
    [basename(path)]: [program, { ...common, level: 1, attrs: 0o100755 << 16 }],
    'LICENSE.txt': [Buffer.from('MPL-2.0\n'), { ...common, attrs: 0o100644 << 16 }],
  })
  return {
    type,
    version,
    name: `terraform-provider-${type}_${version}_${toolPlatform}.zip`,
    bytes: Buffer.from(archive),
    sha256: createHash('sha256').update(archive).digest('hex'),
  }
}
