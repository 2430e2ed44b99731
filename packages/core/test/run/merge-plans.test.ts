import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { mergePlans, summarizePlan } from '../../src/run/index.ts'
import { jsonMembers } from '../../src/run/json-members.ts'

const plan = (name: string, more: object = {}): string =>
  JSON.stringify({
    format_version: '1.2',
    terraform_version: '1.11.4',
    variables: { region: { value: name } },
    planned_values: {
      outputs: { id: { sensitive: false } },
      root_module: { resources: [{ address: 'a.b' }], child_modules: [{ address: 'module.m' }] },
    },
    resource_changes: [{ address: 'a.b', change: { actions: ['create'] } }],
    output_changes: { id: { actions: ['create'] } },
    prior_state: { values: { root_module: { resources: [{ address: 'data.c.d' }] } } },
    configuration: {
      provider_config: { aws: { name: 'aws' } },
      root_module: {
        resources: [{ address: 'a.b' }],
        variables: { region: { sensitive: true } },
        module_calls: { m: { source: './m' } },
      },
    },
    ...more,
  })

describe('mergePlans', () => {
  it('puts the changes of all units where policies look for them', () => {
    const merged: unknown = JSON.parse(
      mergePlans([
        { unit: 'vpc', json: plan('vpc') },
        { unit: 'app/web', json: plan('web') },
      ]),
    )
    expect(merged).toMatchObject({
      format_version: '1.2',
      variables: { 'vpc/region': { value: 'vpc' }, 'app/web/region': { value: 'web' } },
      resource_changes: [
        { unit: 'app/web', address: 'a.b' },
        { unit: 'vpc', address: 'a.b' },
      ],
      output_changes: { 'app/web/id': {}, 'vpc/id': {} },
      planned_values: {
        outputs: { 'app/web/id': {}, 'vpc/id': {} },
        root_module: {
          resources: [{ unit: 'app/web' }, { unit: 'vpc' }],
          child_modules: [{ unit: 'app/web' }, { unit: 'vpc' }],
        },
      },
      prior_state: {
        values: { root_module: { resources: [{ unit: 'app/web' }, { unit: 'vpc' }] } },
      },
      configuration: {
        provider_config: { 'app/web/aws': {}, 'vpc/aws': {} },
        root_module: {
          resources: [{ unit: 'app/web' }, { unit: 'vpc' }],
          variables: { 'app/web/region': { sensitive: true }, 'vpc/region': {} },
          module_calls: { 'app/web/m': {}, 'vpc/m': {} },
        },
      },
      units: { 'app/web': JSON.parse(plan('web')), vpc: JSON.parse(plan('vpc')) },
    })
    expect(summarizePlan(merged)?.resources.additions).toBe(2)
  })

  it('leaves numbers as the tool wrote them, and is the same in any order', () => {
    const json = plan('x').replace('"value":"x"', '"value":18446744073709551615.10')
    const units = [
      { unit: 'a', json },
      { unit: 'b', json: plan('b') },
    ]
    expect(mergePlans(units)).toContain('"a/region":{"value":18446744073709551615.10}')
    expect(mergePlans(units.toReversed())).toBe(mergePlans(units))
  })

  it.each(['', '{', '[]', '{"a":1}', '{"format_version":"1.2"} trailing'])(
    'refuses %j, naming the unit',
    (json) => {
      expect(() => mergePlans([{ unit: 'vpc', json }])).toThrow('the plan of the unit "vpc"')
    },
  )
})

describe('jsonMembers', () => {
  it('cuts any object and array into what it is made of', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (made, indent) => {
        // JSON knows no -0.
        const value: unknown = JSON.parse(JSON.stringify(made))
        const members = [...jsonMembers(JSON.stringify(value, undefined, indent))].map(
          ([key, text]): [string, unknown] => [key, JSON.parse(text)],
        )
        const isNested = typeof value === 'object' && value !== null
        const own = isNested ? Object.entries(value) : []
        expect(new Map(members)).toEqual(new Map(own))
      }),
    )
  })
})
