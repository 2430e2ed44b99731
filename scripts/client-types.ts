// Makes the types of `client.request()` from Scalr's OpenAPI document:
//   pnpm client:types <path | https://<account>.scalr.io/api/iacp/v3/openapi-public.yml> [--check | --out DIR]
import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify, parseArgs } from 'node:util'

import { readOpenApiDocument } from './openapi/open-api-document.ts'
import { renderClientTypes } from './openapi/render-client-types.ts'

const root = resolve(import.meta.dirname, '..')
const target = join(root, 'packages/core/src/client/openapi')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false }, out: { type: 'string', default: target } },
})
const [source] = positionals
if (source === undefined || positionals.length > 1) {
  console.error('usage: pnpm client:types PATH_OR_URL [--check | --out DIR]')
  process.exit(2)
}

const files = renderClientTypes(await readOpenApiDocument(source))
const work = values.check ? join(root, 'node_modules/.cache/client-types') : resolve(values.out)
await mkdir(work, { recursive: true })
const different: string[] = []
for (const [name, text] of Object.entries(files)) {
  const path = join(work, name)
  await writeFile(path, text)
  await promisify(execFile)('oxfmt', [path], { cwd: root })
  const now = await readFile(path, 'utf8')
  const kept = await readFile(join(target, name), 'utf8').catch(() => '')
  if (now !== kept) different.push(name)
}
if (values.check) {
  await rm(work, { recursive: true, force: true })
  if (different.length > 0) {
    console.error(
      `Not as the document says: ${different.join(', ')}. Run: pnpm client:types ${source}`,
    )
    process.exitCode = 1
  }
} else {
  console.log(`Wrote ${Object.keys(files).join(', ')} to ${work}`)
}
