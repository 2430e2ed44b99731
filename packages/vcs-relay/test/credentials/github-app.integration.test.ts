import { createVerify, generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import type { Clock } from '@scalr-agent/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createVcsHandler, type CredentialsOptions, type VcsHandler } from '../../src/index.ts'
import { ask } from '../support/ask.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

/** A GitHub of which only what an App needs is there. */
let calls: string[]
let rejects: (request: IncomingMessage, response: ServerResponse) => boolean
let handler: VcsHandler
let nowMs: number
let minted: number
let close: () => Promise<void>

const clock: Clock = {
  now: () => new Date(nowMs),
  monotonicMs: () => nowMs,
  sleep: () => Promise.reject(new Error('nothing sleeps here')),
}

async function start(credentials: Partial<CredentialsOptions> = {}): Promise<void> {
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers
    calls.push(`${request.method} ${request.url}`)
    if (rejects(request, response)) return
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.url?.endsWith('/installation') === true) {
      if (!isJwt(authorization)) return json(401, {})
      json(200, { id: request.url.includes('/other') ? 8 : 7 })
    } else if (request.url?.includes('/access_tokens') === true) {
      if (!isJwt(authorization)) return json(401, {})
      minted += 1
      json(201, {
        token: `ghs_${minted}`,
        expires_at: new Date(nowMs + 3_600_000).toISOString().replace(/\.\d+Z/u, 'Z'),
      })
    } else {
      json(200, { with: authorization })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  handler = createVcsHandler({
    kind: 'github-enterprise',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock,
    credentials: {
      type: 'github-app',
      appId: 12,
      privateKey: pkcs1,
      ...credentials,
    } as CredentialsOptions,
  })
  close = async () => {
    await handler[Symbol.asyncDispose]()
    server.closeAllConnections()
    server.close()
  }
}

function isJwt(authorization: string): boolean {
  const [head = '', payload = '', signature = ''] = authorization.slice('Bearer '.length).split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<
    string,
    number | string
  >
  const isSigned = createVerify('RSA-SHA256')
    .update(`${head}.${payload}`)
    .verify(publicKey, signature, 'base64url')
  const seconds = nowMs / 1000
  // GitHub takes ten minutes at most, and no time to come.
  return (
    isSigned &&
    claims['iss'] === '12' &&
    Number(claims['iat']) <= seconds &&
    Number(claims['exp']) > seconds &&
    Number(claims['exp']) - seconds <= 600
  )
}

beforeEach(() => {
  calls = []
  minted = 0
  nowMs = Date.parse('2026-11-22T12:00:00Z')
  rejects = () => false
})
afterEach(() => close())

const repo = '/api/v3/repos/acme/infra'
const mints = (): number => calls.filter((call) => call.includes('access_tokens')).length
async function tokenOf(target: string): Promise<unknown> {
  const asked = await ask(handler, target)
  return (JSON.parse(asked.text) as { with?: string }).with
}

describe('a GitHub App', () => {
  it('finds its installation, fetches a token once for all that wait, and keeps it', async () => {
    await start()
    const first = await Promise.all([tokenOf(repo), tokenOf(repo), tokenOf(`${repo}/tags`)])
    expect(new Set(first)).toEqual(new Set(['Bearer ghs_1']))
    expect(calls.slice(0, 2)).toEqual([
      'GET /api/v3/repos/acme/infra/installation',
      'POST /api/v3/app/installations/7/access_tokens',
    ])
    nowMs += 54 * 60_000
    expect(await tokenOf(repo)).toBe('Bearer ghs_1')
    expect(mints()).toBe(1)
  })

  it('renews its token before it expires', async () => {
    await start({ installationId: 7 })
    await tokenOf(repo)
    nowMs += 56 * 60_000
    expect(await tokenOf(repo)).toBe('Bearer ghs_2')
    expect(mints()).toBe(2)
  })

  it('gives git the token as a password', async () => {
    await start({ installationId: 7 })
    expect(await tokenOf('/acme/infra.git/info/refs?service=git-upload-pack')).toBe(
      `Basic ${Buffer.from('x-access-token:ghs_1').toString('base64')}`,
    )
  })

  it('has a token for each owner it is installed at', async () => {
    await start()
    await tokenOf(repo)
    await tokenOf('/api/v3/repos/other/infra')
    await tokenOf('/api/v3/orgs/acme/repos')
    expect(calls.filter((call) => call.includes('access_tokens'))).toEqual([
      'POST /api/v3/app/installations/7/access_tokens',
      'POST /api/v3/app/installations/8/access_tokens',
    ])
  })

  it('forgets a token that GitHub refuses', async () => {
    await start({ installationId: 7 })
    await tokenOf(repo)
    rejects = (request, response) => {
      if (request.headers.authorization !== 'Bearer ghs_1') return false
      response.writeHead(401).end('{}')
      return true
    }
    expect(await ask(handler, repo)).toMatchObject({ origin: 'vcs', status: 401 })
    expect(await tokenOf(repo)).toBe('Bearer ghs_2')
  })

  it('finds its installation again when it was put in anew', async () => {
    await start()
    await tokenOf(repo)
    nowMs += 60 * 60_000
    rejects = (request, response) => {
      if (request.url?.includes('access_tokens') !== true || mints() > 2) return false
      response.writeHead(404).end('{}')
      return true
    }
    const asked = await ask(handler, repo)
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(asked.problem.detail).toMatch(/GitHub answered 404\. The App is not installed there/u)
    expect(await tokenOf(repo)).toBe('Bearer ghs_2')
    expect(calls.filter((call) => call.endsWith('/installation'))).toHaveLength(2)
  })

  it('says what to do where there is no owner to find it by', async () => {
    await start()
    const asked = await ask(handler, '/api/v3/user')
    expect(asked.problem.detail).toContain('Set `installationId`')
    expect(calls).toEqual([])
  })

  it('says that a key is none, without showing it', async () => {
    await start({
      privateKey: `-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----`,
    })
    const asked = await ask(handler, repo)
    expect(asked.problem.detail).toContain('it is no RSA key in PEM')
    expect(asked.text).not.toContain('canary')
  })

  it('is not asked for by the control plane', async () => {
    await start({ installationId: 7 })
    for (const target of ['/api/v3/app/installations/7/access_tokens', '/api/v3/app']) {
      expect(await ask(handler, target, { method: 'POST' })).toMatchObject({
        origin: 'agent',
        status: 403,
      })
    }
    expect(calls).toEqual([])
  })
})
