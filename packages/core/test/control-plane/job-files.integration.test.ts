import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { describe, expect, it } from 'vitest'

import { sendJson } from '../http/support/test-server.ts'
import { digestOf, jobToken, startJob } from './support.ts'

const fileRoute = '/jobs/job-v01/files/configuration.tar.gz'
const name = 'configuration.tar.gz'
const content = randomBytes(300_000)
const expected = { bytes: content.byteLength, digest: digestOf(content) }

describe('download', () => {
  it('streams the file, with job token and fencing token (I5)', async () => {
    const { job, requests } = await startJob({
      [`GET ${fileRoute}`]: (_request, response) => {
        response.writeHead(200, { 'repr-digest': expected.digest }).end(content)
      },
    })
    expect((await buffer(await job.download(name, expected))).equals(content)).toBe(true)
    expect(requests(`GET ${fileRoute}`)[0]?.headers).toMatchObject({
      authorization: `Bearer ${jobToken}`,
      'scalr-agent-fencing-token': '3',
    })
  })

  it('bridges cut connections: every byte once, and the digest is checked over all', async () => {
    let count = 0
    const { job, requests } = await startJob({
      [`GET ${fileRoute}`]: (_request, response) => {
        count += 1
        response.writeHead(200, { 'content-length': content.byteLength })
        if (count < 4) {
          response.write(content.subarray(0, count * 70_000), () =>
            setImmediate(() => response.destroy()),
          )
        } else response.end(content)
      },
    })
    expect((await buffer(await job.download(name, expected))).equals(content)).toBe(true)
    expect(requests(`GET ${fileRoute}`)).toHaveLength(4)
  })

  it('gives up a download that never gets further: the truncated file is an error, not a file', async () => {
    const { job } = await startJob({
      [`GET ${fileRoute}`]: (_request, response) => {
        response.writeHead(200).end(content.subarray(0, 1000))
      },
    })
    await expect(buffer(await job.download(name, expected))).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(`it ended after 1000 of ${expected.bytes} bytes`),
    })
  })

  it.each([
    ['other bytes', Buffer.from(content).fill(0, 100, 110), 'its digest is'],
    ['more bytes', Buffer.concat([content, Buffer.from('!')]), 'it is longer than'],
  ])('refuses %s', async (_what, sent, words) => {
    const { job } = await startJob({
      [`GET ${fileRoute}`]: (_request, response) => void response.writeHead(200).end(sent),
    })
    await expect(buffer(await job.download(name, expected))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(words),
    })
  })

  it('refuses a file that the server declares otherwise, before a byte of it', async () => {
    const { job } = await startJob({
      [`GET ${fileRoute}`]: (_request, response) => {
        response.writeHead(200, { 'repr-digest': digestOf(Buffer.from('x')) }).end(content)
      },
    })
    await expect(job.download(name, expected)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('closes the connection of a download that nobody reads', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    const { job } = await startJob({
      [`GET ${fileRoute}`]: (_request, response) => {
        closed = once(response, 'close')
        response.writeHead(200).write(content)
      },
    })
    const stream = await job.download(name, expected)
    stream.destroy()
    await closed
  })

  it('refuses names that would lead elsewhere', async () => {
    const { job, server } = await startJob({})
    const before = server.received.length
    await expect(job.download('..', expected)).rejects.toMatchObject({ name: 'ConfigurationError' })
    expect(server.received).toHaveLength(before)
  })
})

describe('upload', () => {
  it('sends the digest, and opens the file again for the next attempt', async () => {
    let count = 0
    const { job, requests } = await startJob({
      [`PUT ${fileRoute}`]: (_request, response) => {
        count += 1
        if (count === 1) response.destroy()
        else sendJson(response, count === 2 ? 503 : 201, {})
      },
    })
    let opened = 0
    await job.upload(name, {
      ...expected,
      open: () => {
        opened += 1
        return Readable.from([content.subarray(0, 1000), content.subarray(1000)])
      },
    })
    expect(opened).toBe(3)
    const last = requests(`PUT ${fileRoute}`).at(-1)
    expect(last?.body.equals(content)).toBe(true)
    expect(last?.headers).toMatchObject({
      'repr-digest': expected.digest,
      'content-length': String(expected.bytes),
      'scalr-agent-fencing-token': '3',
    })
  })

  it('takes an empty file', async () => {
    const { job, requests } = await startJob({
      [`PUT ${fileRoute}`]: (_request, response) => sendJson(response, 201, {}),
    })
    await job.upload(name, {
      bytes: 0,
      digest: digestOf(Buffer.alloc(0)),
      open: () => Readable.from([]),
    })
    expect(requests(`PUT ${fileRoute}`)[0]?.body.byteLength).toBe(0)
  })

  it('a file that changed meanwhile is not sent as if it were whole', async () => {
    const { job } = await startJob({
      [`PUT ${fileRoute}`]: (_request, response) => sendJson(response, 201, {}),
    })
    await expect(
      job.upload(name, { ...expected, open: () => Readable.from([content.subarray(0, 10)]) }),
    ).rejects.toMatchObject({ name: 'ProtocolError', code: 'DIGEST_MISMATCH' })
  })
})
