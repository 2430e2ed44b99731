import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createVcsHandler, vcsKinds, type VcsHandler } from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { RawServer } from '../support/raw-server.ts'
import { triedRequest } from '../support/target-arbitrary.ts'

let server: RawServer
const handlers = new Map<string, VcsHandler>()

beforeAll(async () => {
  server = await RawServer.listen()
  for (const kind of vcsKinds) {
    for (const basePath of ['', '/tools/git']) {
      handlers.set(
        `${kind}${basePath}`,
        createVcsHandler({
          kind,
          url: `${server.url}${basePath}`,
          credentials: { type: 'none' },
          policy: { write: ['statuses', 'checks', 'comments', 'hooks'] },
        }),
      )
    }
  }
})
afterAll(async () => {
  await Promise.all([...handlers.values()].map((handler) => handler[Symbol.asyncDispose]()))
  await server[Symbol.asyncDispose]()
})

describe('I11: what was matched is what is sent', () => {
  it('every byte of an accepted target is in the request line, and nothing refused is ever sent', async () => {
    let sent = 0
    await fc.assert(
      fc.asyncProperty(triedRequest, async ({ kind, basePath, method, target }) => {
        const handler = handlers.get(`${kind}${basePath}`)
        if (handler === undefined) throw new Error('no handler')
        const before = server.requests.length
        const decision = handler.policy.decide(method, target)
        const isGitPost = decision.allowed && decision.endpoint.id.endsWith('upload-pack')
        const answer = await ask(handler, target, {
          method,
          ...(isGitPost
            ? {
                body: '0000',
                headers: [
                  ['content-type', 'application/x-git-upload-pack-request'],
                  ['content-length', '4'],
                ],
              }
            : {}),
        })
        if (!decision.allowed) {
          expect(answer).toMatchObject({ origin: 'agent', status: 403 })
          expect(answer.problem.step).toBe(decision.step)
          expect(server.requests).toHaveLength(before)
          return
        }
        sent += 1
        expect(answer).toMatchObject({ origin: 'vcs', status: 200, text: 'ok' })
        expect(server.requests).toHaveLength(before + 1)
        expect(server.requests.at(-1)?.requestLine).toBe(`${method} ${target} HTTP/1.1`)
      }),
      { numRuns: 1500 },
    )
    expect(sent).toBeGreaterThan(300)
  })

  it('also through a redirect', async () => {
    await using redirecting = await RawServer.listen((socket, { target }) => {
      const location = '/api/v4/projects/a%2fb%2Dc/repository/files/caf%C3%A9.tf/raw?ref=x%2fy'
      socket.write(
        target.includes('%2fy')
          ? 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
          : `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`,
      )
    })
    await using handler = createVcsHandler({
      kind: 'gitlab',
      url: redirecting.url,
      credentials: { type: 'none' },
    })
    expect(await ask(handler, '/api/v4/projects/a%2Fb')).toMatchObject({ status: 200, text: 'ok' })
    expect(redirecting.requests.map(({ target }) => target)).toEqual([
      '/api/v4/projects/a%2Fb',
      '/api/v4/projects/a%2fb%2Dc/repository/files/caf%C3%A9.tf/raw?ref=x%2fy',
    ])
  })
})
