import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { findViolations } from './layers/find-violations.ts'

// Holds the sources to the layer rules of ARCHITECTURE.md.
const root = fileURLToPath(new URL('..', import.meta.url))
const files = globSync(
  ['{packages,examples}/*/{src,test}/**/*.ts', '{bench,scripts,system-tests}/**/*.ts'],
  { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] },
).map((file) => file.replaceAll('\\', '/'))

const violations = files
  .toSorted()
  .flatMap((file) => findViolations(file, readFileSync(`${root}/${file}`, 'utf8')))
for (const { file, line, message } of violations) console.error(`${file}:${line} ${message}`)
console.log(`Layers: ${files.length} files checked, ${violations.length} violations.`)
if (violations.length > 0 || files.length === 0) process.exitCode = 1
