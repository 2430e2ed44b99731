import { describe, expect, it } from 'vitest'

import { jobImage, type JobImageOptions } from '../../src/run/index.ts'
import { makeJobSpec, type TestJobSpec } from '../support/job-spec.ts'

const golden = 'scalr/runner:0.5.0'
const group = (
  opaVersion: string | null,
): ReturnType<typeof makeJobSpec>['policyGroups'][number] => ({
  id: 'pgrp-v0abc',
  name: 'cost',
  opaVersion,
  file: 'pgrp-v0abc.tar.gz',
  commonFunctions: null,
  policies: [],
})
const opentofu = { workspace: { iacPlatform: 'opentofu', iacVersion: '1.0.0' } } as const

describe('jobImage', () => {
  it.each<[string, Partial<JobImageOptions>, TestJobSpec, string]>([
    ['golden: one image for all', { mode: 'golden' }, opentofu, golden],
    ['golden: no version asked', { mode: 'golden' }, {}, golden],
    [
      'golden: its registry is part of its name',
      { mode: 'golden', registry: 'gcr.io/x' },
      {},
      golden,
    ],
    [
      'golden: policies',
      { mode: 'golden' },
      { phase: 'policy', policyGroups: [group('1.2.0')] },
      golden,
    ],
    ['legacy: OpenTofu', {}, opentofu, 'scalr/opentofu:1.0.0'],
    ['legacy: Terraform', {}, { workspace: { iacVersion: '1.5.7' } }, 'scalr/terraform:1.5.7'],
    [
      'legacy: with its namespace',
      { registry: 'gcr.io/my/org/' },
      opentofu,
      'gcr.io/my/org/scalr/opentofu:1.0.0',
    ],
    [
      'legacy: without its namespace',
      { registry: 'gcr.io/my/org' },
      opentofu,
      'gcr.io/my/org/opentofu:1.0.0',
    ],
    [
      'legacy: policies',
      {},
      { phase: 'policy', policyGroups: [group('1.2.0')] },
      'openpolicyagent/opa:1.2.0',
    ],
    [
      'legacy: policies that differ',
      {},
      { phase: 'policy', policyGroups: [group('1.2.0'), group('1.1.0')] },
      golden,
    ],
    ['legacy: no version asked', {}, {}, golden],
  ])('%s', (_what, options, spec, image) => {
    expect(jobImage({ mode: 'legacy', image: golden, ...options }, makeJobSpec(spec))).toBe(image)
  })

  it('says what to set when there is none to choose', () => {
    const without = { mode: 'legacy', image: '' } as const
    expect(() => jobImage(without, makeJobSpec())).toThrow(
      'Set a version in the workspace, or `image`',
    )
    expect(() => jobImage({ ...without, mode: 'golden' }, makeJobSpec())).toThrow('Set `image`')
  })
})
