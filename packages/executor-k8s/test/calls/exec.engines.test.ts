import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'

import { silentLogger, systemClock } from '@scalr-agent/core'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { createKubeClient } from '../../src/calls/create-kube-client.ts'
import { KubeAnswerError } from '../../src/calls/kube-answer-error.ts'
import type { KubeClient } from '../../src/calls/kube-client.ts'
import { createKubeWatches } from '../../src/calls/kube-watches.ts'
import { isAway, isConflict, isNotFound } from '../../src/kubernetes-error.ts'
import { describeWithCluster, TestNamespace, testImage } from '../support/real-cluster.ts'

const { signal } = new AbortController()
const megabyte = 1_000_000
const kubeJob = (name: string, script: string) => ({
  metadata: { name, labels: { test: name } },
  spec: {
    backoffLimit: 0,
    template: {
      metadata: { labels: { test: name } },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: testImage, command: ['sh', '-c', script] }],
      },
    },
  },
})

describeWithCluster('processes in a pod of a real cluster', () => {
  let namespace: TestNamespace
  let client: KubeClient
  let pod: string

  beforeAll(async () => {
    namespace = await TestNamespace.create()
    client = createKubeClient(namespace.cluster)
    using watch = createKubeWatches(namespace.cluster, systemClock, silentLogger).watch('test=main')
    await client.jobs.create(kubeJob('main', 'sleep 3600'), signal)
    for (;;) {
      const running = [...(watch.pods ?? [])].find(([, { status }]) => status?.phase === 'Running')
      pod = running?.[0] ?? ''
      if (pod !== '') return
      await watch.next(60_000, AbortSignal.timeout(60_000))
    }
  })
  afterAll(async () => {
    await client.jobs.remove('main', { gracePeriodSeconds: 0 }, signal)
    await client.pods.remove(pod, { gracePeriodSeconds: 0 }, signal)
    await namespace[Symbol.asyncDispose]()
  })

  const start = async (script: string, stdin?: Readable) =>
    await client.pods.exec({ pod, container: 'main', command: ['sh', '-c', script], stdin }, signal)

  it('takes 60 MB in and gives them out again, byte for byte', async () => {
    const bytes = randomBytes(60 * megabyte)
    const stdin = Readable.from([bytes.subarray(0, 50 * megabyte), bytes.subarray(50 * megabyte)])
    await using writing = await start(`head -c ${bytes.length} >/tmp/x && wc -c </tmp/x`, stdin)
    expect(String(await writing.stdout.toArray()).trim()).toBe(String(bytes.length))
    expect(await writing.ended).toBe(0)

    await using reading = await start('cat /tmp/x; rm /tmp/x; exit 9')
    const hash = createHash('sha256')
    for await (const part of reading.stdout) if (Buffer.isBuffer(part)) hash.update(part)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(await reading.ended).toBe(9)
  })

  it('the process waits for a slow reader, and this process holds nothing for it', async () => {
    await using process_ = await start('head -c 60000000 /dev/zero; touch /tmp/done')
    const reader = process_.stdout[Symbol.asyncIterator]()
    await reader.next()
    const beforeBytes = process.memoryUsage().rss
    // As long as it takes a fast one to send all of it.
    await systemClock.sleep(3000)
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(16 * megabyte)
    await using looking = await start('test -e /tmp/done')
    looking.stdout.resume()
    expect(await looking.ended, 'the writer still writes').toBe(1)
    let restBytes = 0
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      restBytes += Buffer.isBuffer(next.value) ? next.value.length : 0
    }
    expect(restBytes).toBeGreaterThan(59 * megabyte)
    expect(await process_.ended).toBe(0)
  })

  it('tells standard error apart, and an exit code above 128', async () => {
    await using process_ = await start('echo out; echo err >&2; kill -TERM $$')
    expect(String(await process_.stdout.toArray())).toBe('out\n')
    expect(await process_.ended).toBe(143)
    expect(process_.stderr()).toBe('err\n')
  })

  it('leaving a process closes its output; what it runs goes on until it writes', async () => {
    const process_ = await start('while :; do echo x; done')
    for await (const _part of process_.stdout) break
    await process_[Symbol.asyncDispose]()
    expect(await process_.ended).toBeUndefined()
  })

  it('an image without the program, a container and a pod that are not there: each in words', async () => {
    const run = async (options: { pod?: string; container?: string; command?: string }) => {
      const { command = 'true', container = 'main' } = options
      const exec = { pod: options.pod ?? pod, container, command: [command] as const }
      return await client.pods
        .exec(exec, signal)
        .then(async (process_) => await process_.stdout.toArray())
        .catch((error: unknown) => error)
    }
    const noProgram = await run({ command: 'no-such-program' })
    expect(noProgram).toBeInstanceOf(KubeAnswerError)
    expect(noProgram).toMatchObject({ message: expect.stringContaining('no-such-program') })
    const noContainer = await run({ container: 'none' })
    expect(noContainer).toMatchObject({ status: 400, message: expect.stringContaining('none') })
    const noPod = await run({ pod: 'none' })
    expect(isNotFound(noPod)).toBe(true)
    expect([noProgram, noContainer, noPod].map(isAway)).toEqual([false, false, false])
  })

  it('a watch sees a kubeJob from its start to its removal; a name is taken once', async () => {
    using watch = createKubeWatches(namespace.cluster, systemClock, silentLogger).watch(
      'test=short',
    )
    const limit = AbortSignal.timeout(60_000)
    const until = async (isSeen: () => boolean): Promise<void> => {
      while (!isSeen()) await watch.next(60_000, limit)
    }
    const { metadata } = await client.jobs.create(kubeJob('short', 'exit 5'), signal)
    const taken = await client.jobs
      .create(kubeJob('short', 'exit 5'), signal)
      .catch((error: unknown) => error)
    expect(isConflict(taken)).toBe(true)
    const exitCode = () =>
      [...(watch.pods?.values() ?? [])][0]?.status?.containerStatuses?.[0]?.state?.terminated
        ?.exitCode
    await until(() => exitCode() === 5)
    await until(() => (watch.kubeJobs?.get('short')?.status?.failed ?? 0) === 1)
    const kept = watch.kubeJobs?.get('short')
    expect(kept?.metadata?.creationTimestamp).toBeInstanceOf(Date)

    const patch = (resourceVersion: string | undefined) => ({
      metadata: { resourceVersion, annotations: { seen: 'yes' } },
    })
    const late = await client.jobs
      .patch('short', patch(metadata?.resourceVersion), signal)
      .catch((error: unknown) => error)
    expect(isConflict(late)).toBe(true)
    const patched = await client.jobs.patch('short', patch(kept?.metadata?.resourceVersion), signal)
    expect(patched?.metadata?.annotations?.['seen']).toBe('yes')

    await client.jobs.remove('short', { uid: 'another', gracePeriodSeconds: 0 }, signal)
    expect(await client.jobs.read('short', signal)).toBeDefined()
    await client.jobs.remove('short', { uid: kept?.metadata?.uid, gracePeriodSeconds: 0 }, signal)
    await until(() => watch.kubeJobs?.size === 0 && watch.pods?.size === 0)
    expect(await client.jobs.read('short', signal)).toBeUndefined()
  })
})
