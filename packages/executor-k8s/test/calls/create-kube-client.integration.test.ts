import { expect, it } from 'vitest'

import { createKubeClient } from '../../src/calls/create-kube-client.ts'
import { KubeAnswerError } from '../../src/calls/kube-answer-error.ts'
import { KubeHttp } from '../../src/calls/kube-http.ts'
import { isAway, isConflict, isForbidden, toKubernetesError } from '../../src/kubernetes-error.ts'
import { answer, failure } from '../support/kube-server.ts'
import { startScene } from '../support/scene.ts'

const { signal } = new AbortController()
const pod = { metadata: { name: 'pod-1', creationTimestamp: '2026-11-22T20:00:00Z' } }

async function errorOf(working: Promise<unknown>): Promise<unknown> {
  return await working.then(
    () => new Error('it worked'),
    (error: unknown) => error,
  )
}

it('reads objects with their dates, and says `undefined` for what is not there', async () => {
  await using scene = await startScene()
  const { pods } = createKubeClient(scene.cluster)
  scene.server.handler = ({ path }, response) => {
    if (path.endsWith('/pods/pod-1')) answer(response, pod)
    else answer(response, failure(404, 'NotFound', 'pods "x" not found'), 404)
  }
  const found = await pods.read('pod-1', signal)
  expect(found?.metadata?.creationTimestamp).toEqual(new Date('2026-11-22T20:00:00Z'))
  expect(await pods.read('a/b', signal)).toBeUndefined()
  const { headers, path } = scene.server.requests[1] ?? {}
  expect(path).toBe('/api/v1/namespaces/jobs/pods/a%2Fb')
  expect(headers?.authorization).toBe('Bearer canary-token')
})

it('lists page by page', async () => {
  await using scene = await startScene()
  scene.server.handler = ({ query }, response) => {
    const next = query.get('continue')
    const items = [{ metadata: { name: next ?? 'first' } }]
    const metadata = { resourceVersion: '7', ...(next === null ? { continue: 'second' } : {}) }
    answer(response, { items, metadata })
  }
  const found = await createKubeClient(scene.cluster).pods.list('a=b', signal)
  expect(found.map(({ metadata }) => metadata?.name)).toEqual(['first', 'second'])
  expect(scene.server.requests.map(({ query }) => query.get('labelSelector'))).toEqual([
    'a=b',
    'a=b',
  ])
})

it('lists kubeJobs without the scripts of their pods', async () => {
  await using scene = await startScene()
  scene.server.handler = (_request, response) => answer(response, { items: [], metadata: {} })
  const { jobs, pods } = createKubeClient(scene.cluster)
  await jobs.list('a=b', signal)
  await pods.list('a=b', signal)
  expect(scene.server.requests.map(({ headers }) => headers.accept)).toEqual([
    expect.stringContaining('as=PartialObjectMetadataList'),
    'application/json',
  ])
})

it('patches only the version that was seen, and tells when it is another', async () => {
  await using scene = await startScene()
  scene.server.handler = (_request, response) => {
    answer(response, failure(409, 'Conflict', 'the object has been modified'), 409)
  }
  const patch = { metadata: { resourceVersion: '7', annotations: { a: 'b' } } }
  const error = await errorOf(createKubeClient(scene.cluster).jobs.patch('job-1', patch, signal))
  expect(isConflict(error)).toBe(true)
  expect(scene.server.requests[0]).toMatchObject({
    method: 'PATCH',
    body: patch,
    headers: { 'content-type': 'application/merge-patch+json' },
  })
})

it('removes one uid alone: gone, or taken by another, is removed enough', async () => {
  await using scene = await startScene()
  const { jobs } = createKubeClient(scene.cluster)
  let status = 404
  scene.server.handler = (_request, response) => {
    answer(response, failure(status, '', 'the UID in the precondition does not match'), status)
  }
  await jobs.remove('job-1', { uid: 'u1', gracePeriodSeconds: 0 }, signal)
  status = 409
  await jobs.remove('job-1', { uid: 'u1' }, signal)
  expect(isConflict(await errorOf(jobs.remove('job-1', {}, signal)))).toBe(true)
  expect(scene.server.requests[0]?.body).toMatchObject({
    propagationPolicy: 'Background',
    gracePeriodSeconds: 0,
    preconditions: { uid: 'u1' },
  })
})

it.each([
  [20, '/apis/policy/v1beta1/', 'policy/v1beta1'],
  [21, '/apis/policy/v1/', 'policy/v1'],
])('makes a disruption budget of the kind that 1.%i knows', async (minor, path, apiVersion) => {
  await using scene = await startScene()
  scene.server.handler = (_request, response) => answer(response, {}, 201)
  const budget = { metadata: { name: 'job-1' }, spec: { maxUnavailable: 0 } }
  const version = { major: 1, minor, text: `v1.${minor}` }
  await createKubeClient(scene.cluster).createPodDisruptionBudget(budget, version, signal)
  const [request] = scene.server.requests
  expect(request?.path).toBe(`${path}namespaces/jobs/poddisruptionbudgets`)
  expect(request?.body).toMatchObject({ apiVersion, ...budget })
})

