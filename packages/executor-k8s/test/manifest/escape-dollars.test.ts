import fc from 'fast-check'
import { expect, it } from 'vitest'

import { escapeDollars } from '../../src/manifest/escape-dollars.ts'

/** As `third_party/forked/golang/expansion` of Kubernetes does it. */
function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\$|\((?<name>[^)]*)\)|(?=.|$))/gsu, (whole, name?: string) => {
    if (whole === '$$') return '$'
    return name === undefined ? whole : (known[name] ?? whole)
  })
}

it('arrives as it was, though Kubernetes expands what looks like a variable', () => {
  const known = { HOME: '/root', '': 'nothing' }
  expect(expand('$(HOME) $$', known)).toBe('/root $')
  const part = fc.constantFrom('$', '$$', '(', ')', 'HOME', '$(HOME)', 'a')
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      const text = parts.join('')
      expect(expand(escapeDollars(text), known)).toBe(text)
    }),
  )
})
