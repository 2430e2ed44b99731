import type { ArchiveFormat } from '../archive/unpack-program.ts'
import type { ToolName } from '../job-caches.ts'

/** The files of one release, as its makers publish them. Paths are below the base URL. */
export interface ToolRelease {
  /** Of the same program; the first that the sums name is taken. */
  readonly files: readonly ReleaseFile[]
  readonly sums: string
  /** Detached OpenPGP signature of the sums. */
  readonly signature?: string
}

export interface ReleaseFile {
  readonly name: string
  readonly path: string
  readonly format: ArchiveFormat
}

/** Where the makers publish. */
export const defaultBaseUrls: Readonly<Record<ToolName, string>> = {
  terraform: 'https://releases.hashicorp.com',
  tofu: 'https://github.com/opentofu/opentofu/releases/download',
  terragrunt: 'https://github.com/gruntwork-io/terragrunt/releases/download',
  opa: 'https://github.com/open-policy-agent/opa/releases/download',
}

/** Where a release lies. `version` and `platform` were checked before. */
export function toolRelease(tool: ToolName, version: string, platform: string): ToolRelease {
  switch (tool) {
    case 'terraform': {
      const base = `terraform/${version}`
      const sums = `${base}/terraform_${version}_SHA256SUMS`
      return {
        files: [file(base, `terraform_${version}_${platform}.zip`, 'zip')],
        sums,
        signature: `${sums}.sig`,
      }
    }
    case 'tofu': {
      const base = `v${version}`
      const sums = `${base}/tofu_${version}_SHA256SUMS`
      return {
        files: [
          file(base, `tofu_${version}_${platform}.zip`, 'zip'),
          file(base, `tofu_${version}_${platform}.tar.gz`, 'tar.gz'),
        ],
        sums,
        signature: `${sums}.gpgsig`,
      }
    }
    case 'terragrunt':
      return {
        files: [file(`v${version}`, `terragrunt_${platform}`, 'plain')],
        sums: `v${version}/SHA256SUMS`,
      }
    case 'opa': {
      // Static on Linux, so that it runs on any C library; macOS on Intel has the one build alone.
      const name = platform === 'darwin_amd64' ? `opa_${platform}` : `opa_${platform}_static`
      return {
        files: [file(`v${version}`, name, 'plain')],
        sums: `v${version}/${name}.sha256`,
      }
    }
  }
}

function file(directory: string, name: string, format: ArchiveFormat): ReleaseFile {
  return { name, path: `${directory}/${name}`, format }
}
