import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { findArchiveFault } from '../../src/archives/archive-check.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { archive } from '../support/world.ts'

const limits = { maxEntries: 100, maxBytes: 1_000_000 }

const sample = gunzipSync(
  await archive([
    { name: 'modules/', type: 'directory' },
    { name: 'main.tf', content: 'x'.repeat(3000) },
    { name: `modules/${'long/'.repeat(40)}name.tf`, content: 'y'.repeat(700) },
    { name: 'link.tf', type: 'symlink', linkname: 'main.tf' },
  ]),
)

async function faultOf(bytes: Uint8Array): Promise<string | undefined> {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'archive.tar.gz')
  await writeFile(path, bytes)
  return await findArchiveFault(path, { archive: 'configuration archive', limits })
}

// An error that nobody listens for would end the process, and vitest reports it as a failure of its own.
describe('an archive that is damaged', () => {
  it('is sound when it is not', async () => {
    expect(await faultOf(gzipSync(sample))).toBeUndefined()
  })

  it('gives a fault wherever the tar is cut off within an entry', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: sample.byteLength - 1025 }), async (length) => {
        const fault = await faultOf(gzipSync(sample.subarray(0, length)))
        // At the edge of an entry it is a shorter archive; its end is not required by any tar.
        if (length % 512 !== 0) expect(fault).toMatch(/cut off|no tar file/u)
      }),
    )
  })

  it('gives a fault wherever the gzip is cut off', async () => {
    const packed = gzipSync(sample)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: packed.byteLength - 1 }), async (length) => {
        expect(await faultOf(packed.subarray(0, length))).toMatch(/cut off/u)
      }),
    )
  })

  it('never ends in anything but a verdict, whatever bytes are changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            at: fc.nat({ max: sample.byteLength - 1 }),
            value: fc.nat({ max: 255 }),
          }),
          { minLength: 1, maxLength: 20 },
        ),
        async (changes) => {
          const changed = Uint8Array.from(sample)
          for (const { at, value } of changes) changed[at] = value
          const fault = await faultOf(gzipSync(changed))
          expect(['string', 'undefined']).toContain(typeof fault)
        },
      ),
    )
  })
})
