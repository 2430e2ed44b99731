import { afterAll, beforeAll, describe, it } from 'vitest'

import { anyDockerEngine, toolImage } from './support/docker-engine.ts'
import { killMoments, proveKillCell } from './support/docker-kill-matrix.ts'
import { noOwnEngine, OwnEngine } from './support/docker-own-engine.ts'
import { Registry, registryProgram } from './support/docker-registry.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'kill -9 of an engine'
const host = anyDockerEngine(suite) ?? ''
const tool = anyRealTool(suite)
const program = registryProgram(suite)
const cannot = noOwnEngine(suite)

describe.skipIf(host === '' || tool === undefined || program === undefined || cannot !== undefined)(
  'an engine that is killed while jobs are in its containers',
  () => {
    if (tool === undefined || program === undefined) return
    const image = toolImage(tool)
    let engine: OwnEngine
    let registry: Registry

    beforeAll(async () => {
      engine = await OwnEngine.start(host, [image])
      registry = await Registry.start(program)
    })

    afterAll(async () => {
      await registry[Symbol.asyncDispose]()
      await engine[Symbol.asyncDispose]()
    })

    it.each(killMoments)(
      'I1, I7: during %s: run once, no byte lost, nothing left behind',
      async (moment) => {
        await proveKillCell({ engine, registry, image, iac: tool.iac }, moment, 'engine')
      },
    )
  },
)
