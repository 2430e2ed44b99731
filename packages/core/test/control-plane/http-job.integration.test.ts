import { describe, expect, it } from 'vitest'

import { problemTypes } from '../../src/protocol/index.ts'
import { sendJson, type Handler } from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'
import { finishRequest, jobSpec, jobToken, startJob } from './support.ts'

const unauthorized: Handler = (_request, response) =>
  sendJson(response, 401, { type: problemTypes.unauthorized, title: 'Expired', status: 401 })

describe('the log', () => {
  it('appends at an offset and gives the server’s', async () => {
    const { job, requests } = await startJob({
      'PATCH /jobs/job-v01/log': (_request, response) => sendJson(response, 200, { offset: 105 }),
    })
    expect(await job.appendLog(100, Buffer.from('hello'))).toBe(105)
    const [request] = requests('PATCH /jobs/job-v01/log')
    expect(request?.headers).toMatchObject({
      'upload-offset': '100',
      'scalr-agent-fencing-token': '3',
    })
    expect(String(request?.body)).toBe('hello')
  })

  it('gives the server’s offset when the server is elsewhere', async () => {
    const { job } = await startJob({
      'PATCH /jobs/job-v01/log': (_request, response) =>
        sendJson(response, 409, {
          type: problemTypes.offsetMismatch,
          title: 'Other offset',
          status: 409,
          offset: 42,
        }),
    })
    expect(await job.appendLog(100, Buffer.from('hello'))).toBe(42)
  })

  it('I5: a lost lease is an error, not an offset, and is not tried again', async () => {
    const { job, requests } = await startJob({
      'PATCH /jobs/job-v01/log': (_request, response) =>
        sendJson(response, 409, { type: problemTypes.leaseLost, title: 'Lease lost', status: 409 }),
    })
    await expect(job.appendLog(0, Buffer.from('x'))).rejects.toMatchObject({
      name: 'ApiError',
      problemType: problemTypes.leaseLost,
    })
    expect(requests('PATCH /jobs/job-v01/log')).toHaveLength(1)
  })

  it('makes one attempt: the uploader is the one that tries again', async () => {
    const { job, requests } = await startJob({
      'PATCH /jobs/job-v01/log': (_request, response) => sendJson(response, 503, {}),
    })
    await expect(job.appendLog(0, Buffer.from('x'))).rejects.toMatchObject({ retryable: true })
    expect(requests('PATCH /jobs/job-v01/log')).toHaveLength(1)
  })

  it('asks for the length, and refuses an answer without one', async () => {
    let header: Readonly<Record<string, string>> = { 'upload-offset': '7' }
    const { job } = await startJob({
      'HEAD /jobs/job-v01/log': (_request, response) => void response.writeHead(200, header).end(),
    })
    expect(await job.logOffset()).toBe(7)
    header = {}
    await expect(job.logOffset()).rejects.toMatchObject({ code: 'INVALID_REPLY' })
  })
})

describe('finish', () => {
  it('is tried again for more than an hour, always with the same key and fencing token', async () => {
    let isUp = false
    const { job, clock, requests } = await startJob({
      'POST /jobs/job-v01/finish': (_request, response) => {
        isUp = clock.monotonicMs() > 3_600_000
        if (isUp) sendJson(response, 200, { accepted: true })
        else sendJson(response, 503, {})
      },
    })
    await job.finish(finishRequest)
    expect(isUp).toBe(true)
    const sent = requests('POST /jobs/job-v01/finish')
    expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(JSON.parse(String(sent.at(-1)?.body))).toEqual({ ...finishRequest, fencingToken: 3 })
  })

  it('I10: a digest that the server refuses is final', async () => {
    const { job, requests } = await startJob({
      'POST /jobs/job-v01/finish': (_request, response) =>
        sendJson(response, 422, { type: problemTypes.digestMismatch, title: 'No', status: 422 }),
    })
    await expect(job.finish(finishRequest)).rejects.toMatchObject({
      problemType: problemTypes.digestMismatch,
    })
    expect(requests('POST /jobs/job-v01/finish')).toHaveLength(1)
  })
})

