import { createRequire } from 'node:module'

import { z } from 'zod'

import type { World } from './world.ts'

const sampleSchema = z.object({
  labels: z.record(z.string(), z.string()).default({}),
  value: z.string().optional(),
  count: z.string().optional(),
  sum: z.string().optional(),
  buckets: z.record(z.string(), z.string()).optional(),
})
const familySchema = z.object({
  name: z.string(),
  help: z.string(),
  type: z.enum(['COUNTER', 'GAUGE', 'HISTOGRAM']),
  metrics: z.array(sampleSchema),
})
type Sample = z.infer<typeof sampleSchema>

// It has no types.
const parse = createRequire(import.meta.url)('parse-prometheus-text-format') as (
  text: string,
) => unknown

/** What `GET /metrics` says, read by somebody else's parser. */
export class Exposition {
  readonly families: ReadonlyMap<string, z.infer<typeof familySchema>>
  readonly #lines: readonly string[]

  constructor(text: string) {
    this.#lines = text.split('\n')
    const families = z.array(familySchema).parse(parse(text))
    this.families = new Map(families.map((family) => [family.name, family]))
  }

  static async of({ controlPlane }: World): Promise<Exposition> {
    const response = await fetch(`${controlPlane.url}/metrics`, {
      headers: { authorization: `Bearer ${controlPlane.ownerToken()}` },
    })
    return new Exposition(await response.text())
  }

  /** Of a line as it stands: the parser puts all labels of a histogram into one. */
  line(start: string): number | undefined {
    const line = this.#lines.find((each) => each.startsWith(`${start} `))
    return line === undefined ? undefined : Number(line.slice(start.length))
  }

  /** The value with these labels; `undefined` where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const sample = this.#sample(name, labels)
    return sample === undefined ? undefined : Number(sample.value ?? sample.count)
  }

  #sample(name: string, labels: Readonly<Record<string, string>>): Sample | undefined {
    return this.families
      .get(name)
      ?.metrics.find((sample) =>
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )
  }
}
