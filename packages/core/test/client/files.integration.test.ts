import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { startServer } from '../http/support/test-server.ts'
import { answer, open, prefix, setUp, toWorkspace, token } from './support.ts'

describe('files', () => {
  const archive = randomBytes(200_000)
  const created = (upload: string): object => ({
    data: {
      type: 'configuration-versions',
      id: 'cv-1',
      attributes: { status: 'pending' },
      relationships: { workspace: toWorkspace },
      links: { upload },
    },
  })

  it('uploads to the link, again after a failure, with the token on the own origin', async () => {
    let count = 0
    const { client, server } = await setUp({
      'POST /configuration-versions': answer(201, created(`${prefix}/upload/cv-1`)),
      'PUT /upload/cv-1': (_request, response) => {
        count += 1
        if (count === 1) response.destroy()
        else response.writeHead(200).end()
      },
    })
    const version = await client.configurationVersions.create({ workspaceId: 'ws-1' })
    await client.configurationVersions.upload(version, {
      bytes: archive.byteLength,
      open: () => Readable.from([archive]),
    })
    const last = server.received.at(-1)
    expect(last?.body.equals(archive)).toBe(true)
    expect(last?.headers.authorization).toBe(`Bearer ${token}`)
  })

  it('uploads to a signed link elsewhere without the token, and never to plain HTTP', async () => {
    const other = await startServer((_request, response) => void response.writeHead(200).end())
    open.push(other)
    const { client } = await setUp({})
    const version = { id: 'cv-1', uploadUrl: `${other.url}/blob?sig=1` }
    await client.configurationVersions.upload(version, archive)
    expect(other.received[0]?.headers.authorization).toBeUndefined()
    await expect(
      client.configurationVersions.upload(
        { id: 'cv-1', uploadUrl: 'http://evil.example/x' },
        archive,
      ),
    ).rejects.toMatchObject({ code: 'INSECURE_URL' })
    await expect(
      client.configurationVersions.upload({ id: 'cv-1', uploadUrl: null }, archive),
    ).rejects.toThrow(/create\(\)/u)
  })

  it('follows the redirect of a download by hand, without the token', async () => {
    const other = await startServer((_request, response) => void response.end(archive))
    open.push(other)
    const { client, server } = await setUp({
      'GET /configuration-versions/cv-1/download': (_request, response) =>
        void response.writeHead(302, { location: `${other.url}/blob?sig=c4n4ry` }).end(),
    })
    const stream = await client.configurationVersions.download('cv-1')
    expect((await buffer(stream)).equals(archive)).toBe(true)
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${token}`)
    expect(other.received[0]?.headers.authorization).toBeUndefined()
  })

  it('does not follow to plain HTTP elsewhere, nor for ever; a signed link shows in no error', async () => {
    let location = 'http://evil.example/x'
    const { client } = await setUp({
      'GET /plans/plan-1/output': (_request, response) =>
        void response.writeHead(302, { location }).end(),
    })
    await expect(client.plans.output('plan-1')).rejects.toMatchObject({ code: 'INSECURE_URL' })
    location = `${prefix}/plans/plan-1/output`
    await expect(client.plans.output('plan-1')).rejects.toThrow(/redirects in a row/u)
    const other = await startServer((_request, response) => void response.writeHead(403).end())
    open.push(other)
    location = `${other.url}/blob?sig=c4n4ry`
    const error: unknown = await client.plans.output('plan-1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ status: 403 })
    expect(inspect(error, { depth: 10 })).not.toContain('c4n4ry')
  })

  it('plan output: text, nothing yet, and JSON', async () => {
    let isReady = false
    const { client, server } = await setUp({
      'GET /plans/plan-1/output': (_request, response) => {
        if (isReady) response.end('Plan: 1 to add ✓')
        else response.writeHead(204).end()
      },
      'GET /plans/plan-1/json-output': answer(200, { 'format-version': '1.2' }),
    })
    expect(await client.plans.output('plan-1')).toBeUndefined()
    expect(await client.plans.outputStream('plan-1')).toBeUndefined()
    isReady = true
    expect(await client.plans.output('plan-1', { clean: true })).toBe('Plan: 1 to add ✓')
    expect(server.received.at(-1)?.url).toContain('?clean=true')
    expect(await client.plans.jsonOutput('plan-1')).toEqual({ 'format-version': '1.2' })
    await expect(client.plans.output('plan-1', { maxBytes: 3 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
  })

  it('follows a log from a byte on, whether or not the server knows ranges', async () => {
    const log = '0123456789'
    let knowsRanges = false
    const { client } = await setUp({
      'GET /applies/apply-1/output': (request, response) => {
        const from = Number(/bytes=(\d+)-/u.exec(request.headers.range ?? '')?.[1] ?? 0)
        if (!knowsRanges) response.end(log)
        else if (from >= log.length) response.writeHead(416).end()
        else response.writeHead(206).end(log.slice(from))
      },
    })
    const readFrom = async (fromByte: number): Promise<string | undefined> => {
      const stream = await client.applies.outputStream('apply-1', { fromByte })
      return stream === undefined ? undefined : await text(stream)
    }
    expect(await readFrom(4)).toBe('456789')
    expect(await readFrom(10)).toBe('')
    knowsRanges = true
    expect(await readFrom(4)).toBe('456789')
    expect(await readFrom(10)).toBeUndefined()
  })
})
