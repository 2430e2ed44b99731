import { rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

import type { Reporter } from 'vitest/node'

import type { SkippedTest, TestSummary } from './test-summary.ts'

type RunEnd = Parameters<NonNullable<Reporter['onTestRunEnd']>>

/**
 * Writes a {@link TestSummary} when a run has ended. The file is taken away when a run begins, so that
 * a run which crashed leaves none.
 */
export class SummaryReporter implements Reporter {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  onTestRunStart(): void {
    rmSync(this.#file, { force: true })
  }

  onTestRunEnd(modules: RunEnd[0], unhandledErrors: RunEnd[1], reason: RunEnd[2]): void {
    const failures: string[] = unhandledErrors.map((error) => `outside of a test: ${error.message}`)
    const skipped: SkippedTest[] = []
    let passed = 0
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId)
      for (const error of module.errors()) failures.push(`${file}: ${error.message}`)
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) {
          failures.push(`${file} > ${suite.fullName}: ${error.message}`)
        }
      }
      for (const test of module.children.allTests()) {
        const result = test.result()
        const name = test.fullName
        if (result.state === 'passed') passed += 1
        else if (result.state === 'skipped') skipped.push({ file, name, note: result.note })
        else failures.push(`${file} > ${name}${result.state === 'pending' ? ' (never ran)' : ''}`)
      }
    }
    if (reason === 'interrupted') failures.push('the run was interrupted')
    const summary: TestSummary = { passed, failures, skipped }
    writeFileSync(this.#file, JSON.stringify(summary))
  }
}
