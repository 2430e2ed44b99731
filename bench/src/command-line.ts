import { Command, InvalidArgumentError } from 'commander'

import type { Bench } from './bench.ts'

/** What the command line asks for. */
export interface BenchRequest {
  readonly benches: readonly Bench[]
  readonly json: boolean
  readonly list: boolean
  readonly rounds: number | undefined
}

/**
 * Reads the command line.
 *
 * @throws `CommanderError` for a wrong one and after `--help`, with the exit code to end with.
 */
export function parseCommandLine(
  argv: readonly string[],
  known: readonly Bench[],
  output: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): BenchRequest {
  const command = new Command('bench')
    .description('Measures, each thing beside a bare peer in the same run.')
    .argument('[names...]', `what to measure: ${names(known)} (default: all)`)
    .option('--json', 'print one line of JSON for each figure')
    .option('--list', 'print the names and end')
    .option('--rounds <n>', 'how often to measure (default: each bench has its own)', parseRounds)
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err })
  command.parse(argv, { from: 'user' })
  const { json, list, rounds } = command.opts<{ json?: true; list?: true; rounds?: number }>()
  for (const name of command.args) {
    if (known.every((bench) => bench.name !== name)) {
      command.error(`error: there is no bench '${name}'. There are: ${names(known)}.`, {
        exitCode: 1,
        code: 'bench.unknown',
      })
    }
  }
  const isWanted = ({ name }: Bench): boolean =>
    command.args.length === 0 || command.args.includes(name)
  return {
    benches: known.filter(isWanted),
    json: json === true,
    list: list === true,
    rounds,
  }
}

function parseRounds(text: string): number {
  const rounds = Number(text)
  if (!/^\d+$/u.test(text) || rounds < 1 || rounds > 1000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
  }
  return rounds
}

function names(known: readonly Bench[]): string {
  return known.map(({ name }) => name).join(', ')
}
