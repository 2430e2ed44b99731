/** What a folder of the workspace may import from other packages of the workspace. */
export interface LayerOfFolder {
  /** Folder, relative to the root, with a trailing slash. */
  readonly folder: string
  /** Module names that its `src/` may import. */
  readonly source: readonly string[]
  /** Module names that everything else in it (its tests) may import as well. */
  readonly tests: readonly string[]
}

const everything = [
  '@scalr-agent/core',
  '@scalr-agent/core/protocol',
  '@scalr-agent/core/runtime',
  '@scalr-agent/core/container',
  '@scalr-agent/core/serverless',
  '@scalr-agent/core/testing',
  '@scalr-agent/executor-process',
  '@scalr-agent/executor-docker',
  '@scalr-agent/executor-k8s',
  '@scalr-agent/vcs-relay',
  '@scalr-agent/vcs-relay/gateway',
  '@scalr-agent/control-plane',
] as const

/** Arrows point one way: executors and the relay to core, the control plane to the wire, the runtime and the gateway, the rest to all. */
export const layers: readonly LayerOfFolder[] = [
  { folder: 'packages/core/', source: [], tests: [] },
  {
    folder: 'packages/executor-process/',
    source: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/core/container',
    ],
    tests: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/core/container',
      '@scalr-agent/core/testing',
    ],
  },
  {
    folder: 'packages/executor-docker/',
    source: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/core/container',
    ],
    tests: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/core/container',
      '@scalr-agent/core/testing',
    ],
  },
  {
    folder: 'packages/executor-k8s/',
    source: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/core/container',
    ],
    tests: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/core/container',
      '@scalr-agent/core/testing',
    ],
  },
  {
    folder: 'packages/vcs-relay/',
    source: ['@scalr-agent/core', '@scalr-agent/core/protocol', '@scalr-agent/core/runtime'],
    tests: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/core/testing',
    ],
  },
  {
    folder: 'packages/control-plane/',
    source: [
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/vcs-relay/gateway',
    ],
    // What it serves is what the typed client takes.
    tests: [
      '@scalr-agent/core',
      '@scalr-agent/core/protocol',
      '@scalr-agent/core/runtime',
      '@scalr-agent/vcs-relay',
      '@scalr-agent/vcs-relay/gateway',
    ],
  },
  { folder: 'examples/', source: everything, tests: everything },
  { folder: 'bench/', source: everything, tests: everything },
  {
    folder: 'system-tests/',
    source: everything,
    // The git server of the demo.
    tests: [...everything, '@scalr-agent/example-quickstart/git-http-backend'],
  },
  { folder: 'scripts/', source: everything, tests: everything },
]

/**
 * Reaching into another folder by path is allowed for these alone.
 *
 * The state table is not part of core's public interface, and its diagram is generated from it. The
 * bench of the provider cache measures against the same mirror that its tests use.
 */
export const allowedReaches: Readonly<Record<string, string>> = {
  'scripts/states.ts': 'packages/core/src/job/job-state.ts',
  'bench/src/provider-cache.ts': 'system-tests/test/support/provider-mirror.ts',
}

/** The only sources that read environment variables. Executors are given what they need. */
export const environmentReaders: readonly string[] = ['packages/core/src/options/from-env.ts']
