import { describe, expect, it } from 'vitest'

import type { BenchFigure } from '../src/bench-figure.ts'
import { figureLine, figureTable } from '../src/print-figures.ts'

const plain: BenchFigure = {
  bench: 'memory',
  figure: 'idle control plane',
  value: 101.5,
  unit: 'MiB',
}
const missed: BenchFigure = {
  bench: 'dispatch',
  figure: 'p95',
  value: 15.2,
  unit: 'ms',
  peer: 3.8,
  ratio: 4,
  target: 15,
  ok: false,
}
const reached: BenchFigure = {
  bench: 'run',
  figure: 'plan and apply',
  value: 1030,
  unit: 'ms',
  peer: 1000,
  ratio: 1.03,
  target: 1.1,
  targetOf: 'ratio',
  ok: true,
}

describe('a line for machines', () => {
  it('is one line of JSON that gives the figure back', () => {
    for (const figure of [plain, missed, reached]) {
      const line = figureLine(figure)
      expect(line).not.toContain('\n')
      expect(JSON.parse(line)).toEqual(figure)
    }
  })

  it('has its keys in one order, and only those that there are', () => {
    const shuffled = Object.fromEntries(
      Object.entries(missed).toReversed(),
    ) as unknown as BenchFigure
    expect(figureLine(shuffled)).toBe(figureLine(missed))
    expect(Object.keys(JSON.parse(figureLine(plain)) as object)).toEqual([
      'bench',
      'figure',
      'value',
      'unit',
    ])
  })
})

describe('a table for people', () => {
  it('shows values and peers with their unit, and says which target was missed', () => {
    expect(figureTable([plain, missed, reached])).toBe(
      [
        'bench     figure                  value     peer   ratio  target   ok',
        '--------  ------------------  ---------  -------  ------  ------  ---',
        'memory    idle control plane  101.5 MiB',
        'dispatch  p95                   15.2 ms   3.8 ms     4 ×   15 ms   NO',
        'run       plan and apply        1030 ms  1000 ms  1.03 ×   1.1 ×  yes',
        '',
      ].join('\n'),
    )
  })
})
