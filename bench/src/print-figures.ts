import type { BenchFigure } from './bench-figure.ts'

const headings = ['bench', 'figure', 'value', 'peer', 'ratio', 'target', 'ok'] as const
/** From this column on the cells are numbers, aligned to the right. */
const firstNumber = 2

/** One line for machines. */
export function figureLine(figure: BenchFigure): string {
  const { bench, figure: name, value, unit, peer, ratio, target, targetOf, ok } = figure
  // A fixed order of keys, so that lines can be compared by eye.
  return JSON.stringify({ bench, figure: name, value, unit, peer, ratio, target, targetOf, ok })
}

/** A table for people. */
export function figureTable(figures: readonly BenchFigure[]): string {
  const rows = [headings, ...figures.map(cellsOf)]
  const widths = headings.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column < firstNumber ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return `${[lines[0], rule, ...lines.slice(1)].join('\n')}\n`
}

function cellsOf(figure: BenchFigure): readonly string[] {
  const { bench, figure: name, value, unit, peer, ratio, target, targetOf, ok } = figure
  const times = (factor: number): string => `${factor} ×`
  const amount = (number: number): string => `${number} ${unit}`
  return [
    bench,
    name,
    amount(value),
    peer === undefined ? '' : amount(peer),
    ratio === undefined ? '' : times(ratio),
    target === undefined ? '' : targetOf === 'ratio' ? times(target) : amount(target),
    ok === undefined ? '' : ok ? 'yes' : 'NO',
  ]
}
