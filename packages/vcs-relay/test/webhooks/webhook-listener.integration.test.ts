import { createHash } from 'node:crypto'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { request } from 'undici'

import {
  SpoolFullError,
  startWebhookServer,
  WebhookListener,
  type WebhookListenerOptions,
  type WebhookServer,
  type WebhookSpool,
} from '../../src/webhooks/index.ts'

import { hook, hookPath, hookSecret, send, signedPush } from './support/hook.ts'
import { RawConnection } from './support/raw-request.ts'

type Kept = Parameters<WebhookSpool['add']>[0]

let kept: Kept[]
let logged: string
let failure: Error | undefined
const open: AsyncDisposable[] = []
beforeEach(() => {
  kept = []
  logged = ''
  failure = undefined
})
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]()
})

async function listen(
  options: Partial<WebhookListenerOptions> = {},
  headersMs = 10_000,
): Promise<WebhookServer> {
  const log = (fields: object, message: string): void => {
    logged += `${message} ${JSON.stringify(fields)}\n`
  }
  const logger = { debug: log, info: log, warn: log, error: log, child: () => logger }
  const spool = {
    add: (webhook: Kept) => {
      if (failure !== undefined) return Promise.reject(failure)
      kept.push(webhook)
      return Promise.resolve({ id: `whk-${kept.length}`, isNew: true })
    },
  }
  const listener = new WebhookListener({ hooks: [hook], ...options }, { spool, logger })
  const server = await startWebhookServer({ listener, port: 0, headersMs })
  open.push(server)
  return server
}

