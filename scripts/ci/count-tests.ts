import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter } from 'node:path'

import { judge, type AllowedSkip, type TestSummary } from './test-summary.ts'

// count-tests SUMMARY ALLOWED: prints failures and skips, and last `PASSED FAILED` for .ci/run.
const [summaryFile, allowedFile] = process.argv.slice(2)
if (summaryFile === undefined || allowedFile === undefined) {
  throw new Error('usage: count-tests SUMMARY_FILE ALLOWED_SKIPS_FILE')
}
const summary = JSON.parse(readFileSync(summaryFile, 'utf8')) as TestSummary
const allowed = JSON.parse(readFileSync(allowedFile, 'utf8')) as readonly AllowedSkip[]
const verdict = judge(summary, allowed, hasProgram)
for (const line of verdict.lines) console.log(line)
console.log(`${verdict.passed} ${verdict.failed}`)

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
