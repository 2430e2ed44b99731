import { expect, it } from 'vitest'

import { TestAuthority } from '../../http/support/certificates.ts'
import { startConnectProxy } from '../../http/support/connect-proxy.ts'
import { asking, cacheFailure, cacheFixture, closing } from './support/cache-fixture.ts'
import { releaseFiles, releasePaths } from './support/release-files.ts'
import { startMirror, type ReleaseMirror } from './support/release-mirror.ts'

const authority = new TestAuthority()
const identity = authority.issue(['DNS:localhost', 'DNS:mirror.example.com'])
const { file, sums } = releasePaths('tofu', '1.2.3')
const job = asking('tofu', '1.2.3')

async function tlsMirror(): Promise<ReleaseMirror> {
  return closing(await startMirror(releaseFiles('tofu', '1.2.3'), identity))
}

it('fetches from a mirror whose certificate is of a private authority', async () => {
  const mirror = await tlsMirror()
  const connection = { caCert: authority.caCert }
  const { cache } = await cacheFixture({ baseUrl: mirror.url, connection })
  expect((await cache.prepare(job, {})).tools.tofu).toMatchObject({ kind: 'cache' })
})

it('says what to do when the authority of the mirror is not known, and asks once', async () => {
  const mirror = await tlsMirror()
  const { cache, clock } = await cacheFixture({ baseUrl: mirror.url })
  const error = await cacheFailure(cache.prepare(job, {}))
  expect(error.code).toBe('UNREACHABLE')
  expect(error.message).toMatch(/was not signed by an authority that is trusted here\..*caCert/u)
  expect(clock.sleeps.filter((ms) => ms < 60_000)).toEqual([])
})

it('says so when nothing listens', async () => {
  const { cache } = await cacheFixture({ baseUrl: 'https://localhost:1' })
  const error = await cacheFailure(cache.prepare(job, {}))
  expect(error).toMatchObject({ code: 'UNREACHABLE', retryable: true })
  expect(error.message).toMatch(/nothing listens at localhost:1/u)
})

it('fetches through a proxy, which learns host and port alone', async () => {
  const mirror = await tlsMirror()
  const proxy = closing(await startConnectProxy())
  const { cache } = await cacheFixture({
    baseUrl: `https://mirror.example.com:${mirror.port}`,
    connection: { caCert: authority.caCert, proxy: { httpsProxy: proxy.url } },
  })
  expect((await cache.prepare(job, {})).tools.tofu).toMatchObject({ kind: 'cache' })
  expect(new Set(proxy.asked)).toEqual(new Set([`mirror.example.com:${mirror.port}`]))
  expect(mirror.asked).toEqual([sums, file])
})

it('says so when the proxy refuses', async () => {
  const proxy = closing(await startConnectProxy({ refuseWith: 403 }))
  const { cache } = await cacheFixture({
    baseUrl: 'https://mirror.example.com',
    connection: { proxy: { httpsProxy: proxy.url } },
  })
  const error = await cacheFailure(cache.prepare(job, {}))
  expect(error.code).toBe('UNREACHABLE')
  expect(error.message).toMatch(/the proxy did not let it through/u)
})

it('I12: user name and password of the base URL go to its host alone, and into no message', async () => {
  const mirror = await tlsMirror()
  const elsewhere = await tlsMirror()
  mirror.answers.set(file, (response) => {
    const location = `https://user:c4n4ry-2@localhost:${elsewhere.port}${file}?signature=c4n4ry-3`
    response.writeHead(302, { location }).end()
  })
  elsewhere.answers.set(`${file}?signature=c4n4ry-3`, (response) => {
    response.end(elsewhere.files.get(file))
  })
  const withPassword = `https://reader:c4n4ry%40@localhost:${mirror.port}`
  const connection = { caCert: authority.caCert }
  const { cache } = await cacheFixture({ baseUrl: withPassword, connection })
  expect((await cache.prepare(job, {})).tools.tofu).toMatchObject({ kind: 'cache' })
  const sent = mirror.received.map(({ headers }) => headers.authorization)
  const expected = `Basic ${Buffer.from('reader:c4n4ry@').toString('base64')}`
  expect(sent).toEqual([expected, expected])
  expect(elsewhere.received.map(({ headers }) => headers.authorization)).toEqual([undefined])

  elsewhere.answers.set(`${file}?signature=c4n4ry-3`, (response) => {
    response.writeHead(403).end()
  })
  const second = await cacheFixture({ baseUrl: withPassword, connection })
  const error = await cacheFailure(second.cache.prepare(job, {}))
  expect(error.code).toBe('REFUSED')
})

it.each([
  'http://mirror.example.com/tofu.zip',
  'http://localhost:80/tofu.zip',
  'http://169.254.169.254/latest/meta-data',
  'ftp://mirror.example.com/tofu.zip',
  'file:///etc/passwd',
])('does not follow a redirect to %s', async (location) => {
  const mirror = await tlsMirror()
  mirror.answers.set(file, (response) => {
    response.writeHead(302, { location }).end()
  })
  const connection = { caCert: authority.caCert }
  const { cache } = await cacheFixture({ baseUrl: mirror.url, connection })
  const error = await cacheFailure(cache.prepare(job, {}))
  expect(error.code).toBe('REFUSED')
  expect(error.message).toMatch(/redirects to \S+, and only HTTPS is followed\./u)
})
