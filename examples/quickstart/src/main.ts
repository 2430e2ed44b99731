import { constants } from 'node:os'
import { join, resolve } from 'node:path'

import { parseArguments, type DemoArguments } from './command-line.ts'
import { processPlatform, type DemoPlatform } from './demo-platform.ts'
import { demonstrate } from './demonstrate.ts'
import { describeError } from './describe-error.ts'
import { dockerPlatform } from './docker-platform.ts'
import { forgetDemos } from './forget-demos.ts'
import { getTool } from './get-tool.ts'
import { kubernetesPlatform } from './kubernetes-platform.ts'
import { terminalScreen } from './screen.ts'

const root = resolve(import.meta.dirname, '..')
const searchPath = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'
const screen = terminalScreen(process.stdout)

/** The first signal ends the demo politely, the second one at once. */
const interrupted = new AbortController()
const forced = new AbortController()
let exitCodeOfSignal: number | undefined
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (interrupted.signal.aborted) {
      if (!forced.signal.aborted) screen.line(`${name} again: ending what runs now.`)
      forced.abort(new Error(name))
      return
    }
    exitCodeOfSignal = 128 + constants.signals[name]
    screen.line(`\n${name}: stopping. Once more ends what runs at once.`)
    interrupted.abort(new Error(name))
  })
}

process.exitCode = await main(parseArguments(process.argv.slice(2), resolve(root, '../../.demo')))

/** @returns the exit code */
async function main(options: DemoArguments): Promise<number> {
  const { dataDir, keep } = options
  const { signal } = interrupted
  try {
    screen.heading('Scalr Agent SDK: plan and apply through our own agent and control plane')
    await using platform = await openPlatform(options)
    if (options.fresh) await forgetDemos(dataDir, platform.executor)
    const tool = await getTool({
      iac: options.iac,
      searchPath,
      directory: join(dataDir, 'tools'),
      releasesUrl: options.opentofuUrl,
      onProgress: (text) => screen.line(text),
      signal,
    })
    screen.line(`Tool:          ${tool.path}`)
    screen.line(`Data:          ${dataDir}`)
    const configuration = join(root, 'configuration')
    const summary = await demonstrate({
      tool,
      platform,
      dataDir,
      configuration,
      keep,
      screen,
      signal,
      force: forced.signal,
    })
    screen.line(`\nDemo finished: ${summary}`)
    return 0
  } catch (error) {
    if (signal.aborted) {
      screen.line('Stopped. Nothing was left running.')
      return exitCodeOfSignal ?? 1
    }
    screen.line(describeError(error))
    screen.line('Demo failed.')
    return 1
  }
}

async function openPlatform({ executor, dataDir }: DemoArguments): Promise<DemoPlatform> {
  switch (executor) {
    case 'process':
      return processPlatform({ dataDir: join(dataDir, 'agent'), path: searchPath })
    case 'docker':
      return await dockerPlatform({ env: process.env, screen, signal: interrupted.signal })
    case 'kubernetes':
      return await kubernetesPlatform({ env: process.env, screen, signal: interrupted.signal })
  }
}
