import { inspect } from 'node:util'

import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { decodeResource } from '../../src/client/decode.ts'
import {
  accessTokenDefinition,
  runDefinition,
  variableDefinition,
  workspaceDefinition,
  type Run,
  type Workspace,
} from '../../src/client/definitions/index.ts'
import { encodeResource } from '../../src/client/encode.ts'
import { IncludedResources } from '../../src/client/included-resources.ts'
import { resourceSchema } from '../../src/client/json-api.ts'
import type { ResourceDefinition } from '../../src/client/resource-definition.ts'
import type { CreateOf, UpdateOf } from '../../src/client/resource-types.ts'
import { definitionsByType } from '../../src/client/resources-by-type.ts'

function decode(
  definition: ResourceDefinition,
  resource: object,
  more: {
    readonly include?: readonly string[]
    readonly included?: readonly object[]
    readonly fields?: Readonly<Record<string, readonly string[]>>
  } = {},
): Readonly<Record<string, unknown>> {
  return decodeResource(definition, resourceSchema.parse(resource), {
    subject: 'Cannot get it',
    include: more.include ?? [],
    included: new IncludedResources(
      definitionsByType,
      (more.included ?? []).map((entry) => resourceSchema.parse(entry)),
    ),
    fields: more.fields ?? {},
  })
}

const environment = { data: { type: 'environments', id: 'env-1' } }

describe('reading', () => {
  it('makes plain camelCase objects, with relations by id', () => {
    const workspace = decode(workspaceDefinition, {
      type: 'workspaces',
      id: 'ws-1',
      attributes: {
        name: 'app',
        'auto-apply': true,
        'iac-platform': 'opentofu',
        hooks: { 'pre-init': 'echo hi', 'post-apply': null },
        'unknown-attribute': 1,
      },
      relationships: { environment, tags: { data: [{ type: 'tags', id: 'tag-1' }] } },
    })
    expect(workspace).toMatchObject({
      id: 'ws-1',
      name: 'app',
      autoApply: true,
      iacPlatform: 'opentofu',
      hooks: { preInit: 'echo hi', prePlan: null, postApply: null },
      environmentId: 'env-1',
      tagIds: ['tag-1'],
      terraformVersion: null,
    })
    expect(workspace).not.toHaveProperty('unknownAttribute')
  })

  it('takes the three forms of an unset relation', () => {
    const read = (relationships: object): unknown =>
      decode(workspaceDefinition, {
        type: 'workspaces',
        id: 'ws-1',
        attributes: { name: 'app' },
        relationships: { environment, ...relationships },
      })['agentPoolId']
    expect(read({})).toBeNull()
    expect(read({ 'agent-pool': { data: null } })).toBeNull()
    expect(read({ 'agent-pool': null })).toBeNull()
    expect(read({ 'agent-pool': { links: { self: '/x' } } })).toBeNull()
    expect(read({ 'agent-pool': { data: { type: 'agent-pools', id: 'apool-1' } } })).toBe('apool-1')
  })

  it('keeps words that a newer server made up, and keys that are data', () => {
    const run = decode(runDefinition, {
      type: 'runs',
      id: 'run-1',
      attributes: {
        status: 'quantum_planning',
        'status-timestamps': { 'quantum-planning-at': '2026-01-01T00:00:00Z' },
        inputs: [{ name: 'x', value: { 'kebab-key': 1 } }],
      },
      relationships: { workspace: { data: { type: 'workspaces', id: 'ws-1' } } },
    })
    expect(run).toMatchObject({
      status: 'quantum_planning',
      statusTimestamps: { 'quantum-planning-at': '2026-01-01T00:00:00Z' },
      inputs: [{ name: 'x', value: { 'kebab-key': 1 }, description: null, sensitive: null }],
    })
  })

  it('resolves what include brought; what is not first-class comes raw', () => {
    const run = {
      type: 'runs',
      id: 'run-1',
      attributes: { status: 'planned' },
      relationships: {
        workspace: { data: { type: 'workspaces', id: 'ws-1' } },
        plan: { data: { type: 'plans', id: 'plan-1' } },
        'created-by': { data: { type: 'users', id: 'user-1' } },
        apply: null,
      },
    }
    const included = [
      { type: 'plans', id: 'plan-1', attributes: { status: 'finished', 'resource-additions': 2 } },
      { type: 'users', id: 'user-1', attributes: { 'full-name': 'A' } },
    ]
    const decoded = decode(runDefinition, run, {
      include: ['plan', 'createdBy', 'apply'],
      included,
    })
    expect(decoded).toMatchObject({
      planId: 'plan-1',
      plan: { id: 'plan-1', status: 'finished', resourceAdditions: 2 },
      createdBy: { id: 'user-1', type: 'users', attributes: { 'full-name': 'A' } },
      apply: null,
    })
    expect(decoded).not.toHaveProperty('workspace')
  })

  it('gives only the fields that were asked for, of what came along too', () => {
    const read = decode(
      workspaceDefinition,
      {
        type: 'workspaces',
        id: 'ws-1',
        attributes: { name: 'app' },
        relationships: { environment, tags: { data: [{ type: 'tags', id: 'tag-1' }] } },
      },
      {
        fields: { workspaces: ['name'], environments: ['name'] },
        include: ['environment'],
        included: [{ type: 'environments', id: 'env-1', attributes: { name: 'dev' } }],
      },
    )
    expect(read).toEqual({ id: 'ws-1', name: 'app', environment: { id: 'env-1', name: 'dev' } })
  })

  it.each([
    ['another type', { type: 'runs', id: 'x', attributes: { name: 'a' } }, 'type: '],
    ['no name', { type: 'workspaces', id: 'ws-1' }, 'attributes.name: '],
    [
      'a wrong type inside',
      { type: 'workspaces', id: 'ws-1', attributes: { name: 'a', hooks: { 'pre-init': 5 } } },
      'attributes.hooks.preInit: ',
    ],
    [
      'no environment',
      { type: 'workspaces', id: 'ws-1', attributes: { name: 'a' } },
      "no relation 'environment'",
    ],
  ])('refuses %s with the path', (_what, resource, words) => {
    expect(() => decode(workspaceDefinition, resource)).toThrowError(
      expect.objectContaining({ name: 'ProtocolError', message: expect.stringContaining(words) }),
    )
  })

  it('I12: gives a new token, but not to a log', () => {
    const token = decode(accessTokenDefinition, {
      type: 'access-tokens',
      id: 'at-1',
      attributes: { token: 'c4n4ry', description: 'for agents' },
    })
    expect(token['token']).toBe('c4n4ry')
    expect(inspect(token)).not.toContain('c4n4ry')
    expect(JSON.stringify(token)).not.toContain('c4n4ry')
  })
})

