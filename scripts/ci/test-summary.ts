/** What one run of vitest came to, as CI reads it. */
export interface TestSummary {
  readonly passed: number
  /** Failed tests, and what failed outside of a test, one line each. */
  readonly failures: readonly string[]
  readonly skipped: readonly SkippedTest[]
}

export interface SkippedTest {
  /** Path relative to the root. */
  readonly file: string
  /** Names of the groups and of the test, as vitest prints them. */
  readonly name: string
  /** What the test said about it with `context.skip(note)`. */
  readonly note: string | undefined
}

/** A skip that CI accepts. */
export interface AllowedSkip {
  /** Start of `file > name`. */
  readonly test: string
  readonly why: string
  /** The skip is accepted only where this program is not on PATH. */
  readonly withoutProgram?: string
}

export interface TestVerdict {
  readonly passed: number
  readonly failed: number
  /** What to print: each failure, each skip with its reason. */
  readonly lines: readonly string[]
}

/** Counts a run: a skip that nobody allowed is a failure, and so is a run that ran nothing. */
export function judge(
  summary: TestSummary,
  allowed: readonly AllowedSkip[],
  hasProgram: (name: string) => boolean,
): TestVerdict {
  const lines = summary.failures.map((failure) => `failed: ${failure}`)
  let failed = summary.failures.length
  for (const { file, name, note } of summary.skipped) {
    const test = `${file} > ${name}`
    const rule = allowed.find(
      (entry) =>
        test.startsWith(entry.test) &&
        (entry.withoutProgram === undefined || !hasProgram(entry.withoutProgram)),
    )
    if (rule === undefined) failed += 1
    const reason = rule?.why ?? note ?? 'no reason given'
    lines.push(`${rule === undefined ? 'skipped without leave' : 'skipped'}: ${test} (${reason})`)
  }
  if (summary.passed === 0) {
    failed += 1
    lines.push('failed: no test passed, so nothing was tested')
  }
  return { passed: summary.passed, failed, lines }
}
