import { createReadStream } from 'node:fs'
import { posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

import { ArchivePolicy } from '@scalr-agent/core/protocol'
import { extract } from 'tar-stream'
import { z } from 'zod'

import { parsePolicyManifest, type DeclaredPolicy } from './policy-manifest.ts'
import { PolicyManifestError } from './policy-manifest-tokens.ts'

/** What declares the policies of a group. */
const manifestName = 'scalr-policy.hcl'
const maxManifestBytes = 256 * 1024

/** Where things lie in a bundle, below its root. */
export interface BundleLayout {
  /** Folder of the manifest and the policies; empty for the root. */
  readonly path: string
  readonly commonFunctions: string | null
}

/** Rego is text. */
export const policyBundleLimits = {
  packedBytes: 16 * 1024 ** 2,
  unpackedBytes: 128 * 1024 ** 2,
  entries: 10_000,
}

/** Where a group's policies and their common functions lie in a bundle. */
export function bundleLayout(group: {
  readonly repoJson: string | null
  readonly commonFunctions: string | null
}): BundleLayout {
  const { repoJson, commonFunctions } = group
  const repo = z
    .object({ path: z.string().nullish() })
    .safeParse(repoJson === null ? null : JSON.parse(repoJson))
  return {
    path: repo.data?.path ?? '',
    commonFunctions: commonFunctions === '' ? null : commonFunctions,
  }
}

export type ReadBundle =
  | { readonly fault: string; readonly policies?: undefined }
  | {
      readonly fault?: undefined
      readonly policies: readonly (DeclaredPolicy & { readonly path: string })[]
    }

/** Reads a bundle whose archive was found to be good: what it declares, or what is wrong with that. */
export async function readPolicyBundle(path: string, layout: BundleLayout): Promise<ReadBundle> {
  const manifestPath = posix.join(layout.path, manifestName)
  const { files, manifest } = await readArchive(path, manifestPath)
  if (manifest === undefined) {
    return {
      fault: `The policy bundle holds no file '${manifestPath}', which declares its policies.`,
    }
  }
  if (manifest.length > maxManifestBytes) {
    return { fault: `${manifestPath} is larger than ${maxManifestBytes} bytes.` }
  }
  let declared: readonly DeclaredPolicy[]
  try {
    declared = parsePolicyManifest(manifest.toString('utf8'))
  } catch (error) {
    if (!(error instanceof PolicyManifestError)) throw error
    return { fault: `${manifestPath}:${error.line}: ${error.message}.` }
  }
  const policies = declared.map((policy) => ({
    ...policy,
    path: posix.join(layout.path, `${policy.name}.rego`),
  }))
  const missing = policies.find((policy) => !files.has(policy.path))
  if (missing !== undefined) {
    return {
      fault: `${manifestPath}:${missing.line}: policy "${missing.name}" is declared, but the bundle holds no file '${missing.path}'.`,
    }
  }
  const { commonFunctions } = layout
  if (
    commonFunctions !== null &&
    ![...files].some((file) => file.startsWith(`${commonFunctions}/`))
  ) {
    return {
      fault: `The policy bundle holds no files below '${commonFunctions}', its common functions folder.`,
    }
  }
  return { policies }
}

async function readArchive(
  path: string,
  manifestPath: string,
): Promise<{ readonly files: ReadonlySet<string>; readonly manifest: Buffer | undefined }> {
  const archivePolicy = new ArchivePolicy()
  const files = new Set<string>()
  let manifest: Buffer | undefined
  const tar = extract()
  const feeding = pipeline(createReadStream(path), createGunzip(), tar)
  // The loop reports the same fault.
  feeding.catch(() => {})
  for await (const entry of tar) {
    const checked = archivePolicy.check(entry.header)
    if (checked?.kind === 'file') files.add(checked.path)
    if (checked?.kind !== 'file' || checked.path !== manifestPath) {
      entry.resume()
      continue
    }
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of entry) {
      if (!(chunk instanceof Uint8Array) || bytes > maxManifestBytes) continue
      chunks.push(Buffer.from(chunk))
      bytes += chunk.byteLength
    }
    manifest = Buffer.concat(chunks)
  }
  await feeding
  return { files, manifest }
}
