import { mkdtemp, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { Command, Option } from 'commander'

import { describeError } from '../describe-error.ts'
import { openTofuReleases } from '../fetch-opentofu.ts'
import type { Iac } from '../find-tool.ts'
import { getTool } from '../get-tool.ts'
import { terminalScreen } from '../screen.ts'

import { demonstrateVcs } from './demonstrate-vcs.ts'

interface VcsDemoArguments {
  readonly iac: Iac | undefined
  readonly opentofuUrl: string
}

const searchPath = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'
const screen = terminalScreen(process.stdout)
const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    screen.line(`\n${name}: stopping.`)
    process.exitCode = 128 + constants.signals[name]
    interrupted.abort(new Error(name))
  })
}

await main(parse(process.argv.slice(2)))

async function main({ iac, opentofuUrl }: VcsDemoArguments): Promise<void> {
  const { signal } = interrupted
  const dataDir = await mkdtemp(join(tmpdir(), 'scalr-vcs-demo-'))
  try {
    screen.heading('Scalr Agent SDK: a private git server, relayed to a control plane')
    const tool = await getTool({
      iac,
      searchPath,
      directory: resolve(import.meta.dirname, '../../../../.demo/tools'),
      releasesUrl: opentofuUrl,
      onProgress: (text) => screen.line(text),
      signal,
    })
    screen.line(`Tool:          ${tool.path}`)
    const summary = await demonstrateVcs({ tool, dataDir, path: searchPath, screen, signal })
    screen.line(`\nDemo finished: ${summary}`)
  } catch (error) {
    screen.line(signal.aborted ? 'Stopped. Nothing was left running.' : describeError(error))
    if (!signal.aborted) screen.line('Demo failed.')
    process.exitCode ??= 1
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

function parse(argv: readonly string[]): VcsDemoArguments {
  const command = new Command('demo:vcs')
    .description('Pushes to a private git server, and shows webhook, relay, run and status.')
    .addOption(
      new Option(
        '--iac <tool>',
        'tool to run; default: the one in PATH, or OpenTofu, fetched',
      ).choices(['terraform', 'opentofu']),
    )
    .option(
      '--opentofu-url <url>',
      'where OpenTofu is fetched from if no tool is in PATH',
      openTofuReleases,
    )
    .showHelpAfterError('(demo:vcs --help lists the options)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  command.parse([...argv], { from: 'user' })
  return command.opts<VcsDemoArguments>()
}
