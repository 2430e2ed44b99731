import { defineConfig } from 'vitest/config'

// Sources run as they are: the '@scalr-agent/source' condition leads to src/, so tests need no build.
const conditions = ['@scalr-agent/source', 'module', 'node', 'development|production']

const folders = '{packages/*,examples/*,scripts}/test'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [`${folders}/**/*.test.ts`],
          exclude: ['**/*.integration.test.ts', '**/*.engines.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [`${folders}/**/*.integration.test.ts`],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'engines',
          include: [`${folders}/**/*.engines.test.ts`],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
