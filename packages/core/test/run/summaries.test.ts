import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import {
  readPlanSummary,
  summarizeApply,
  summarizePlan,
  summarizePlanText,
} from '../../src/run/index.ts'

const changes = (...actions: readonly (readonly string[])[]): unknown => ({
  format_version: '1.2',
  resource_changes: actions.map((list) => ({ address: 'a.b', change: { actions: list } })),
})
const counts = (additions: number, changed: number, destructions: number): unknown => ({
  resources: { additions, changes: changed, destructions },
})

describe('summarizePlan', () => {
  it.each([
    [[['create']], counts(1, 0, 0)],
    [[['update'], ['update']], counts(0, 2, 0)],
    [[['delete', 'create']], counts(1, 0, 1)],
    [[['create', 'delete']], counts(1, 0, 1)],
    [[['no-op'], ['read'], ['forget']], counts(0, 0, 0)],
    [[['create', 'forget']], counts(1, 0, 0)],
  ])('%j', (actions, expected) => {
    expect(summarizePlan(changes(...actions))).toEqual(expected)
  })

  it('takes a plan without resources, and nothing that is no plan', () => {
    expect(summarizePlan({ format_version: '1.2' })).toEqual(counts(0, 0, 0))
    for (const value of [undefined, 7, 'x', { resource_changes: [{}] }]) {
      expect(summarizePlan(value)).toBeUndefined()
    }
  })
})

describe('readPlanSummary', () => {
  const text = JSON.stringify(changes(['create'], ['delete']))

  it('reads a stream in pieces', async () => {
    const pieces = Readable.from(Array.from(text, (letter) => Buffer.from(letter)))
    expect(await readPlanSummary(pieces)).toEqual(counts(1, 0, 1))
  })

  it('gives no summary of what is cut or past the cap, and reads it to its end', async () => {
    expect(await readPlanSummary(Readable.from([text.slice(0, 40)]))).toBeUndefined()
    const large = Readable.from([text, text])
    expect(await readPlanSummary(large, { maxBytes: text.length })).toBeUndefined()
    expect(large.readableEnded).toBe(true)
  })
})

describe('summarizePlanText', () => {
  it.each([
    ['Plan: 1 to add, 2 to change, 3 to destroy.', counts(1, 2, 3)],
    ['Plan: 4 to import, 1 to add, 2 to change, 3 to destroy.', counts(1, 2, 3)],
    ['Plan: 1 to add, 0 to change, 0 to destroy, 2 to forget.', counts(1, 0, 0)],
    ['No changes. Your infrastructure matches the configuration.', undefined],
  ])('%s', (line, expected) => {
    expect(summarizePlanText(`before\n${line}\nafter\n`)).toEqual(expected)
  })
})

describe('summarizeApply', () => {
  const result = (additions: number, changed: number, destructions: number): unknown => ({
    additions,
    changes: changed,
    destructions,
  })

  it.each([
    ['Apply complete! Resources: 1 added, 20 changed, 3 destroyed.', result(1, 20, 3)],
    ['Apply complete! Resources: 2 imported, 1 added, 0 changed, 0 destroyed.', result(1, 0, 0)],
    ['Apply complete! Resources: 1 added, 0 changed, 0 destroyed, 1 forgotten.', result(1, 0, 0)],
    ['Destroy complete! Resources: 2 destroyed.', result(0, 0, 2)],
    ['  Apply complete! Resources: 1 added', undefined],
    ['Error: no', undefined],
  ])('%s', (line, expected) => {
    expect(summarizeApply(`x: Creating...\n${line}\n\nOutputs:\n`)).toEqual(expected)
  })

  it('takes the last of several, since hooks can print anything before', () => {
    const line = (count: number): string =>
      `Apply complete! Resources: ${count} added, 0 changed, 0 destroyed.\n`
    expect(summarizeApply(line(1) + line(2))).toEqual(result(2, 0, 0))
  })
})