describe('the job token', () => {
  const fresh = fakeToken({ kind: 'job', iat: 0, exp: 3600 }, 'c4n4ry-fresh')
  const renewed = { jobToken: fresh, jobTokenExpiresAt: '2026-01-01T02:00:00Z' }
  const head: Handler = (_request, response) =>
    void response.writeHead(200, { 'upload-offset': '0' }).end()

  it('refreshToken: the calls that follow use the new one', async () => {
    const { job, requests } = await startJob({
      'POST /jobs/job-v01/token': (_request, response) => sendJson(response, 200, renewed),
      'HEAD /jobs/job-v01/log': head,
    })
    expect(await job.refreshToken()).toEqual({ jobTokenExpiresAt: renewed.jobTokenExpiresAt })
    await job.logOffset()
    expect(requests('POST /jobs/job-v01/token')[0]?.headers.authorization).toBe(
      `Bearer ${jobToken}`,
    )
    expect(requests('HEAD /jobs/job-v01/log')[0]?.headers.authorization).toBe(`Bearer ${fresh}`)
  })

  it('is renewed by itself past half of its life, without holding up the call', async () => {
    const { job, clock, server, requests } = await startJob({
      'POST /jobs/job-v01/token': (_request, response) => sendJson(response, 200, renewed),
      'HEAD /jobs/job-v01/log': head,
    })
    clock.advance(29 * 60_000)
    await job.logOffset()
    expect(requests('POST /jobs/job-v01/token')).toHaveLength(0)
    clock.advance(2 * 60_000)
    await job.logOffset()
    await server.receivedAtLeast(5)
    expect(requests('POST /jobs/job-v01/token')).toHaveLength(1)
    await expect
      .poll(async () => {
        await job.logOffset()
        return requests('HEAD /jobs/job-v01/log').at(-1)?.headers.authorization
      })
      .toBe(`Bearer ${fresh}`)
    expect(requests('POST /jobs/job-v01/token')).toHaveLength(1)
  })

  it('a renewal that fails harms no call', async () => {
    const { job, clock, server } = await startJob({
      'POST /jobs/job-v01/token': (_request, response) => sendJson(response, 503, {}),
      'HEAD /jobs/job-v01/log': head,
    })
    clock.advance(31 * 60_000)
    expect(await job.logOffset()).toBe(0)
    await server.receivedAtLeast(4)
    expect(await job.logOffset()).toBe(0)
  })

  it('after it has expired, comes back by way of start, once', async () => {
    let starts = 0
    const { job, requests } = await startJob({
      'POST /jobs/job-v01/start': (_request, response) => {
        starts += 1
        sendJson(response, 200, starts === 1 ? jobSpec : { ...jobSpec, jobToken: fresh })
      },
      'HEAD /jobs/job-v01/log': (request, response) => {
        if (request.headers.authorization === `Bearer ${fresh}`) return head(request, response)
        return unauthorized(request, response)
      },
    })
    expect(await job.logOffset()).toBe(0)
    expect(requests('POST /jobs/job-v01/start')).toHaveLength(2)
  })

  it('after it was revoked with the job, the lost lease is what is told', async () => {
    let starts = 0
    const { job } = await startJob({
      'POST /jobs/job-v01/start': (_request, response) => {
        starts += 1
        if (starts === 1) sendJson(response, 200, jobSpec)
        else
          sendJson(response, 409, {
            type: problemTypes.leaseLost,
            title: 'Lease lost',
            status: 409,
          })
      },
      'HEAD /jobs/job-v01/log': unauthorized,
    })
    await expect(job.logOffset()).rejects.toMatchObject({ problemType: problemTypes.leaseLost })
  })

  it('a token that stays refused is an error of authentication', async () => {
    const { job, requests } = await startJob({ 'HEAD /jobs/job-v01/log': unauthorized })
    await expect(job.logOffset()).rejects.toMatchObject({ name: 'AuthenticationError' })
    expect(requests('HEAD /jobs/job-v01/log')).toHaveLength(2)
  })
})
