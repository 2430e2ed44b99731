import { Command, Option } from 'commander'

import { openTofuReleases } from './fetch-opentofu.ts'

/** What the command line says. */
export interface DemoArguments {
  readonly iac: 'terraform' | 'opentofu' | undefined
  readonly executor: ExecutorName
  readonly fresh: boolean
  readonly keep: boolean
  readonly dataDir: string
  readonly opentofuUrl: string
}

/** Executors that the demo can compose. */
const executorNames = ['process', 'docker', 'kubernetes'] as const
/** What starts the jobs of a demo. */
export type ExecutorName = (typeof executorNames)[number]

/** Parses; prints help or what is wrong and ends the process with 0 or 2. */
export function parseArguments(argv: readonly string[], defaultDataDir: string): DemoArguments {
  const command = new Command('demo')
    .description('Plans and applies a real configuration through our own agent and control plane.')
    .addOption(
      new Option(
        '--iac <tool>',
        'tool to run; default: the one in PATH, or OpenTofu, fetched',
      ).choices(['terraform', 'opentofu']),
    )
    .addOption(
      new Option('--executor <name>', 'what starts the jobs')
        .choices([...executorNames])
        .default('process'),
    )
    .option('--fresh', 'forget what control plane and agent kept of earlier demos', false)
    .option(
      '--keep',
      'leave control plane and agent running at the end, and print URL and token',
      false,
    )
    .option('--data-dir <path>', 'where control plane and agent keep their data', defaultDataDir)
    .option(
      '--opentofu-url <url>',
      'where OpenTofu is fetched from if no tool is in PATH',
      openTofuReleases,
    )
    .showHelpAfterError('(demo --help lists the options)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  command.parse([...argv], { from: 'user' })
  return command.opts<DemoArguments>()
}