it('asks for the version once, also where a provider writes `20+`', async () => {
  await using scene = await startScene()
  scene.server.handler = (_request, response) =>
    answer(response, { major: '1', minor: '20+', gitVersion: 'v1.20.2-gke' })
  const client = createKubeClient(scene.cluster)
  expect(await client.serverVersion(signal)).toEqual({ major: 1, minor: 20, text: 'v1.20.2-gke' })
  await client.serverVersion(signal)
  expect(scene.server.requests).toHaveLength(1)
})

it('gives events in the order of their time, whichever field tells it', async () => {
  await using scene = await startScene()
  scene.server.handler = (_request, response) =>
    answer(response, {
      items: [
        { reason: 'third', metadata: {}, lastTimestamp: '2026-11-22T20:00:03Z' },
        { reason: 'first', metadata: {}, eventTime: '2026-11-22T20:00:01Z', lastTimestamp: null },
        { reason: 'second', metadata: { creationTimestamp: '2026-11-22T20:00:02Z' } },
      ],
    })
  const events = await createKubeClient(scene.cluster).events('u1', signal)
  expect(events.map(({ reason }) => reason)).toEqual(['first', 'second', 'third'])
  expect(scene.server.requests[0]?.query.get('fieldSelector')).toBe('involvedObject.uid=u1')
})

it('tells how long to wait when there are too many requests', async () => {
  await using scene = await startScene()
  scene.server.handler = (_request, response) => {
    response.setHeader('retry-after', '3')
    answer(response, failure(429, 'TooManyRequests', 'try again'), 429)
  }
  const error = await errorOf(createKubeClient(scene.cluster).pods.list('', signal))
  expect(error).toMatchObject({ status: 429, retryAfterMs: 3000 })
  expect(isAway(error)).toBe(true)
})

it('takes a refusal right after an outage for a server that starts, and later for what it is', async () => {
  await using scene = await startScene()
  const { server } = scene
  const { pods } = createKubeClient(scene.cluster)
  server.handler = (_request, response) => {
    answer(response, failure(403, 'Forbidden', 'pods is forbidden'), 403)
  }
  expect(isForbidden(await errorOf(pods.list('', signal)))).toBe(true)
  await server.down()
  expect(isAway(await errorOf(pods.list('', signal)))).toBe(true)
  await server.up()
  const starting = await errorOf(pods.list('', signal))
  expect(starting).toMatchObject({ status: 403, isStarting: true })
  expect([isForbidden(starting), isAway(starting)]).toEqual([false, true])
  // Another client was not there when it was away.
  const other = createKubeClient(scene.cluster)
  expect(isForbidden(await errorOf(other.pods.list('', signal)))).toBe(true)
})

it('keeps its connection for the next call, and opens another when the server has closed it', async () => {
  await using scene = await startScene()
  const { server } = scene
  const { pods } = createKubeClient(scene.cluster)
  server.handler = (_request, response) => answer(response, pod)
  await pods.read('pod-1', signal)
  await pods.read('pod-1', signal)
  expect(server.connections).toBe(1)
  // Between two calls: the client cannot know before it has sent.
  server.cut()
  expect(await pods.read('pod-1', signal)).toBeDefined()
})

it('an answer that is cut, or is no object, is no answer', async () => {
  await using scene = await startScene()
  const { pods } = createKubeClient(scene.cluster)
  scene.server.handler = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"metadata":')
    setImmediate(() => scene.server.cut())
  }
  expect(isAway(await errorOf(pods.read('pod-1', signal)))).toBe(true)
  scene.server.handler = (_request, response) => response.end('<html>hello</html>')
  const page = toKubernetesError(await errorOf(pods.read('pod-1', signal)), {
    phase: 'attach',
    doing: 'attach',
  })
  expect(page.message).toContain('Cannot attach: ')
})

it("ends with the signal's reason, while a question is under way", async () => {
  await using scene = await startScene()
  const stop = new AbortController()
  const reason = new Error('enough')
  scene.server.handler = () => stop.abort(reason)
  const { pods } = createKubeClient(scene.cluster)
  expect(await errorOf(pods.list('', stop.signal))).toBe(reason)
})

it('I12: an error holds no credential, also not in what hangs on it', async () => {
  await using scene = await startScene()
  scene.server.handler = ({ headers }, response) => {
    answer(response, failure(500, '', `you sent ${headers.authorization}`), 500)
  }
  const error = await errorOf(createKubeClient(scene.cluster).pods.list('', signal))
  expect(error).toBeInstanceOf(KubeAnswerError)
  const told = toKubernetesError(error, { phase: 'list', doing: 'list' })
  expect(told.message).not.toContain('canary-token')
  await scene.server.down()
  const away = await errorOf(new KubeHttp(scene.cluster).json(request, signal))
  expect(JSON.stringify(Object.getOwnPropertyDescriptors(away))).not.toContain('canary-token')
})

const request = { method: 'GET', path: '/version', call: { verb: 'get', resource: 'x' } } as const
