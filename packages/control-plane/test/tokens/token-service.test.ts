import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'

import { randomId } from '../../src/runtime/index.ts'
import { createTokenService, type TokenRequest, type TokenService } from '../../src/tokens/index.ts'
import { tokenFixture as fixture } from '../support/token-fixture.ts'

const requests: readonly TokenRequest[] = [
  { kind: 'user', userId: 'user-1' },
  { kind: 'service-account', serviceAccountId: 'sa-1' },
  { kind: 'pool', poolId: 'apool-1' },
  {
    kind: 'job',
    jobId: 'job-1',
    fencingToken: 3,
    agentId: 'agent-1',
    expiresInMs: 60_000,
  },
  {
    kind: 'run',
    workspaceId: 'ws-1',
    runId: 'run-1',
    jobId: 'job-1',
    fencingToken: 3,
    expiresInMs: 60_000,
    issuedAt: new Date('2026-01-01T00:00:00Z'),
    issuer: 'https://cp.test',
  },
]

async function rejection(tokens: TokenService, token: string | undefined): Promise<unknown> {
  return tokens.verify(token).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error && 'reason' in error ? error.reason : error),
  )
}

const runRequest = requests[4]!
const jobRequest = requests[3]!

describe('TokenService', () => {
  it.each(requests)('gives back what a $kind token was issued for', async (request) => {
    const { tokens } = fixture()
    const { token, id } = await tokens.issue(request)
    const verified = await tokens.verify(token)
    const { kind } = request
    expect(verified).toMatchObject({ kind, id })
    const {
      expiresInMs: _life,
      issuedAt: _at,
      issuer: _issuer,
      ...claims
    } = {
      expiresInMs: 0,
      issuedAt: undefined,
      issuer: undefined,
      ...request,
    }
    expect(verified).toMatchObject(claims)
  })

  it('names the issuer in the token, so that a client finds its server', async () => {
    const { tokens } = fixture()
    const { token } = await tokens.issue(requests[0]!)
    const payload = JSON.parse(String(Buffer.from(token.split('.')[1] ?? '', 'base64url')))
    expect(payload).toMatchObject({ iss: 'https://cp.test', kind: 'user', sub: 'user-1' })
  })

  it('keeps no token in the database', async () => {
    const { db, tokens } = fixture()
    const { token } = await tokens.issue(requests[2]!)
    expect(JSON.stringify(db.all('SELECT * FROM access_tokens'))).not.toContain(token.split('.')[2])
  })

  it('accepts tokens of an earlier process: the key is kept', async () => {
    const { db, clock, tokens } = fixture()
    const { token } = await tokens.issue(requests[0]!)
    const later = createTokenService({ db, issuer: () => 'https://else', clock, ids: randomId })
    expect(await later.verify(token)).toMatchObject({ userId: 'user-1' })
  })

  it('makes the same user token again, as long as it is not revoked', async () => {
    const { tokens } = fixture()
    const { token, id } = await tokens.issue(requests[0]!)
    expect(await tokens.reissueUserToken(id)).toBe(token)
    tokens.revoke(id)
    expect(await tokens.reissueUserToken(id)).toBeUndefined()
  })

  it('refuses what is missing, malformed, foreign, unsigned or expired, and says which', async () => {
    const { clock, tokens } = fixture()
    const other = fixture()
    expect(await rejection(tokens, undefined)).toBe('missing')
    expect(await rejection(tokens, '')).toBe('missing')
    expect(await rejection(tokens, 'not a token')).toBe('malformed')
    expect(await rejection(tokens, (await other.tokens.issue(requests[0]!)).token)).toBe('unknown')
    const unsigned = new UnsecuredJWT({ kind: 'user', jti: 'at-1' }).setSubject('user-1').encode()
    expect(await rejection(tokens, unsigned)).toBe('malformed')
    const { token } = await tokens.issue({
      kind: 'user',
      userId: 'user-1',
      expiresInMs: 60_000,
    })
    clock.advance(61_000)
    expect(await rejection(tokens, token)).toBe('expired')
  })

  it('refuses a token signed with a guessed key under our key id', async () => {
    const { db, tokens } = fixture()
    const kid = db.get<{ id: string }>('SELECT id FROM signing_keys')!.id
    const forged = await new SignJWT({ kind: 'user' })
      .setProtectedHeader({ alg: 'HS256', kid })
      .setSubject('user-1')
      .setJti('at-1')
      .sign(new Uint8Array(32))
    expect(await rejection(tokens, forged)).toBe('unknown')
  })

  it('refuses a revoked token', async () => {
    const { tokens } = fixture()
    const { token, id } = await tokens.issue(requests[2]!)
    expect(tokens.revoke(id)).toBe(true)
    expect(tokens.revoke(id)).toBe(false)
    expect(await rejection(tokens, token)).toBe('revoked')
  })

  it('ends the sessions that a revoked pool token opened', async () => {
    const { tokens } = fixture()
    const pool = await tokens.issue(requests[2]!)
    const session = await tokens.issue({
      kind: 'session',
      agentId: 'agent-1',
      sessionId: 'ses-1',
      poolId: 'apool-1',
      poolTokenId: pool.id,
      expiresInMs: 60_000,
    })
    expect(await tokens.verify(session.token)).toMatchObject({
      kind: 'session',
      agentId: 'agent-1',
      sessionId: 'ses-1',
    })
    tokens.revoke(pool.id)
    expect(await rejection(tokens, session.token)).toBe('revoked')
  })

  it('refuses the tokens of a pool that is gone', async () => {
    const { db, tokens } = fixture()
    const { token } = await tokens.issue(requests[2]!)
    db.run('DELETE FROM agent_pools WHERE id = ?', 'apool-1')
    expect(await rejection(tokens, token)).toBe('revoked')
  })

  it.each([
    ['the job has ended', "UPDATE jobs SET state = 'finished'"],
    ['the job is queued again', "UPDATE jobs SET state = 'queued'"],
    ['it was revoked', 'UPDATE jobs SET run_token_revoked = 1'],
    ['the job was given to another agent', 'UPDATE jobs SET fencing_token = 4'],
    ['the job is gone', 'DELETE FROM jobs'],
  ])('I6: a run token opens no state once %s', async (_why, sql) => {
    const { db, tokens } = fixture()
    const { token } = await tokens.issue(runRequest)
    expect(await tokens.verify(token)).toMatchObject({ kind: 'run' })
    db.run(sql)
    expect(await rejection(tokens, token)).toBe('ended')
  })

  it('I4: a job token outlives its job, so that finish may be repeated', async () => {
    const { db, tokens } = fixture()
    const { token } = await tokens.issue(jobRequest)
    db.run("UPDATE jobs SET state = 'finished'")
    expect(await tokens.verify(token)).toMatchObject({ kind: 'job', fencingToken: 3 })
    db.run('DELETE FROM jobs')
    expect(await rejection(tokens, token)).toBe('revoked')
  })

  it('notes when a token was used, at most once a minute', async () => {
    const { db, clock, tokens } = fixture()
    const { token } = await tokens.issue(requests[0]!)
    const used = (): string | null =>
      db.get<{ last_used_at: string | null }>('SELECT last_used_at FROM access_tokens')!
        .last_used_at
    expect(used()).toBeNull()
    await tokens.verify(token)
    const first = used()
    clock.advance(30_000)
    await tokens.verify(token)
    expect(used()).toBe(first)
    clock.advance(31_000)
    await tokens.verify(token)
    expect(used()).not.toBe(first)
  })

  it('I12: says why without repeating the token', async () => {
    const { tokens } = fixture()
    const error: unknown = await tokens
      .verify('secret-canary-token')
      .catch((cause: unknown) => cause)
    expect(String(error)).not.toContain('canary')
  })
})
