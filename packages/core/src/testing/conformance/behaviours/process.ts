import { check, equal } from '../assertions.ts'
import { archive } from '../archives.ts'
import type { Behaviour } from '../behaviour.ts'
import {
  leaveFile,
  look,
  showArguments,
  showDirectory,
  showVariable,
} from '../programs/inside-programs.ts'

const awkward = [
  '',
  ' ',
  'two words',
  `it's`,
  '"quoted"',
  '$(exit 9)',
  '`exit 9`',
  '$HOME',
  'a;b&&c|d>e',
  '*',
  '~',
  'back\\slash\\n',
  'line\nbreak',
  'tab\there',
  '-n',
  '--',
  'größe €𝄞',
  '%s%d',
]

/** What engines add of their own accord. Everything else comes from where the agent runs. */
const engineVariables = /^(?:PATH|HOME|HOSTNAME|KUBERNETES_[A-Z_]+)$/u

export const processBehaviours: readonly Behaviour[] = [
  {
    id: 'process.arguments',
    group: 'process',
    title: 'hands over arguments as they are, with no shell in between',
    run: async (context) => {
      const expected = awkward.map((part) => `<${part}>`).join('')
      equal(await context.succeed(showArguments, awkward), expected, 'the arguments')
    },
  },
  {
    id: 'process.argument-size',
    group: 'process',
    title: 'hands over an argument of 100 KB',
    run: async (context) => {
      const long = 'x'.repeat(100_000)
      const output = await context.succeed(showArguments, [long])
      equal(output.length, long.length + 2, 'the length of the output')
    },
  },
  {
    id: 'process.environment',
    group: 'process',
    title:
      'gives exactly the environment that was asked for: nothing of the agent but a default PATH',
    run: async (context) => {
      const spec = context.spec(showArguments, [], {
        argv: ['env'],
        env: { KIT_PLAIN: 'plain value', KIT_EMPTY: '' },
        secretEnv: { KIT_SECRET: 'secret value' },
      })
      const { output } = await context.finish(await context.executor.launch(spec))
      const lines = output.toString().trimEnd().split('\n')
      for (const expected of ['KIT_PLAIN=plain value', 'KIT_EMPTY=', 'KIT_SECRET=secret value']) {
        check(lines.includes(expected), `${expected} is missing in ${JSON.stringify(lines)}`)
      }
      const isOwn = context.executor.capabilities.isolation === 'none' ? /^PATH$/u : engineVariables
      const names = lines.map((line) => line.slice(0, line.indexOf('=')))
      equal(
        names.filter((name) => !name.startsWith('KIT_') && !isOwn.test(name)),
        [],
        'the variables that nobody asked for',
      )
      check(names.includes('PATH'), 'there is no PATH')
    },
  },
  {
    id: 'process.environment-values',
    group: 'process',
    title: 'hands over environment values as they are',
    run: async (context) => {
      const value = awkward.join('|')
      const changes = { env: { KIT_VALUE: value }, secretEnv: {} }
      equal(await context.succeed(showVariable, ['KIT_VALUE'], changes), value, 'the value')
    },
  },
  {
    id: 'process.environment-path',
    group: 'process',
    title: 'lets the spec choose PATH and HOME',
    run: async (context) => {
      const env = { PATH: '/usr/bin:/bin:/kit', HOME: '/kit' }
      equal(await context.succeed(showVariable, ['PATH'], { env }), env.PATH, 'PATH')
      equal(await context.succeed(showVariable, ['HOME'], { env }), env.HOME, 'HOME')
    },
  },
  {
    id: 'process.working-directory',
    group: 'process',
    title: 'starts in the job directory, where the files are',
    run: async (context) => {
      const files = () => archive([{ name: 'here', content: 'yes' }])
      equal(
        await context.succeed(look, ['here', './here'], { files }),
        'file here: yes\nfile ./here: yes\n',
        'what is there',
      )
    },
  },
  {
    id: 'process.same-directory',
    group: 'process',
    title: 'gives workloads with one directory name, one after the other, the same absolute path',
    run: async (context) => {
      const directory = context.newId()
      const first = await context.run(showDirectory, [], { directory })
      await first.workload.destroy()
      const second = await context.run(showDirectory, [], { directory })
      check(first.output.toString().startsWith('/'), `the path is ${first.output.toString()}`)
      equal(second.output.toString(), first.output.toString(), 'the path of the second')
    },
  },
  {
    id: 'process.directory-of-ended',
    group: 'process',
    title:
      'gives the directory name of an ended workload to the next, with nothing of the first in it',
    run: async (context) => {
      const directory = context.newId()
      const files = () => archive([{ name: 'old', content: 'old' }])
      await context.run(showDirectory, [], { directory, files })
      equal(await context.succeed(look, ['old'], { directory }), 'nothing old\n', 'what is there')
    },
  },
  {
    id: 'process.neighbours',
    group: 'process',
    title: "an isolated workload does not see its neighbour's files",
    requires: ['isolation'],
    run: async (context) => {
      const neighbour = await context.launch(leaveFile, ['private'])
      await using reader = context.read(neighbour)
      await reader.until('ready')
      const path = `${reader.text.split('\n')[0]}/private`
      equal(
        await context.succeed(look, [path, 'private']),
        `nothing ${path}\nnothing private\n`,
        'what is there',
      )
    },
  },
]
