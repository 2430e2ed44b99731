import type { KnipConfig } from 'knip'

// Tests start some files as processes of their own.
const tests = 'test/**/{*.test,*-process}.ts'

const config: KnipConfig = {
  // A type that only describes a signature is exported for the reader's sake.
  exclude: ['types'],
  // Of the machine.
  ignoreBinaries: ['kubectl', 'mkfifo', 'mount', 'nsenter', 'openssl', 'umount', 'unshare'],
  workspaces: {
    '.': {
      entry: ['scripts/*.ts', 'scripts/ci/*.ts', 'scripts/test/**/*.test.ts'],
      project: ['scripts/**/*.ts', '*.ts'],
      // Called by name, from scripts/check-packages.ts.
      ignoreDependencies: ['publint', '@arethetypeswrong/cli'],
    },
    'packages/*': { entry: [tests], project: ['src/**/*.ts', 'test/**/*.ts'] },
    'packages/control-plane': {
      entry: [tests],
      project: ['src/**/*.ts', 'test/**/*.ts'],
      // Without types: a test requires it.
      ignoreDependencies: ['parse-prometheus-text-format'],
    },
    'examples/*': { entry: ['src/main.ts', tests], project: ['src/**/*.ts', 'test/**/*.ts'] },
    bench: { entry: ['src/main.ts', tests], project: ['src/**/*.ts', 'test/**/*.ts'] },
    'system-tests': { entry: [tests], project: ['test/**/*.ts'] },
  },
}

export default config
