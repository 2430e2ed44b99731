import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { stateDiagram, withStateDiagram } from '../../states/state-diagram.ts'

describe('stateDiagram', () => {
  it('draws the first state, every transition and every end, one arrow for each pair of states', () => {
    expect(
      stateDiagram({
        open: { go: 'busy', stop: 'done', end: 'done' },
        busy: { end: 'done' },
        done: {},
      }),
    ).toBe(
      [
        '```mermaid',
        'stateDiagram-v2',
        '  [*] --> open',
        '  open --> busy: go',
        '  open --> done: stop, end',
        '  busy --> done: end',
        '  done --> [*]',
        '```',
      ].join('\n'),
    )
  })
})

describe('withStateDiagram', () => {
  const before = 'a\n<!-- states:begin (pnpm x) -->\n\nold $& diagram\n\n<!-- states:end -->\nz\n'

  it('replaces what stands between the two lines and nothing else', () => {
    const after = withStateDiagram(before, 'new $& diagram')
    expect(after).toBe(before.replace('old', 'new'))
    expect(withStateDiagram(after, 'new $& diagram')).toBe(after)
  })

  it('refuses a document without the two lines', () => {
    expect(() => withStateDiagram('nothing here', 'x')).toThrow('states:begin')
  })
})

describe('ARCHITECTURE.md', () => {
  it('shows the job states as the table in core has them', () => {
    const script = fileURLToPath(new URL('../../states.ts', import.meta.url))
    const output = execFileSync(
      process.execPath,
      ['--conditions=@scalr-agent/source', script, '--check'],
      { encoding: 'utf8' },
    )
    expect(output).toContain('up to date')
  })
})
