import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')
const found = (source: string, pattern: RegExp): readonly string[] =>
  [...source.matchAll(pattern)].flatMap((match) => match[1] ?? [])

describe('docs/options.md', () => {
  const documented = read('docs/options.md')

  it('has a row for every option of the agent, and for no other', () => {
    const schema = /agentOptionsSchema = z\s*\.strictObject\(\{\n(.*?)\n {2}\}\)/s.exec(
      read('packages/core/src/options/agent-options.ts'),
    )?.[1]
    const options = found(schema ?? '', /^ {4}([a-zA-Z]+): ?(?=z|[a-zA-Z]+Schema)/gm)
    const table = /## Agent\n(.*?)\n##/s.exec(documented)?.[1] ?? ''
    expect(options).toContain('drainTimeoutMs')
    expect(found(table, /^\| `([a-zA-Z]+)`/gm)).toEqual(options)
  })

  it.each([
    ['binaryCache', 'cache-options.ts'],
    ['providerCache', 'cache-options.ts'],
    ['memoryMonitor', 'memory-monitor-options.ts'],
  ])('has a row for every field of %s, and for no other', (name, file) => {
    const source = read(`packages/core/src/options/${file}`)
    const schema = new RegExp(`${name}Schema = z\\.strictObject\\(\\{\\n(.*?)\\n\\}\\)`, 's').exec(
      source,
    )
    const fields = found(schema?.[1] ?? '', /^ {2}([a-zA-Z]+)[:,]/gm)
    const table = new RegExp(`### \`${name}\`\\n(.*?)\\n##`, 's').exec(documented)?.[1] ?? ''
    expect(fields.length).toBeGreaterThan(3)
    expect(found(table, /^\| `([a-zA-Z]+)`/gm)).toEqual(fields)
  })

  it('names every environment variable that the SDK reads', () => {
    const source = ['from-env.ts', 'environment-variables.ts']
      .map((file) => read(`packages/core/src/options/${file}`))
      .join('\n')
    const names = found(source, /\b((?:SCALR_[A-Z_]+)|PATH|HTTPS?_PROXY|NO_PROXY)\b(?=['":])/g)
    expect(names).toContain('SCALR_AGENT_TOKEN')
    expect(names.filter((name) => !documented.includes(`\`${name}\``))).toEqual([])
  })
})
