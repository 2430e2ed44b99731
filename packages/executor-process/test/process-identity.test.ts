import { describe, expect, it } from 'vitest'

import { isSameProcess, ownIdentity, parseProcessStat } from '../src/process-identity.ts'

const fields =
  'S 10 20 30 0 -1 4194560 1 0 0 0 7 5 0 0 20 0 1 0 987654 2424832 222 18446744073709551615'

describe('parseProcessStat', () => {
  it.each(['sh', 'a b', '(sd-pam)', ') S 1 1 1', 'x)) Z 1'])(
    'finds its way past the name %j',
    (name) => {
      expect(parseProcessStat(5, `5 (${name}) ${fields}`)).toEqual({
        pid: 5,
        state: 'S',
        group: 20,
        session: 30,
        cpuTicks: 12,
        startTime: '987654',
        residentPages: 222,
      })
    },
  )

  it('takes a zombie for gone', () => {
    expect(parseProcessStat(5, `5 (sh) ${fields.replace('S', 'Z')}`)).toBeUndefined()
  })
})

describe('process identity', () => {
  it('knows this process again, and not another one with its pid', async () => {
    const own = await ownIdentity()
    expect(await isSameProcess(own)).toBe(true)
    expect(await isSameProcess({ ...own, startTime: `${own.startTime}1` })).toBe(false)
    expect(await isSameProcess({ ...own, bootId: 'another boot' })).toBe(false)
  })
})
