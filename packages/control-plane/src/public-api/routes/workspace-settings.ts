import { z } from 'zod'

import { invalidAttribute, nullableTextOf, textOf, type Row } from '../json-api/index.ts'

import { always, never } from './refusals.ts'
import { workspaceRepoSchema } from './vcs-binding.ts'
import { nameSchema, type Changes } from './writes.ts'

const hook = z.string().max(65_535).nullish()
const workspaceName = nameSchema(255).refine((name) => /^[A-Za-z0-9_-]+$/u.test(name), {
  message: 'Name may hold letters, numbers, `-` and `_` only.',
})
/** A path below the configuration's root. */
const relativePath = z
  .string()
  .max(255)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
    { message: 'The path must be relative and stay in the configuration.' },
  )
const version = z
  .string()
  .regex(/^\d+\.\d+\.\d+(-[A-Za-z0-9.]+)?$/u, 'Use a full version, such as 1.11.4.')

const unscheduled = 'This control plane does not schedule runs.'

/** Scalr's first, which is the agents' too. */
const firstTerragrunt = [0, 58, 13] as const

const terragruntVersion = version.refine(
  (text) => {
    const parts = text.split('-', 1).join('').split('.').map(Number)
    const at = firstTerragrunt.findIndex((part, index) => parts[index] !== part)
    return at === -1 || (parts[at] ?? 0) > (firstTerragrunt[at] ?? 0)
  },
  { message: `Terragrunt ${firstTerragrunt.join('.')} or later is needed.` },
)

const terragruntSchema = z.object({
  version: terragruntVersion,
  'use-run-all': z.boolean().nullish(),
  'include-external-dependencies': z
    .union([z.literal(false), z.null()], {
      error: 'Agents of this control plane do not include external dependencies.',
    })
    .optional(),
})

/** What may be changed of a workspace. */
export const workspaceChangesSchema = z.object({
  name: workspaceName.optional(),
  'auto-apply': z.boolean().optional(),
  'auto-queue-runs': z.enum(['always', 'never', 'skip_first', 'on_create_only']).optional(),
  'execution-mode': z.enum(['remote', 'local']).optional(),
  // Scalr's older word for the same, which gives way to the newer one.
  operations: z.boolean().optional(),
  'iac-platform': z.enum(['terraform', 'opentofu']).optional(),
  'terraform-version': version.nullish(),
  terragrunt: terragruntSchema.nullish(),
  'working-directory': relativePath.nullish(),
  'var-files': z.array(relativePath).nullish(),
  hooks: z
    .object({
      'pre-init': hook,
      'pre-plan': hook,
      'post-plan': hook,
      'pre-apply': hook,
      'post-apply': hook,
    })
    .nullish(),
  'run-operation-timeout': z.int().min(1).max(10_080).nullish(),
  'deletion-protection-enabled': z.boolean().optional(),
  'environment-type': z
    .enum(['production', 'staging', 'testing', 'development', 'unmapped'])
    .optional(),
  'vcs-repo': workspaceRepoSchema.nullish(),
  'force-latest-run': always(
    false,
    'Here runs of a workspace go in the order in which they were queued.',
  ),
  'remote-backend': always(true, 'This control plane keeps the states of all workspaces.'),
  'remote-state-sharing': always(
    false,
    'Here a run reads the state of its own workspace alone; states are not shared.',
  ),
  'auto-destroy-days': never(unscheduled),
  'apply-schedule': never(unscheduled),
  'destroy-schedule': never(unscheduled),
})
/** What a new workspace must and may have. */
export const workspaceSchema = workspaceChangesSchema.extend({ name: workspaceName })

/** The first version of each tool that agents run. */
const firstVersions = { terraform: [1, 0], opentofu: [1, 6] } as const

/**
 * The columns to write.
 * @param before the workspace as it is; `undefined` for a new one
 * @throws {@link PublicApiError} 422
 */
export function workspaceColumns(
  attributes: z.infer<typeof workspaceChangesSchema>,
  before?: Row,
): Changes {
  const { hooks, terragrunt } = attributes
  const varFiles = attributes['var-files']
  if (modeOf(attributes) === 'local' && attributes['auto-apply'] === true) {
    throw invalidAttribute('auto-apply', 'A workspace in local execution mode has no runs.')
  }
  checkVersion(attributes, before)
  return {
    name: attributes.name,
    auto_apply: attributes['auto-apply'],
    auto_queue_runs: attributes['auto-queue-runs'],
    execution_mode: modeOf(attributes),
    iac_platform: attributes['iac-platform'],
    iac_version: attributes['terraform-version'],
    terragrunt_json: terragrunt === undefined ? undefined : terragruntJson(terragrunt),
    working_directory: attributes['working-directory'],
    var_files_json: varFiles === undefined ? undefined : JSON.stringify(varFiles ?? []),
    hooks_json: hooks === undefined || hooks === null ? hooks : JSON.stringify(hooks),
    run_operation_timeout_minutes: attributes['run-operation-timeout'],
    deletion_protection: attributes['deletion-protection-enabled'],
    environment_type: attributes['environment-type'],
  }
}

function modeOf(
  attributes: z.infer<typeof workspaceChangesSchema>,
): 'remote' | 'local' | undefined {
  const { operations } = attributes
  return (
    attributes['execution-mode'] ??
    (operations === undefined ? undefined : operations ? 'remote' : 'local')
  )
}

function terragruntJson(terragrunt: z.infer<typeof terragruntSchema> | null): string | null {
  if (terragrunt === null) return null
  return JSON.stringify({
    version: terragrunt.version,
    'use-run-all': terragrunt['use-run-all'] ?? false,
    'include-external-dependencies': false,
  })
}

/** Platform and version make sense together, whichever of them is changed. */
function checkVersion(
  attributes: z.infer<typeof workspaceChangesSchema>,
  before: Row | undefined,
): void {
  const stored = before && nullableTextOf(before, 'iac_version')
  const wanted =
    attributes['terraform-version'] === undefined ? stored : attributes['terraform-version']
  if (wanted === undefined || wanted === null) return
  const platform =
    attributes['iac-platform'] ??
    (before !== undefined && textOf(before, 'iac_platform') === 'opentofu'
      ? 'opentofu'
      : 'terraform')
  const [major = 0, minor = 0] = wanted.split('.').map(Number)
  const [firstMajor, firstMinor] = firstVersions[platform]
  if (major > firstMajor || (major === firstMajor && minor >= firstMinor)) return
  const name = platform === 'opentofu' ? 'OpenTofu' : 'Terraform'
  throw invalidAttribute(
    'terraform-version',
    `${name} ${wanted} is too old: ${firstMajor}.${firstMinor}.0 or later is needed.`,
  )
}
