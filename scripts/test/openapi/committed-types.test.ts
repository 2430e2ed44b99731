import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
/** Scalr's published OpenAPI document, which is not part of this repository. */
const document = resolve(root, '../shared/facts/scalr-openapi.json')
if (!existsSync(document)) console.log(`Skipped: ${document} is not there to compare with.`)

it.skipIf(!existsSync(document))('the types of client.request() are those of the document', () => {
  const args = ['--conditions=@scalr-agent/source', 'scripts/client-types.ts', document, '--check']
  expect(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })).toBe('')
})
