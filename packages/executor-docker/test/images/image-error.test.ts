import { describe, expect, it } from 'vitest'

import { toPullError } from '../../src/images/image-error.ts'

const context = {
  image: 'registry.example.com/team/tool:1',
  registry: 'registry.example.com',
  authenticated: false,
}

const engineAnswer = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), { statusCode })

/** What engines said, 20.10 and with the containerd store. */
const recorded: readonly (readonly [string, Error, RegExp, boolean])[] = [
  [
    'no credentials (20.10)',
    engineAnswer(
      500,
      'Head "http://127.0.0.1:40123/v2/team/pushed/manifests/1": no basic auth credentials',
    ),
    /refused us\. There are no credentials for it\. Log in .*docker login registry\.example\.com/u,
    false,
  ],
  [
    'no credentials (containerd)',
    new Error(
      'failed to resolve reference "127.0.0.1:40123/team/pushed:1": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
    ),
    /no such repository, or does not show it to us/u,
    false,
  ],
  [
    'unknown tag (20.10)',
    engineAnswer(
      404,
      'manifest for 127.0.0.1:40123/team/pushed:9 not found: manifest unknown: manifest unknown',
    ),
    /does not have it/u,
    false,
  ],
  [
    'unknown tag (containerd)',
    new Error(
      'failed to resolve reference "127.0.0.1:40123/a/b:9": 127.0.0.1:40123/a/b:9: not found',
    ),
    /does not have it/u,
    false,
  ],
  [
    'unknown host',
    engineAnswer(
      500,
      'Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.2:53: no such host',
    ),
    /cannot find the host of the registry/u,
    true,
  ],
  [
    'refused connection',
    engineAnswer(
      500,
      'Get "http://127.0.0.1:9/v2/": dial tcp 127.0.0.1:9: connect: connection refused',
    ),
    /cannot reach the registry/u,
    true,
  ],
  [
    'a handshake that takes too long',
    engineAnswer(500, 'Get "https://10.9.9.9/v2/": net/http: TLS handshake timeout'),
    /cannot reach the registry/u,
    true,
  ],
  [
    'an unknown CA',
    engineAnswer(
      500,
      'Get "https://registry.example.com/v2/": x509: certificate signed by unknown authority',
    ),
    /does not trust the certificate.*certs\.d\/registry\.example\.com/u,
    false,
  ],
  [
    'a full disk',
    new Error(
      'failed to register layer: Error processing tar file(exit status 1): write /x: no space left on device',
    ),
    /disk of the engine is full/u,
    true,
  ],
  [
    'a limit of pulls',
    engineAnswer(
      500,
      'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating',
    ),
    /limit of pulls/u,
    true,
  ],
  [
    'no image for this CPU',
    new Error('no matching manifest for linux/arm64/v8 in the manifest list entries'),
    /for other CPUs alone/u,
    false,
  ],
  [
    'a registry that fails',
    engineAnswer(500, 'received unexpected HTTP status: 503 Service Unavailable'),
    /registry registry\.example\.com failed/u,
    true,
  ],
  ['what nobody knows', new Error('something new'), /could not pull it \(something new\)/u, false],
]

describe('what an engine says of a pull', () => {
  it.each(recorded)('%s', (_what, error, message, retryable) => {
    const translated = toPullError(error, context)
    expect(translated.message).toMatch(message)
    expect(translated.message).toContain('Cannot use the image `registry.example.com/team/tool:1`')
    expect(translated).toMatchObject({ retryable, phase: 'pull', cause: error })
  })

  it('a full disk is the engine being unable, and not the image', () => {
    expect(toPullError(new Error('no space left on device'), context).code).toBe('UNAVAILABLE')
    expect(toPullError(new Error('manifest unknown'), context).code).toBe('IMAGE_PULL_FAILED')
  })

  it('tells of the credential helper that failed', () => {
    const helperFailure = '`docker-credential-desktop` is not in PATH.'
    const { message } = toPullError(new Error('unauthorized'), { ...context, helperFailure })
    expect(message).toContain(`${helperFailure} Correct the credential helper.`)
  })
})
