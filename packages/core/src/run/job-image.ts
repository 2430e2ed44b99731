import { ConfigurationError } from '../errors/index.ts'
import type { JobSpec } from '../protocol/index.ts'

/** How the image of a job is chosen, in Scalr's words. */
export interface JobImageOptions {
  /**
   * `golden`: one image for every job, whose programs come from the binary cache. `legacy`: an image for
   * each program in each version, such as `scalr/terraform:1.11.4`.
   */
  readonly mode: 'golden' | 'legacy'
  /** The golden image, with its registry. In legacy mode for jobs that ask for no version. */
  readonly image: string
  /**
   * Legacy mode: where those images are. With a slash at its end it is put before `namespace/name`;
   * without, it takes the place of the namespace.
   */
  readonly registry?: string | undefined
}

/** Of the versions that Scalr gives as images; Terragrunt's has no image of its own. */
const legacyImages = {
  terraform: 'scalr/terraform',
  opentofu: 'scalr/opentofu',
  opa: 'openpolicyagent/opa',
} as const

/**
 * The image that a job runs in.
 *
 * @throws {@link ConfigurationError} in legacy mode for a job that asks for no version, when no image is
 * set that could stand in.
 */
export function jobImage(options: JobImageOptions, spec: JobSpec): string {
  if (options.mode === 'golden') {
    if (options.image !== '') return options.image
    throw new ConfigurationError(
      `Cannot choose the image of job ${spec.jobId}: the golden image has no name. Set \`image\`.`,
    )
  }
  const { name, version } = wanted(spec)
  if (version !== null) return inRegistry(`${name}:${version}`, options.registry ?? '')
  if (options.image !== '') return options.image
  throw new ConfigurationError(
    `Cannot choose the image of job ${spec.jobId}: the workspace '${spec.workspace.name}' asks for no version, and in legacy mode the version is the image's tag. Set a version in the workspace, or \`image\` in the agent.`,
  )
}

function wanted(spec: JobSpec): { readonly name: string; readonly version: string | null } {
  if (spec.phase === 'policy') {
    // One job, one image: groups that differ are left to the golden image or to PATH.
    const versions = new Set(spec.policyGroups.map((group) => group.opaVersion))
    const [only = null] = versions.size === 1 ? versions : []
    return { name: legacyImages.opa, version: only }
  }
  return { name: legacyImages[spec.workspace.iacPlatform], version: spec.workspace.iacVersion }
}

function inRegistry(image: string, registry: string): string {
  if (registry === '') return image
  if (registry.endsWith('/')) return `${registry}${image}`
  return `${registry}/${image.slice(image.lastIndexOf('/') + 1)}`
}
