import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { kubeJobName } from '../../src/manifest/kube-job-name.ts'

const id = 'job-1-1'
const labels = { 'scalr-agent/run-id': 'run-v0p500fu3s9ban8s8', 'scalr-agent/phase': 'plan' }

describe('kubeJobName', () => {
  it('tells base, run and phase', () => {
    expect(kubeJobName({ id, labels }, 'scalr-agent')).toMatch(
      /^scalr-agent-run-v0p500fu3s9ban8s8-plan-[0-9a-f]{10}$/u,
    )
  })

  it('leaves the base out when all together would be too long', () => {
    expect(kubeJobName({ id, labels }, 'a-rather-long-name-of-an-agent')).toMatch(
      /^run-v0p500fu3s9ban8s8-plan-[0-9a-f]{10}$/u,
    )
  })

  it('tells the id where nobody told a run', () => {
    expect(kubeJobName({ id, labels: {} }, 'scalr-agent')).toMatch(
      /^scalr-agent-job-1-1-[0-9a-f]{10}$/u,
    )
  })

  it('I3: is a name that Kubernetes takes for kubeJob, pod and label, and the same each time', () => {
    const label = fc.string({ maxLength: 80 })
    fc.assert(
      fc.property(label, label, label, label, (base, one, run, phase) => {
        const given = { 'scalr-agent/run-id': run, 'scalr-agent/phase': phase }
        const name = kubeJobName({ id: one, labels: given }, base)
        expect(name).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u)
        expect(kubeJobName({ id: one, labels: given }, base)).toBe(name)
      }),
    )
  })

  it('I3: never gives two ids one name', () => {
    const label = fc.string({ maxLength: 80 })
    fc.assert(
      fc.property(label, label, (one, other) => {
        fc.pre(one !== other)
        expect(kubeJobName({ id: one, labels }, 'x')).not.toBe(
          kubeJobName({ id: other, labels }, 'x'),
        )
      }),
    )
  })
})