describe('writing', () => {
  it('leaves out what is absent, sends null to clear, and sends values', () => {
    const fields: UpdateOf<typeof workspaceDefinition> = {
      autoApply: undefined,
      terraformVersion: '1.11.0',
      workingDirectory: null,
      agentPoolId: null,
      hooks: { preInit: 'echo hi', postPlan: null },
    }
    expect(encodeResource(workspaceDefinition, fields, 'ws-1')).toEqual({
      data: {
        type: 'workspaces',
        id: 'ws-1',
        attributes: {
          'terraform-version': '1.11.0',
          'working-directory': null,
          hooks: { 'pre-init': 'echo hi', 'post-plan': null },
        },
        relationships: { 'agent-pool': { data: null } },
      },
    })
  })

  it('sends no relation that was not given, so that nothing is unlinked by the way', () => {
    const document = encodeResource(workspaceDefinition, { name: 'b' }, 'ws-1')
    expect(document.data).not.toHaveProperty('relationships')
  })

  it.each([
    ['a misspelt field', { autoAply: true }, "'autoAply'"],
    ['what only the server sets', { status: 'applied' }, "'status'"],
  ])('refuses %s', (_what, fields, words) => {
    expect(() => encodeResource(runDefinition, fields)).toThrow(words)
  })

  it('what was written is read again as it was', () => {
    const variable = fc.record({
      key: fc.string({ minLength: 1 }),
      category: fc.constantFrom('terraform', 'shell', 'env'),
      value: fc.option(fc.string()),
      description: fc.option(fc.string()),
      hcl: fc.boolean(),
      sensitive: fc.boolean(),
      workspaceId: fc.option(fc.stringMatching(/^ws-[a-z0-9]{1,15}$/u)),
    })
    fc.assert(
      fc.property(variable, (fields) => {
        const { data } = encodeResource(variableDefinition, fields)
        expect(decode(variableDefinition, { ...data, id: 'var-1' })).toMatchObject(fields)
      }),
    )
  })
})

describe('types', () => {
  it('follow the tables', () => {
    expectTypeOf<Workspace['name']>().toEqualTypeOf<string>()
    expectTypeOf<Workspace['environmentId']>().toEqualTypeOf<string>()
    expectTypeOf<Workspace['agentPoolId']>().toEqualTypeOf<string | null>()
    expectTypeOf<Workspace['tagIds']>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<Workspace['autoApply']>().toEqualTypeOf<boolean | null>()
    expectTypeOf<'planned'>().toExtend<Run['status']>()
    expectTypeOf<Pick<CreateOf<typeof runDefinition>, 'workspaceId'>>().toEqualTypeOf<{
      readonly workspaceId: string
    }>()
    // @ts-expect-error a name is wanted
    const missing: CreateOf<typeof workspaceDefinition> = { environmentId: 'env-1' }
    // @ts-expect-error the server alone sets it
    const readOnly: UpdateOf<typeof workspaceDefinition> = { locked: true }
    expect([missing, readOnly]).toHaveLength(2)
  })
})
