import { mkdir, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

import type { WorkloadSpec } from '@scalr-agent/core'
import { interruptCommand, packJob } from '@scalr-agent/core/container'
import { pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'

import { kubernetesError } from '../../src/kubernetes-error.ts'
import { podCommands, podMarks } from '../../src/pod/pod-commands.ts'
import { exitRecordCommand } from '../../src/pod/read-commands.ts'
import { layCommand, refuseCommand } from '../../src/pod/start-commands.ts'
import { spec as anySpec } from '../manifest/manifest-parts.ts'
import { endOf, ShellPod, shells } from './shell-pod.ts'

const spec: WorkloadSpec = { ...anySpec, env: { KUBERNETES_PORT: 'own' }, files: () => files() }
const commands = podCommands(spec, { keepMs: 1000, outputLimitBytes: 1000 })
const hasty = podCommands({ ...spec, startTimeoutMs: 1 }, { keepMs: 1000, outputLimitBytes: 1000 })
/** `main`, whose supervisor only says that it runs. */
const main = gateOf(commands.main)

function gateOf(command: readonly string[]): readonly string[] {
  const supervisor = 'echo 1 >/.scalr-agent/run/main; env; echo "$*"; exit 7'
  return [...command.slice(0, 5), '-c', supervisor, 'scalr-agent', 'one', 'two words']
}

function files(): Readable {
  const archive = pack()
  archive.entry({ name: 'of-job' }, 'from the job')
  archive.entry({ name: 'tool' }, 'from the job')
  archive.finalize()
  return archive as unknown as Readable
}

async function archiveOf(): Promise<Buffer> {
  const packed = packJob(spec, {
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    signal: new AbortController().signal,
    makeError: kubernetesError,
    hasJobDirectory: true,
    lastMark: podMarks.laid,
  })
  const parts: Uint8Array[] = []
  for await (const part of packed) if (part instanceof Uint8Array) parts.push(part)
  return Buffer.concat(parts)
}

describe.each(shells)('the scripts of a pod in %s', (shell) => {
  it('I3: main starts when all is laid in, and not before', async () => {
    await using pod = await ShellPod.create(shell)
    await writeFile(pod.path('image/tool'), 'from the image')
    await writeFile(pod.path('image/.hidden'), 'from the image')
    const gate = pod.start(main, { KUBERNETES_SERVICE_HOST: 'x', KUBERNETES_PORT: 'own' })
    const gateEnd = endOf(gate)
    const archive = await archiveOf()
    // Whole headers, cut before the last entry.
    const half = archive.subarray(0, archive.length - 2048)
    const cut = await pod.run(layCommand(half.length, 5000), half)
    expect(cut.output).toMatch(/archive was cut|tar failed/u)
    expect(gate.exitCode).toBeNull()
    const laid = await pod.run(layCommand(archive.length, 5000), archive)
    expect(laid.output).toBe('send\nlaid\nstarted\n')
    const { code, output } = await gateEnd
    expect(code).toBe(7)
    expect(output).toMatch(/^one two words$/mu)
    expect(output.match(/^KUBERNETES.*$/gmu)).toEqual(['KUBERNETES_PORT=own'])
    expect(await pod.read('own/job/of-job')).toBe('from the job')
    expect(await pod.read('own/job/tool')).toBe('from the job')
    expect(await pod.read('own/job/.hidden')).toBe('from the image')
  })

  it('I1: what was refused never starts, though its files come', async () => {
    await using pod = await ShellPod.create(shell)
    expect((await pod.run(refuseCommand)).output).toBe('refused\n')
    const archive = await archiveOf()
    const [{ output }, { code }] = await Promise.all([
      pod.run(layCommand(archive.length, 5000), archive),
      pod.run(main),
    ])
    expect(output).toBe('send\nlaid\nrefused\n')
    expect(code).toBe(125)
    expect(await pod.read('last-words')).toBe('refused\n')
    expect((await pod.run(refuseCommand)).output).toBe('refused\n')
  })

  it('I1: of a start and a refusal at once, one holds for both', async () => {
    for (let round = 0; round < 8; round += 1) {
      await using pod = await ShellPod.create(shell)
      await mkdir(pod.path('own/run'))
      await writeFile(pod.path('own/run/ready'), '')
      const [{ code }, ...said] = await Promise.all([
        pod.run(main),
        pod.run(refuseCommand),
        pod.run(refuseCommand),
      ])
      const expected = code === 7 ? 'started\n' : 'refused\n'
      for (const { output } of said) expect(output).toBe(expected)
    }
  })

  it('main gives up when no files come', async () => {
    await using pod = await ShellPod.create(shell)
    expect((await pod.run(gateOf(hasty.main))).code).toBe(125)
    expect(await pod.read('last-words')).toBe('late\n')
  })

  it('the companion stays until it is released, whoever asks it to end', async () => {
    await using pod = await ShellPod.create(shell)
    await mkdir(pod.path('own/run/go'), { recursive: true })
    const keeper = pod.start(commands.keeper)
    const end = endOf(keeper)
    // Something beside it that takes longer than its first round: by then it listens.
    await pod.run(['/bin/sh', '-c', 'sleep 0.7'])
    keeper.kill('SIGTERM')
    keeper.kill('SIGHUP')
    await pod.run(['/bin/sh', '-c', 'sleep 1'])
    expect(keeper.signalCode).toBeNull()
    expect(keeper.exitCode).toBeNull()
    await writeFile(pod.path('own/release'), '')
    expect((await end).code).toBe(0)
  })

  it('the companion goes some time after the end of main, without anybody', async () => {
    await using pod = await ShellPod.create(shell)
    await mkdir(pod.path('own/run/go'), { recursive: true })
    await writeFile(pod.path('own/run/exit'), 'exit 1 0 0 0 0 end\n')
    expect((await pod.run(commands.keeper)).code).toBe(0)
  })

  it('I8: a pod that is taken away asks its job to stop once, whoever else does', async () => {
    await using pod = await ShellPod.create(shell)
    await mkdir(pod.path('own/run/go'), { recursive: true })
    const job = pod.start([
      '/bin/sh',
      '-c',
      'trap "echo asked" TERM; echo ready; while [ ! -e end ]; do sleep 0.1; done',
    ])
    const jobEnd = endOf(job)
    await once(job.stdout ?? job, 'data')
    await writeFile(pod.path('own/run/main'), `${job.pid}\n`)
    const stops = [pod.run(commands.preStop), pod.run(commands.preStop)]
    const both = [pod.run(interruptCommand('soft', 'stdout')), pod.run(commands.preStop)]
    await both[0]
    await writeFile(pod.path('end'), '')
    const { output } = await jobEnd
    expect(output.match(/asked/gu)).toHaveLength(1)
    // They wait for the end of main as the exit record tells it.
    await writeFile(pod.path('own/run/exit'), 'exit 1 0 0 0 0 end\n')
    for (const { code } of await Promise.all([...stops, ...both])) expect(code).toBe(0)
  })

  it('I2: the companion says what the supervisor sealed, and waits for nothing that a job may lay there', async () => {
    await using pod = await ShellPod.create(shell)
    await mkdir(pod.path('own/run'))
    const say = async (): Promise<string> => (await pod.run(exitRecordCommand)).output
    expect(await say()).toBe('')
    await writeFile(pod.path('own/run/exit'), 'exit 1 0 0 0 0 end\n')
    expect(await say()).toBe('sealed \nmarks\n')
    await pod.run(['/bin/sh', '-c', 'mkfifo /.scalr-agent/run/sealed'])
    expect(await say()).toBe('sealed \nmarks\n')
    await rm(pod.path('own/run/sealed'))
    await writeFile(pod.path('own/run/sealed'), `seal exit 1 9 0 0 0 end\n${' '.repeat(1000)}`)
    await writeFile(pod.path('own/run/killed'), '')
    expect(await say()).toBe('sealed seal exit 1 9 0 0 0 end\nmarks killed\n')
  })

  it('a pod in which nothing was started goes at once', async () => {
    await using pod = await ShellPod.create(shell)
    expect((await pod.run(commands.preStop)).code).toBe(0)
  })
})
