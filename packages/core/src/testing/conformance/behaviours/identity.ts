import { check, equal } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'

const switches = [
  'usesThisMachine',
  'images',
  'memoryLimit',
  'cpuLimit',
  'user',
  'adoption',
  'usage',
  'caches',
] as const

export const identityBehaviours: readonly Behaviour[] = [
  {
    id: 'identity.name',
    group: 'identity',
    title: 'has a name of lower-case letters, digits and -',
    run: async ({ executor }) => {
      check(
        /^[a-z][a-z0-9-]*$/u.test(executor.name),
        `the name is ${JSON.stringify(executor.name)}`,
      )
    },
  },
  {
    id: 'identity.capabilities',
    group: 'identity',
    title: 'tells every capability, and the same each time',
    run: async (context) => {
      const { capabilities } = context.executor
      const { isolation } = capabilities
      check(isolation === 'none' || isolation === 'container', `isolation is ${isolation}`)
      for (const name of switches)
        equal(typeof capabilities[name], 'boolean', `capabilities.${name}`)
      equal(
        { ...(await context.another()).capabilities },
        { ...capabilities },
        'what another one can do',
      )
    },
  },
  {
    id: 'identity.dispose',
    group: 'identity',
    title: 'can be disposed unused and twice',
    run: async (context) => {
      const executor = await context.options.create()
      await executor[Symbol.asyncDispose]()
      await executor[Symbol.asyncDispose]()
    },
  },
]
