import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp'
import { beforeAll, expect, it } from 'vitest'

import {
  asking,
  cacheFailure,
  cacheFixture,
  closing,
  type CacheFixture,
} from './support/cache-fixture.ts'
import { releaseFiles, releasePaths } from './support/release-files.ts'
import { startMirror, type ReleaseMirror } from './support/release-mirror.ts'

interface Maker {
  readonly publicKey: string
  sign(content: Uint8Array): Promise<Buffer>
}

async function makeMaker(name: string): Promise<Maker> {
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    userIDs: [{ name }],
    format: 'armored',
  })
  const signingKeys = await readPrivateKey({ armoredKey: privateKey })
  return {
    publicKey,
    sign: async (content) => {
      const message = await createMessage({ binary: content })
      return Buffer.from(await sign({ message, signingKeys, detached: true, format: 'binary' }))
    },
  }
}

let maker: Maker
let stranger: Maker
beforeAll(async () => {
  maker = await makeMaker('Maker')
  stranger = await makeMaker('Stranger')
})

const tools = [
  ['terraform', '.sig'],
  ['tofu', '.gpgsig'],
] as const

async function signedMirror(tool: 'terraform' | 'tofu', suffix: string): Promise<ReleaseMirror> {
  const files = releaseFiles(tool, '1.2.3')
  const { sums } = releasePaths(tool, '1.2.3')
  files.set(`${sums}${suffix}`, await maker.sign(files.get(sums) ?? Buffer.alloc(0)))
  return closing(await startMirror(files))
}

function fixture(
  mirror: ReleaseMirror,
  tool: string,
  keys: readonly string[],
): Promise<CacheFixture> {
  return cacheFixture({
    settings: { baseUrls: { [tool]: mirror.url }, signingKeys: { [tool]: keys } },
  })
}

it.each(tools)('takes %s whose sums one of the keys has signed', async (tool, suffix) => {
  const mirror = await signedMirror(tool, suffix)
  const { cache } = await fixture(mirror, tool, [stranger.publicKey, maker.publicKey])
  const prepared = await cache.prepare(asking(tool, '1.2.3'), {})
  expect(prepared.tools[tool]).toMatchObject({ kind: 'cache' })
  const { file, sums } = releasePaths(tool, '1.2.3')
  expect(mirror.asked).toEqual([sums, `${sums}${suffix}`, file])
})

it('takes an armored signature too', async () => {
  const mirror = await signedMirror('terraform', '.sig')
  const { sums } = releasePaths('terraform', '1.2.3')
  const { armor, enums } = await import('openpgp')
  const binary = mirror.files.get(`${sums}.sig`) ?? Buffer.alloc(0)
  mirror.files.set(`${sums}.sig`, Buffer.from(armor(enums.armor.signature, binary)))
  const { cache } = await fixture(mirror, 'terraform', [maker.publicKey])
  const prepared = await cache.prepare(asking('terraform', '1.2.3'), {})
  expect(prepared.tools.terraform).toMatchObject({ kind: 'cache' })
})

it('does not ask for a signature where no key is known', async () => {
  const mirror = await signedMirror('terraform', '.sig')
  const { cache } = await fixture(mirror, 'terraform', [])
  await cache.prepare(asking('terraform', '1.2.3'), {})
  const { file, sums } = releasePaths('terraform', '1.2.3')
  expect(mirror.asked).toEqual([sums, file])
})

const spoilt = [
  {
    what: 'signed by somebody else',
    keys: () => [stranger.publicKey],
    says: /is not by one of the configured signing keys/u,
  },
  {
    what: 'sums changed after they were signed',
    spoil: (mirror: ReleaseMirror, sums: string) =>
      mirror.files.set(
        sums,
        Buffer.concat([mirror.files.get(sums) ?? Buffer.alloc(0), Buffer.from('\n')]),
      ),
    says: /or its sums were changed/u,
  },
  {
    what: 'without a signature',
    spoil: (mirror: ReleaseMirror, sums: string) => mirror.files.delete(`${sums}.sig`),
    says: /its sums must be signed, and there is no \S+SHA256SUMS\.sig\. Bring the signature to the mirror/u,
  },
  {
    what: 'with something else for a signature',
    spoil: (mirror: ReleaseMirror, sums: string) =>
      mirror.files.set(`${sums}.sig`, Buffer.from('<html></html>')),
    says: /is no OpenPGP signature|is not by one of/u,
  },
  {
    what: 'with an empty signature',
    spoil: (mirror: ReleaseMirror, sums: string) =>
      mirror.files.set(`${sums}.sig`, Buffer.alloc(0)),
    says: /is no OpenPGP signature|is not by one of/u,
  },
  {
    what: 'with a key that cannot be read',
    keys: () => [
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----',
    ],
    says: /a configured signing key cannot be read/u,
  },
]

it.each(spoilt)(
  'refuses sums $what, before the archive is asked for',
  async ({ spoil, keys, says }) => {
    const mirror = await signedMirror('terraform', '.sig')
    const { file, sums } = releasePaths('terraform', '1.2.3')
    spoil?.(mirror, sums)
    const { cache } = await fixture(mirror, 'terraform', keys?.() ?? [maker.publicKey])
    const error = await cacheFailure(cache.prepare(asking('terraform', '1.2.3'), {}))
    expect(error.message).toMatch(says)
    expect(error).toMatchObject({ code: 'BAD_SIGNATURE', item: 'terraform 1.2.3' })
    expect(mirror.asked).not.toContain(file)
  },
)
