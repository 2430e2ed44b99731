import type { WorkloadSpec } from '@scalr-agent/core'

import type { ManifestParts } from '../../src/manifest/job-manifest.ts'
import type { ManifestOptions } from '../../src/manifest/manifest-options.ts'
import { ownPrefix } from '../../src/manifest/own-names.ts'
import {
  podTemplateSchema,
  type PodTemplateOptions,
} from '../../src/manifest/pod-template-options.ts'

export const servers = {
  '1.20': { major: 1, minor: 20 },
  '1.25': { major: 1, minor: 25 },
  '1.37': { major: 1, minor: 37 },
} as const

export const spec: WorkloadSpec = {
  id: 'job-v0p500fu3s9ban8s8-1',
  agentId: 'agent-1',
  directory: 'run-1',
  argv: ['/bin/sh', '/opt/job.sh', 'costs $$ and $(NAME)'],
  env: { TF_IN_AUTOMATION: '1', PRICE: '$(HOME) $$' },
  secretEnv: { TOKEN: 'canary-4711' },
  resources: { memoryBytes: 512 * 1024 ** 2, cpus: 1.5 },
  caches: [],
  labels: { 'scalr-agent/run-id': 'run-v0p500fu3s9ban8s8', 'scalr-agent/phase': 'plan' },
  startTimeoutMs: 180_000,
  deadlineMs: 3_600_000,
}

export const parts: ManifestParts = {
  name: 'scalr-agent-run-v0p500fu3s9ban8s8-plan-0123456789',
  image: 'scalr/terraform:1.11.4',
  version: servers['1.37'],
  labels: { 'app.kubernetes.io/managed-by': 'scalr-agent', [`${ownPrefix}workload`]: spec.id },
  annotations: { [`${ownPrefix}record`]: '{}' },
  commands: {
    main: ['/bin/sh', '-c', 'read -r pid <"$HOME/x"; exec "$@"', 'scalr-agent', ...spec.argv],
    preStop: ['/bin/sh', '-c', 'kill "$pid"'],
    keeper: ['/bin/sh', '-c', 'trap : TERM; wait $!'],
  },
}

/** The defaults, with other choices of the template. */
export function options(
  template: PodTemplateOptions = {},
  changes: Partial<ManifestOptions> = {},
): ManifestOptions {
  return {
    imagePullPolicy: 'IfNotPresent',
    root: false,
    tmpBytes: 128 * 1024 ** 2,
    keepMs: 3_600_000,
    backoffLimit: 3,
    template: podTemplateSchema.parse(template),
    requests: {},
    ...changes,
  }
}
