import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

const read = (path: string): string =>
  readFileSync(new URL(`../../packages/${path}`, import.meta.url), 'utf8')

it('the version that agents tell is the version of core', () => {
  const manifest = JSON.parse(read('core/package.json')) as { readonly version: string }
  expect(read('core/src/agent/version.ts')).toContain(`version = '${manifest.version}'`)
})
