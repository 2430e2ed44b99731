import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

import { accessRules, roleYaml } from '../../src/check/access-rules.ts'
import { neededRules } from '../../src/check/check-access.ts'

const file = readFileSync(new URL('../../rbac.yaml', import.meta.url), 'utf8')
const documents = parseAllDocuments(file).map((document): unknown => document.toJS())

/** As one line for each verb. */
const linesOf = (rules: unknown): readonly string[] => {
  if (!Array.isArray(rules)) throw new TypeError('no rules')
  return rules
    .flatMap((rule: unknown) => {
      const { apiGroups, resources, verbs }: Record<string, readonly string[]> = Object(rule)
      return (apiGroups ?? []).flatMap((group) =>
        (resources ?? []).flatMap((resource) =>
          (verbs ?? []).map((verb) => `${verb} ${resource} of "${group}"`),
        ),
      )
    })
    .toSorted()
}
const known = accessRules
  .flatMap(({ apiGroup, resource, verbs }) =>
    verbs.map((verb) => `${verb} ${resource} of "${apiGroup}"`),
  )
  .toSorted()

it('rbac.yaml holds the role that the code checks, verb for verb, and no cluster-wide right', () => {
  const kinds = documents.map((document): unknown => Object(document)['kind'])
  expect(kinds).toEqual(['ServiceAccount', 'Role', 'RoleBinding'])
  expect(linesOf(Object(documents[1])['rules'])).toEqual(known)
})

it('the role that a finding gives is the same', () => {
  const role: unknown = parse(roleYaml('jobs', accessRules))
  expect(linesOf(Object(role)['rules'])).toEqual(known)
  expect(Object(role)['metadata']).toEqual({ name: 'scalr-agent', namespace: 'jobs' })
})

it('the role in the README is the same', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(roleYaml('scalr-agent', accessRules))
})

it('asks for no right that the options do not need', () => {
  const resources = neededRules({ podDisruptionBudget: false, metadata: 'allow' }).map(
    ({ resource }) => resource,
  )
  expect(resources).toEqual(['jobs', 'pods', 'pods/exec', 'events'])
})

it('no verb reads or writes secrets, and none makes pods', () => {
  expect(known.filter((line) => /secret|configmap|\*|create pods of/u.test(line))).toEqual([])
})
