import type { JobSpec } from '@scalr-agent/core/protocol'
import { describe, expect, it } from 'vitest'

import { IacDirectory, iacTools } from '../support/iac-directory.ts'
import { RunningAgent } from '../support/running-agent.ts'
import { startTlsWorld } from '../support/tls-world.ts'
import type { World } from '../support/world.ts'

const tools = iacTools()
if (tools.length === 0) {
  console.log('SKIPPED remote runs: neither terraform nor tofu is here; `pnpm engines up tofu`')
}

interface Scene extends AsyncDisposable {
  readonly world: World
  readonly directory: IacDirectory
  readonly environmentId: string
  makePool(): Promise<RunningAgent>
}

/** A directory whose workspace `app` is made, in remote execution mode. */
async function openScene(tool: string): Promise<Scene> {
  const world = await startTlsWorld()
  const { api, caCertPath, controlPlane } = world
  const environment = await api.create('/environments', 'environments', { name: 'env' })
  const { url } = controlPlane
  const token = controlPlane.ownerToken()
  const directory = await IacDirectory.open(tool, { url, caCertPath, token })
  directory.write(
    'main.tf',
    `terraform {
       backend "remote" {
         hostname     = "${new URL(url).host}"
         organization = "${environment.id}"
         workspaces { name = "app" }
       }
     }
     resource "terraform_data" "one" { input = "one" }`,
  )
  await directory.must('init', '-input=false')
  return {
    world,
    directory,
    environmentId: environment.id,
    makePool: async () => {
      const pool = await api.create('/agent-pools', 'agent-pools', { name: 'pool', default: true })
      return RunningAgent.register(world, pool.id)
    },
    [Symbol.asyncDispose]: async () => {
      await directory[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** The tool asks every few seconds, and the agent for five. */
async function takeNext(agent: RunningAgent): Promise<JobSpec> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const job = await agent.take().catch(() => undefined)
    if (job !== undefined) return job
  }
  throw new Error('No job was given out')
}

describe.each(tools)('runs that $name drives', ({ path: tool }) => {
  it('plans and applies at an agent, and shows what it prints', async () => {
    await using scene = await openScene(tool)
    const { directory, world } = scene
    const agent = await scene.makePool()
    const applying = directory.run('apply', '-auto-approve', '-no-color')
    const plan = await takeNext(agent)
    expect(plan.phase).toBe('plan')
    const files = await agent.download(plan, 'configuration.tar.gz')
    expect(files.bytes.byteLength).toBeGreaterThan(100)
    await agent.print(plan, 'Plan: 1 to add, 0 to change, 0 to destroy.\n')
    await agent.finishPlan(plan)
    const apply = await takeNext(agent)
    expect(apply.phase).toBe('apply')
    await agent.print(apply, 'first line\nApply complete! Resources: 1 added.\n')
    await agent.finish(apply)
    const { code, output } = await applying
    expect(output).toContain('Plan: 1 to add, 0 to change, 0 to destroy.')
    expect(output).toContain('first line\nApply complete! Resources: 1 added.')
    expect(code).toBe(0)
    const { body } = await world.api.get('/runs')
    expect(body.data).toMatchObject([
      { attributes: { status: 'applied', source: 'cli', 'is-dry': false } },
    ])
  })

  it('fails where the run fails; a plan alone changes nothing', async () => {
    await using scene = await openScene(tool)
    const { directory, world } = scene
    const agent = await scene.makePool()
    const planning = directory.run('plan', '-no-color')
    const plan = await takeNext(agent)
    await agent.print(plan, 'Error: Reference to undeclared resource\n')
    await agent.finish(plan, { result: 'failed', exitCode: 1 })
    const { code, output } = await planning
    expect(output).toContain('Reference to undeclared resource')
    expect(code).toBe(1)
    const { body } = await world.api.get('/runs')
    expect(body.data).toMatchObject([{ attributes: { status: 'errored', 'is-dry': true } }])
  })

  it('I8: cancels the run once when it is interrupted', async () => {
    await using scene = await openScene(tool)
    const { directory, world } = scene
    const agent = await scene.makePool()
    const applying = directory.start(['apply', '-auto-approve', '-no-color'])
    const plan = await takeNext(agent)
    await agent.print(plan, 'at work\n')
    await applying.printed('at work')
    applying.child.kill('SIGINT')
    const { output } = await applying.ended
    expect(output).toContain('cancel')
    const { body } = await world.api.get('/runs')
    const [run] = body.data
    expect(run.attributes.status).toBe('planning')
    const again = await world.api.post(`/runs/${run.id}/actions/cancel`)
    // Scalr's answer to what was asked for before.
    expect(again.status).toBe(204)
    await agent.finish(plan, { result: 'canceled' })
    expect((await world.api.get(`/runs/${run.id}`)).body.data.attributes.status).toBe('canceled')
  })

  it('says at once that nobody would run it, where no pool is responsible', async () => {
    await using scene = await openScene(tool)
    const { code, output } = await scene.directory.run('plan', '-no-color')
    expect(code).toBe(1)
    expect(output.replaceAll(/[│\s]+/gu, ' ')).toContain(
      'No agent pool is responsible for the workspace',
    )
  })
})
