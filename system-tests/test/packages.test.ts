import * as controlPlane from '@scalr-agent/control-plane'
import * as core from '@scalr-agent/core'
import * as protocol from '@scalr-agent/core/protocol'
import * as executorProcess from '@scalr-agent/executor-process'
import { describe, expect, it } from 'vitest'

describe('the packages together', () => {
  it.each([
    ['@scalr-agent/core', core],
    ['@scalr-agent/core/protocol', protocol],
    ['@scalr-agent/executor-process', executorProcess],
    ['@scalr-agent/control-plane', controlPlane],
  ])('%s can be imported by its name and exports something', (_name, exports) => {
    expect(Object.keys(exports)).not.toEqual([])
  })
})