const head = (lines: readonly string[]): string =>
  `POST ${hookPath} HTTP/1.1\r\nHost: agent\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

describe('a webhook', () => {
  it('is handed on with its raw bytes and all of its header lines', async () => {
    const server = await listen({ hooks: [{ ...hook, secrets: [] }] })
    await using connection = await RawConnection.open(server.url)
    const body = Buffer.from('{ "a" : 1.0,\r\n "\xff" }', 'latin1')
    connection.write(
      `POST ${hookPath}?from=forge HTTP/1.1\r\nHost: agent\r\nX-Two: 1\r\nx-TWO: 2\r\nContent-Length: ${body.byteLength}\r\n\r\n`,
    )
    connection.write(body)
    expect(await connection.untilText('\r\n\r\n')).toContain('HTTP/1.1 202')
    expect(kept).toHaveLength(1)
    expect(Buffer.from(kept[0]?.body ?? []).equals(body)).toBe(true)
    expect(kept[0]).toMatchObject({ signature: 'unchecked', target: '/?from=forge', vcs: 'ghes' })
    const pairs = kept[0]?.headers.filter(([name]) => name.toLowerCase() === 'x-two')
    expect(pairs).toEqual([
      ['X-Two', '1'],
      ['x-TWO', '2'],
    ])
  })

  it('is checked where the secret is known', async () => {
    const { url } = await listen()
    const push = signedPush('d-1')
    expect((await send(url, push)).status).toBe(202)
    expect(kept[0]).toMatchObject({
      signature: 'verified',
      deliveryId: 'd-1',
      project: 'octo-org/infra',
    })
    const forged = { ...push, body: Buffer.from(push.body.toString().replace('main', 'evil')) }
    expect((await send(url, forged)).status).toBe(401)
    expect(kept).toHaveLength(1)
  })

  it('of GitLab leaves its token here once it was checked, for it is the secret', async () => {
    const gitlab = { ...hook, kind: 'gitlab' } as const
    const headers = { 'x-gitlab-token': hookSecret, 'idempotency-key': 'd-1' }
    const checked = await listen({ hooks: [gitlab] })
    expect((await send(checked.url, { headers, body: Buffer.from('{}') })).status).toBe(202)
    const unchecked = await listen({ hooks: [{ ...gitlab, secrets: [] }] })
    expect((await send(unchecked.url, { headers, body: Buffer.from('{}') })).status).toBe(202)
    const [first, second] = kept.map((webhook) => JSON.stringify(webhook.headers))
    expect(first).not.toContain(hookSecret)
    // Where the agent cannot check, the control plane may.
    expect(second).toContain(hookSecret)
  })

  it('of 25 MB comes whole', async () => {
    const { url } = await listen({ hooks: [{ ...hook, secrets: [] }] })
    const body = Buffer.alloc(25 * 1024 ** 2, 'webhook')
    expect((await send(url, { headers: {}, body })).status).toBe(202)
    const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
    expect(digest(kept[0]?.body ?? Buffer.alloc(0))).toBe(digest(body))
  })

  it('in chunks is as good as one of a known length', async () => {
    const { url } = await listen({ hooks: [{ ...hook, secrets: [] }] })
    await using connection = await RawConnection.open(url)
    connection.write(head(['Transfer-Encoding: chunked']))
    connection.write('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n')
    expect(await connection.untilText('\r\n\r\n')).toContain('HTTP/1.1 202')
    expect(Buffer.from(kept[0]?.body ?? []).toString()).toBe('hello world')
  })
})

describe('who may send', () => {
  it('nobody learns which paths there are', async () => {
    const { url } = await listen()
    for (const path of ['/', '/hooks', `${hookPath}/`, hookPath.slice(0, -1), `/x${hookPath}`]) {
      for (const method of ['POST', 'GET'] as const) {
        const answer = await request(`${url}${path}`, { method })
        await answer.body.dump()
        expect(answer.statusCode).toBe(404)
      }
    }
    expect(logged).not.toContain('/hooks')
  })

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const)(
    '%s is refused',
    async (method) => {
      const { url } = await listen()
      const answer = await request(`${url}${hookPath}`, { method })
      expect(answer.statusCode).toBe(405)
      expect(answer.headers['allow']).toBe('POST')
      await answer.body.dump()
    },
  )

  it('addresses that are not allowed are refused before anything is read', async () => {
    const { url } = await listen({ hooks: [{ ...hook, allowFrom: ['10.0.0.0/8'] }] })
    expect((await send(url, signedPush('d-1'))).status).toBe(403)
    const allowed = await listen({ hooks: [{ ...hook, allowFrom: ['127.0.0.0/8'] }] })
    expect((await send(allowed.url, signedPush('d-1'))).status).toBe(202)
  })

  it('X-Forwarded-For counts from trusted proxies alone, and from its end', async () => {
    const hooks = [{ ...hook, allowFrom: ['10.0.0.0/8'] }]
    const push = signedPush('d-1')
    const from = (forwarded: string): typeof push => ({
      ...push,
      headers: { ...push.headers, 'x-forwarded-for': forwarded },
    })
    const alone = await listen({ hooks })
    expect((await send(alone.url, from('10.1.2.3'))).status).toBe(403)
    const proxied = await listen({ hooks, trustedProxies: ['127.0.0.1', '192.0.2.0/24'] })
    expect((await send(proxied.url, from('10.1.2.3'))).status).toBe(202)
    expect((await send(proxied.url, from('10.1.2.3, 192.0.2.9'))).status).toBe(202)
    // The sender wrote the first; the proxy wrote the second.
    expect((await send(proxied.url, from('10.1.2.3, 203.0.113.5'))).status).toBe(403)
  })
})

describe('limits', () => {
  it('a body that says it is too large is refused before it is sent', async () => {
    const { url } = await listen({ maxBodyBytes: 1000 })
    await using connection = await RawConnection.open(url)
    connection.write(head(['Content-Length: 1001', 'Expect: 100-continue']))
    const answer = await connection.untilClosed()
    expect(answer).toContain('HTTP/1.1 413')
    expect(answer).not.toContain('100 Continue')
  })

  it('one that may come is asked for', async () => {
    const { url } = await listen({ hooks: [{ ...hook, secrets: [] }] })
    await using connection = await RawConnection.open(url)
    connection.write(head(['Content-Length: 2', 'Expect: 100-continue']))
    await connection.untilText('100 Continue')
    connection.write('{}')
    expect(await connection.untilText('HTTP/1.1 202')).toContain('202')
  })

  it('a body in chunks that becomes too large is cut', async () => {
    const { url } = await listen({ maxBodyBytes: 1000 })
    await using connection = await RawConnection.open(url)
    connection.write(head(['Transfer-Encoding: chunked']))
    for (let at = 0; at < 3; at += 1) connection.write(`190\r\n${'x'.repeat(400)}\r\n`)
    expect(await connection.untilClosed()).toContain('HTTP/1.1 413')
    expect(kept).toEqual([])
  })

  it('a sender that falls silent is cut', async () => {
    const { url } = await listen({ idleMs: 30 })
    await using connection = await RawConnection.open(url)
    connection.write(head(['Content-Length: 10']))
    connection.write('{')
    expect(await connection.untilClosed()).toContain('HTTP/1.1 408')
  })

  it('a sender that trickles is cut', async () => {
    const { url } = await listen({ bodyMs: 100 })
    await using connection = await RawConnection.open(url)
    connection.write(head(['Content-Length: 100000']))
    const trickle = setInterval(() => connection.write('x'), 5)
    const answer = await connection.untilClosed()
    clearInterval(trickle)
    expect(answer).toContain('HTTP/1.1 408')
  })

  it('a sender that never ends its headers is cut', async () => {
    const { url } = await listen({}, 50)
    await using connection = await RawConnection.open(url)
    connection.write(`POST ${hookPath} HTTP/1.1\r\nHost: agent\r\nX-A: `)
    expect(await connection.untilClosed()).toContain('408')
  })

  it('a sender that leaves has sent nothing', async () => {
    const { url } = await listen()
    const connection = await RawConnection.open(url)
    connection.write(head(['Content-Length: 100']))
    connection.write('{}')
    await connection[Symbol.asyncDispose]()
    // The next is served as ever.
    expect((await send(url, signedPush('d-1'))).status).toBe(202)
    expect(kept).toHaveLength(1)
  })

  it.each([
    ['too many header lines', Array.from({ length: 120 }, (_, at) => `X-${at}: 1`)],
    ['headers that are too large', [`X-Large: ${'x'.repeat(40_000)}`]],
    ['headers that Node does not even read', [`X-Large: ${'x'.repeat(100_000)}`]],
  ])('%s are refused', async (_, lines) => {
    const { url } = await listen()
    await using connection = await RawConnection.open(url)
    connection.write(head(['Content-Length: 0', 'Connection: close', ...lines]))
    expect(await connection.untilClosed()).toContain('HTTP/1.1 431')
    expect(kept).toEqual([])
  })

  it.each([
    ['two lengths', ['Content-Length: 2', 'Content-Length: 3']],
    ['a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked']],
    ['a length that is no number', ['Content-Length: 2x']],
    ['chunks that are not the last coding', ['Transfer-Encoding: chunked, gzip']],
    [
      'a header with a bare line feed',
      ['X-A: 1\nX-Hub-Signature-256: sha256=00', 'Content-Length: 2'],
    ],
  ])('%s are refused', async (_, lines) => {
    const { url } = await listen({ hooks: [{ ...hook, secrets: [] }] })
    await using connection = await RawConnection.open(url)
    connection.write(head(lines))
    connection.write('{}')
    expect(await connection.untilClosed()).toContain('HTTP/1.1 400')
    expect(kept).toEqual([])
  })

  it('bodies share their room, and get it back', async () => {
    const { url } = await listen({
      hooks: [{ ...hook, secrets: [] }],
      maxBodyBytes: 1000,
      maxBufferedBytes: 1500,
    })
    await using slow = await RawConnection.open(url)
    slow.write(head(['Content-Length: 1000', 'Expect: 100-continue']))
    await slow.untilText('100 Continue')
    slow.write('x'.repeat(999))
    const body = Buffer.alloc(900)
    // Its bytes have arrived once another has no room beside them.
    let refused = await send(url, { headers: {}, body })
    while (refused.status !== 503) refused = await send(url, { headers: {}, body })
    expect(refused.retryAfter).toBe('5')
    slow.write('x')
    await slow.untilText('HTTP/1.1 202')
    expect((await send(url, { headers: {}, body })).status).toBe(202)
  })
})

describe('a spool that cannot keep it', () => {
  it('has the forge asked to come back', async () => {
    const { url } = await listen()
    failure = new SpoolFullError('The spool in /somewhere holds 10 of 10 bytes.')
    const full = await send(url, signedPush('d-1'))
    expect(full).toMatchObject({ status: 503, retryAfter: '60' })
    expect(full.text).not.toContain('/somewhere')
    failure = new Error('EIO: i/o error, fsync')
    const broken = await send(url, signedPush('d-1'))
    expect(broken).toMatchObject({ status: 503, retryAfter: '10' })
    expect(broken.text).not.toContain('EIO')
  })
})

describe('I12', () => {
  it('no secret, no path of a hook and no signature is logged or answered', async () => {
    const { url } = await listen()
    const push = signedPush('d-1')
    const canaries = [hookSecret, hookPath, push.headers['x-hub-signature-256'] ?? '', 'cnry-7f']
    const texts: string[] = []
    const bad = { ...push.headers, 'x-gitlab-token': 'cnry-7f', cookie: 'a=cnry-7f' }
    texts.push((await send(url, push)).text)
    texts.push((await send(url, { ...push, headers: bad })).text)
    texts.push((await send(url, { headers: bad, body: Buffer.from('cnry-7f') })).text)
    failure = new Error('full')
    texts.push((await send(url, push)).text)
    expect(logged).toContain('refused')
    for (const canary of canaries) {
      expect(logged).not.toContain(canary)
      for (const text of texts) expect(text).not.toContain(canary)
    }
  })
})

describe('options', () => {
  const spool = { add: () => Promise.reject(new Error('not called')) }
  const make = (options: unknown): WebhookListener =>
    new WebhookListener(options as WebhookListenerOptions, { spool })

  it.each([
    [
      'a path that can be guessed',
      { hooks: [{ ...hook, path: '/hooks/github' }] },
      'can be guessed',
    ],
    [
      'a path with dots',
      { hooks: [{ ...hook, path: '/hooks/../0123456789abcdef01234567' }] },
      'path',
    ],
    ['a short secret', { hooks: [{ ...hook, secrets: ['1234567'] }] }, 'too short'],
    ['a broken signing key', { hooks: [{ ...hook, secrets: ['whsec_!!'] }] }, 'whsec_'],
    ['a network that is none', { hooks: [{ ...hook, allowFrom: ['10.0.0.0/99'] }] }, 'network'],
    ['no hook', { hooks: [] }, 'no hook'],
    ['an unknown option', { hooks: [hook], maxBodybytes: 1 }, 'maxBodybytes'],
    ['two hooks at one path', { hooks: [hook, hook] }, 'same path'],
  ])('%s is refused, and told', (_, options, words) => {
    expect(() => make(options)).toThrow(words)
  })

  it('I12: an error of options tells no path and no secret', () => {
    let text = ''
    try {
      make({ hooks: [{ ...hook, path: '/canary path', secrets: ['canary1'] }] })
    } catch (error) {
      text = JSON.stringify(error, Object.getOwnPropertyNames(error))
    }
    expect(text).toContain('secrets')
    expect(text).not.toContain('canary')
  })

  it('a port that is taken is said to be', async () => {
    const { url } = await listen()
    const listener = make({ hooks: [hook] })
    const taken = startWebhookServer({ listener, port: Number(new URL(url).port) })
    await expect(taken).rejects.toThrow(/Cannot listen for webhooks on 127\.0\.0\.1/u)
  })
})
