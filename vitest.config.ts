import { join } from 'node:path'

import { defineConfig } from 'vitest/config'

import { SummaryReporter } from './scripts/ci/summary-reporter.ts'

// Sources run as they are: the '@scalr-agent/source' condition leads to src/, so tests need no build.
const conditions = ['@scalr-agent/source', 'module', 'node', 'development|production']

const folders = '{packages/*,examples/*,bench,scripts,system-tests}/test'

// In CI the counts are read from a file (scripts/ci), never from what a terminal shows.
const summaryFile = process.env['TEST_SUMMARY_FILE']

// Where CI names a tool (TEST_IAC) and no engine, it wants the tests of that tool; containers and pods have
// steps of their own there.
const named = (name: string): boolean => process.env[name] !== undefined
const otherEngines = named('TEST_IAC')
  ? [
      ...(named('TEST_DOCKER_HOST')
        ? []
        : ['packages/executor-docker/**', '**/docker-*.engines.test.ts']),
      ...(named('TEST_KUBECONFIG')
        ? []
        : ['packages/executor-k8s/**', '**/kubernetes-*.engines.test.ts']),
    ]
  : []

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // Tests start processes, change signal handlers and count open sockets: each file has its own process.
    pool: 'forks',
    reporters: [
      'default',
      ...(summaryFile === undefined ? [] : [new SummaryReporter(summaryFile)]),
    ],
    allowOnly: false,
    // Awaits what happens by itself: one second, the default, is what a busy machine takes for a breath.
    expect: { poll: { timeout: 30_000 } },
    // Processes that tests start strip the types of every source anew, unless they find them here.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile') },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [`${folders}/**/*.test.ts`],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts', '**/*.engines.test.ts'],
          // Generous, since two busy cores are not a fault of the code under test.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [`${folders}/**/*.integration.test.ts`],
          exclude: ['**/node_modules/**'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'engines',
          include: [`${folders}/**/*.engines.test.ts`],
          exclude: ['**/node_modules/**', ...otherEngines],
          testTimeout: 480_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
