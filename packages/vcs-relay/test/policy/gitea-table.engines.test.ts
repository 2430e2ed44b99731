import { globSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { endpointTables } from '../../src/policy/index.ts'

const engines =
  process.env['SCALR_SDK_ENGINES_DIR'] ?? join(homedir(), '.cache/scalr-agent-sdk/engines')
// Its description is a template of which little is filled in.
const [file] = globSync(join(engines, 'gitea-*/templates/swagger/v1_json.tmpl'))
if (file === undefined) {
  process.stdout.write("SKIPPED Gitea's own description: `pnpm engines up gitea` brings it\n")
}

const parameter = z.object({ in: z.string().optional(), name: z.string().optional() })
const operation = z.object({ parameters: z.array(parameter).default([]) })
const description = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })

const shapeOf = (path: string): string => path.replaceAll(/\{[^}]+\}/gu, '{}')
const endpoints = endpointTables.gitea.endpoints.filter(({ traffic }) => traffic === 'rest')

describe.skipIf(file === undefined)("Gitea's own description", () => {
  it('has every endpoint, with every parameter that may stand in its query', () => {
    const text = readFileSync(file ?? '', 'utf8').replaceAll(/\{\{[^}]*\}\}/gu, 'x')
    const { paths } = description.parse(JSON.parse(text))
    const operations = new Map(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, found]): [string, unknown] => [
          `${method} ${shapeOf(path)}`,
          found,
        ]),
      ),
    )
    for (const { method, template, query, id } of endpoints) {
      const key = `${method.toLowerCase()} ${shapeOf(template.slice('/api/v1'.length))}`
      const { parameters } = operation.parse(operations.get(key))
      const described = parameters.filter((each) => each.in === 'query').map(({ name }) => name)
      expect(described, id).toEqual(expect.arrayContaining([...query]))
    }
  })
})
