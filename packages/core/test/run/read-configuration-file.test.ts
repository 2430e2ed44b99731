import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { pack } from 'tar-stream'
import { beforeAll, describe, expect, it } from 'vitest'

import { ProtocolError } from '../../src/errors/index.ts'
import { readConfigurationFile } from '../../src/run/index.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'read-configuration-'))
})

async function archive(
  entries: readonly { readonly name: string; readonly text?: string; readonly link?: string }[],
): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const tar = pack()
  for (const { name, text, link } of entries) {
    if (link === undefined) tar.entry({ name }, text ?? '')
    else tar.entry({ name, type: 'symlink', linkname: link })
  }
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Buffer))
  const bytes = gzipSync(Buffer.concat(chunks))
  const path = join(directory, 'configuration.tar.gz')
  await writeFile(path, bytes)
  return { path, bytes }
}

const wanted = { path: 'live/.terraform.lock.hcl', maxBytes: 100 }

describe('reading one file of a configuration', () => {
  it('gives its text, however the path is written in the archive, and reads past all else', async () => {
    const { path } = await archive([
      { name: 'big.bin', text: 'x'.repeat(300_000) },
      { name: './live/.terraform.lock.hcl', text: '# locked\n' },
      { name: '.terraform.lock.hcl', text: '# of another directory\n' },
    ])
    expect(await readConfigurationFile(path, wanted)).toBe('# locked\n')
  })

  it('takes the last of two, as unpacking does', async () => {
    const { path } = await archive([
      { name: 'live/.terraform.lock.hcl', text: '# old\n' },
      { name: 'live/.terraform.lock.hcl', text: '# new\n' },
    ])
    expect(await readConfigurationFile(path, wanted)).toBe('# new\n')
  })

  it('gives nothing for one that is missing, a link or too large', async () => {
    const link = [{ name: 'live/.terraform.lock.hcl', link: '../other' }]
    const large = [{ name: 'live/.terraform.lock.hcl', text: 'x'.repeat(101) }]
    for (const entries of [[], link, large]) {
      const { path } = await archive([{ name: 'main.tf' }, ...entries])
      expect(await readConfigurationFile(path, wanted)).toBeUndefined()
    }
  })

  it('refuses an archive that is cut short', async () => {
    const { path, bytes } = await archive([{ name: 'big.bin', text: 'x'.repeat(300_000) }])
    await writeFile(path, bytes.subarray(0, bytes.length - 40))
    await expect(readConfigurationFile(path, wanted)).rejects.toThrow(ProtocolError)
  })
})
