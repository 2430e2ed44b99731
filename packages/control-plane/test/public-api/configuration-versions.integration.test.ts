import { connect } from 'node:net'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import type { Json } from '../support/api-client.ts'
import {
  archive,
  makeWorkspace,
  startWorld,
  uploadConfiguration,
  type TarEntry,
  type World,
} from '../support/world.ts'

const mainTf: TarEntry = { name: 'main.tf', content: 'output "a" { value = 1 }\n' }

async function newVersion(world: World, workspaceId: string): Promise<Json> {
  return world.api.create(
    '/configuration-versions',
    'configuration-versions',
    {},
    { workspace: ['workspaces', workspaceId] },
  )
}

describe('configuration versions', () => {
  it('take one archive, and give back the same bytes', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const version = await newVersion(world, workspaceId)
    expect(version.attributes).toMatchObject({ status: 'pending', size: null })
    const bytes = await archive([mainTf, { name: 'modules/', type: 'directory' }])
    const path = `/configuration-versions/${version.id}`
    expect((await world.api.get(`${path}/download`)).status).toBe(409)
    expect((await world.api.call('PUT', version.links.upload, { bytes })).status).toBe(200)

    const { data } = (await world.api.get(path)).body
    expect(data.attributes).toMatchObject({ status: 'uploaded', size: bytes.byteLength })
    expect(data.links.upload).toBeUndefined()
    const response = await fetch(`${world.controlPlane.url}/api/iacp/v3${path}/download`, {
      headers: { authorization: `Bearer ${world.controlPlane.ownerToken()}` },
    })
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes)
    expect((await world.api.call('PUT', version.links.upload, { bytes })).status).toBe(409)
  })

  it.each(['application/octet-stream', 'application/gzip', 'application/json', 'text/plain'])(
    'take the archive as %s',
    async (type) => {
      await using world = await startWorld()
      const { workspaceId } = await makeWorkspace(world.api)
      const version = await newVersion(world, workspaceId)
      const answer = await world.api.call('PUT', version.links.upload, {
        bytes: await archive([mainTf]),
        headers: { 'content-type': type },
      })
      expect(answer.status).toBe(200)
    },
  )

  it('keep a link that stays in the tree', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(
      world.api,
      workspaceId,
      await archive([mainTf, { name: 'link.tf', type: 'symlink', linkname: 'main.tf' }]),
    )
  })

  const refused: readonly (readonly [string, () => Promise<Buffer>, RegExp])[] = [
    ['no gzip', async () => Buffer.from('plain text'), /no gzip file/u],
    ['an empty body', async () => Buffer.alloc(0), /no gzip file/u],
    ['gzip of no tar', async () => gzipSync(Buffer.alloc(5000, 'x')), /no tar file/u],
    ['a cut-off gzip', async () => (await archive([mainTf])).subarray(0, -12), /cut off/u],
    ['no file', async () => archive([{ name: 'dir/', type: 'directory' }]), /holds no file/u],
    ['a path that climbs', async () => archive([{ name: '../evil', content: 'x' }]), /'\.\.'/u],
    ['an absolute path', async () => archive([{ name: '/etc/passwd', content: 'x' }]), /absolute/u],
    [
      'a link out of the tree',
      async () => archive([mainTf, { name: 'a', type: 'symlink', linkname: '../../etc/passwd' }]),
      /out of the tree/u,
    ],
    [
      'a file below a link',
      async () =>
        archive([
          { name: 'a', type: 'symlink', linkname: 'b' },
          { name: 'a/x', content: 'x' },
        ]),
      /below a link/u,
    ],
    ['a device', async () => archive([{ name: 'dev', type: 'character-device' }]), /not allowed/u],
    ['a fifo', async () => archive([{ name: 'pipe', type: 'fifo' }]), /not allowed/u],
    [
      'a hard link',
      async () => archive([mainTf, { name: 'hard', type: 'link', linkname: 'main.tf' }]),
      /not allowed/u,
    ],
    [
      'too many entries',
      async () =>
        archive(
          (function* () {
            for (let index = 0; index < 1001; index += 1) yield { name: `f${index}`, content: '' }
          })(),
        ),
      /more than 1000 entries/u,
    ],
    [
      'a bomb: much out of little',
      async () => archive([{ name: 'zeros', content: Buffer.alloc(20_000_000) }]),
      /unpacks to more than 10000000 bytes/u,
    ],
    [
      'a bomb in a header, which a parser keeps in memory',
      async () => archive([{ name: 'x'.repeat(3_000_000), content: 'x' }]),
      /header in it is larger/u,
    ],
  ]

  it.each(refused)('refuse %s, say why, and keep nothing of it', async (_what, make, why) => {
    await using world = await startWorld({
      limits: { configurationEntries: 1000, configurationUnpackedBytes: 10_000_000 },
    })
    const { workspaceId } = await makeWorkspace(world.api)
    const version = await newVersion(world, workspaceId)
    const answer = await world.api.call('PUT', version.links.upload, { bytes: await make() })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].detail).toMatch(why)
    const { attributes } = (await world.api.get(`/configuration-versions/${version.id}`)).body.data
    expect(attributes.status).toBe('errored')
    expect(attributes['error-message']).toMatch(why)
    expect(await readdir(join(world.dataDir, 'configuration-versions'))).toEqual([])
    const run = await world.api.write(
      'POST',
      '/runs',
      'runs',
      {},
      {
        workspace: ['workspaces', workspaceId],
      },
    )
    expect(run.status).toBe(422)
  })

  it('refuse an archive that is too large as it is, and take a smaller one then', async () => {
    await using world = await startWorld({ limits: { configurationBytes: 1000 } })
    const { workspaceId } = await makeWorkspace(world.api)
    const version = await newVersion(world, workspaceId)
    // More than sockets hold: the client is still sending when it is refused, and must get the answer.
    const large = await world.api.call('PUT', version.links.upload, {
      bytes: Buffer.alloc(5_000_000, 1),
    })
    expect(large.status).toBe(413)
    const small = await world.api.call('PUT', version.links.upload, {
      bytes: await archive([mainTf]),
    })
    expect(small.status).toBe(200)
  })

  it('stay pending when the connection breaks half-way, and take a second try', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const version = await newVersion(world, workspaceId)
    const url = new URL(version.links.upload)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(url.port), url.hostname, () => {
        socket.write(
          `PUT ${url.pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.controlPlane.ownerToken()}\r\n` +
            'Content-Type: application/gzip\r\nContent-Length: 100000\r\n\r\nhalf',
          () => socket.destroy(),
        )
      })
      socket.on('close', () => resolve())
    })
    const bytes = await archive([mainTf])
    await expect
      .poll(async () => (await world.api.call('PUT', version.links.upload, { bytes })).status)
      .toBe(200)
    expect(await readdir(join(world.dataDir, 'configuration-versions'))).toEqual([
      `${version.id}.tar.gz`,
    ])
  })
})
