import { describePlan, type Run, type ScalrClient } from '@scalr-agent/core'

import { followRun } from './follow-run.ts'
import type { Screen } from './screen.ts'
import { setVariable } from './setup-workspace.ts'

/** A run did not end as the demo expects; the log above says why. */
export class DemoFailedError extends Error {
  override readonly name = 'DemoFailedError'
}

export interface DemoRuns {
  readonly runs: number
  readonly logBytes: number
  /** From the run's creation to the start of its jobs, the longest. */
  readonly longestQueuedMs: number
}

export interface RunDemoOptions {
  readonly client: ScalrClient
  readonly workspaceId: string
  /** Directory of the configuration. */
  readonly configuration: string
  readonly screen: Screen
  readonly signal: AbortSignal
}

/** The story of the demo: create, change, nothing to change, destroy. */
export async function runDemo(options: RunDemoOptions): Promise<DemoRuns> {
  const { client, workspaceId, screen, signal } = options
  const story = new Story(options)
  await story.upload()
  await story.tell('Run 1 of 4: everything is new', { message: 'Create' })
  await showState(client, workspaceId, screen, signal)

  await setVariable(client, workspaceId, { key: 'greeting', value: 'Good morning' }, signal)
  await story.tell('Run 2 of 4: the variable "greeting" was changed', { message: 'Change' })
  await showState(client, workspaceId, screen, signal)

  await story.tell('Run 3 of 4: nothing was changed', { message: 'Check' })

  await story.tell('Run 4 of 4: destroy what was made', { message: 'Destroy', isDestroy: true })
  await showState(client, workspaceId, screen, signal)
  await setVariable(client, workspaceId, { key: 'greeting', value: 'Hello' }, signal)
  return story.totals
}

class Story {
  readonly #options: RunDemoOptions
  #configurationVersionId = ''
  #totals: DemoRuns = { runs: 0, logBytes: 0, longestQueuedMs: 0 }

  constructor(options: RunDemoOptions) {
    this.#options = options
  }

  get totals(): DemoRuns {
    return this.#totals
  }

  async upload(): Promise<void> {
    const { client, workspaceId, configuration, screen, signal } = this.#options
    const version = await client.configurationVersions.uploadDirectory(workspaceId, configuration, {
      autoQueueRuns: false,
      signal,
    })
    this.#configurationVersionId = version.id
    screen.line(`Configuration: ${version.id}, uploaded from ${configuration}`)
  }

  /** One run from its creation to its end, confirmed where it has something to do. */
  async tell(
    title: string,
    fields: { readonly message: string; readonly isDestroy?: boolean },
  ): Promise<void> {
    const { client, workspaceId, screen, signal } = this.#options
    screen.heading(title)
    const created = await client.runs.create(
      { ...fields, workspaceId, configurationVersionId: this.#configurationVersionId },
      { signal },
    )
    screen.line(`${created.id} is queued. Its plan, as the agent sends it:`)
    const planned = await this.#follow(created.id, 'plan')
    let ended = planned
    if (planned.status === 'planned') {
      const summary = await client.runs.summary(created.id, { signal })
      screen.line(`What will change: ${describePlan(summary)}`)
      await client.runs.confirm(created.id, { signal })
      screen.line('Confirmed. Its apply:')
      ended = await this.#follow(created.id, 'apply')
    }
    if (ended.status !== 'applied' && ended.status !== 'planned_and_finished') {
      throw new DemoFailedError(
        `The run ${ended.id} ended ${ended.status}${ended.errorMessage === null ? '.' : `: ${ended.errorMessage}`}`,
      )
    }
    screen.line(ended.status === 'applied' ? 'Applied.' : 'Nothing to do, so there is no apply.')
    this.#totals = {
      ...this.#totals,
      runs: this.#totals.runs + 1,
      longestQueuedMs: Math.max(this.#totals.longestQueuedMs, ...queuedMs(ended)),
    }
  }

  async #follow(runId: string, phase: 'plan' | 'apply'): Promise<Run> {
    const { client, screen, signal } = this.#options
    const { run, logBytes } = await followRun(client, { runId, phase, screen, signal })
    this.#totals = { ...this.#totals, logBytes: this.#totals.logBytes + logBytes }
    return run
  }
}

/** How long plan and apply waited from queued to started, by the run's own timestamps. */
function queuedMs(run: Run): readonly number[] {
  const at = (name: string): number | undefined => {
    const value = Object(run.statusTimestamps)[name] as unknown
    return typeof value === 'string' ? Date.parse(value) : undefined
  }
  return [
    ['plan-queued-at', 'planning-at'],
    ['apply-queued-at', 'applying-at'],
  ].flatMap(([queued = '', started = '']) => {
    const [from, to] = [at(queued), at(started)]
    return from === undefined || to === undefined ? [] : [to - from]
  })
}

async function showState(
  client: ScalrClient,
  workspaceId: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const state = await client.workspaces.currentStateVersion(workspaceId, { signal })
  const outputs = await client.workspaces.outputs(workspaceId, { signal })
  const resources = state.resources?.length ?? 0
  screen.line(
    `State: serial ${state.serial ?? 'unknown'}, ${resources} resources${outputs.length > 0 ? '. Outputs:' : ''}`,
  )
  for (const output of outputs) {
    const value = output.sensitive ? '(sensitive)' : JSON.stringify(output.value)
    screen.line(`  ${output.name} = ${value}`)
  }
}
