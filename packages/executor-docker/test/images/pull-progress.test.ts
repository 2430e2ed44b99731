import { describe, expect, it } from 'vitest'

import { PullProgressReader } from '../../src/images/pull-progress.ts'

const line = (fields: object): string => JSON.stringify(fields)

describe('the progress of a pull', () => {
  it('adds up the layers', () => {
    const reader = new PullProgressReader('a:1')
    for (const fields of [
      { status: 'Pulling from team/a', id: '1' },
      { status: 'Already exists', id: '0123456789ab' },
      { status: 'Pulling fs layer', id: 'aaaaaaaaaaaa', progressDetail: {} },
      { status: 'Downloading', id: 'aaaaaaaaaaaa', progressDetail: { current: 10, total: 100 } },
    ]) {
      expect(reader.read(line(fields))).toBe(true)
    }
    expect(reader.progress).toEqual({
      image: 'a:1',
      layers: 2,
      layersDone: 1,
      bytes: 10,
      totalBytes: 100,
    })
    reader.read(line({ status: 'Download complete', id: 'aaaaaaaaaaaa' }))
    reader.read(line({ status: 'Pull complete', id: 'aaaaaaaaaaaa' }))
    expect(reader.progress).toMatchObject({ layersDone: 2, bytes: 100 })
  })

  it('knows a repetition from news, so that a pull that stands still is seen', () => {
    const reader = new PullProgressReader('a:1')
    const at = (current: number): string =>
      line({ status: 'Downloading', id: 'aaaaaaaaaaaa', progressDetail: { current, total: 100 } })
    expect([at(1), at(1), at(2), at(2)].map((each) => reader.read(each))).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  it('keeps what the engine says went wrong, and passes over what it cannot read', () => {
    const reader = new PullProgressReader('a:1')
    for (const text of ['', 'no JSON', '[]', '7', line({ status: 5 })])
      expect(reader.read(text)).toBe(false)
    expect(reader.error).toBeUndefined()
    reader.read(line({ error: 'short', errorDetail: { message: 'manifest unknown' } }))
    expect(reader.error).toBe('manifest unknown')
  })
})
