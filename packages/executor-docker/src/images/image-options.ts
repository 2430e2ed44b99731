import { isAbsolute } from 'node:path'

import { z } from 'zod'

export const imageOptionsSchema = z.strictObject({
  /**
   * `if-not-present` uses an image that the engine has under that name, also one that was built there, and
   * pulls others. `always` asks the registry each time. `never` pulls nothing.
   * @default 'if-not-present'
   */
  pullPolicy: z.enum(['if-not-present', 'always', 'never']).default('if-not-present'),
  /** Longest that a pull may take, apart from the time-out of a start. @default 10 min */
  pullTimeoutMs: z.int().positive().default(600_000),
  /** Longest that a pull may stand still. @default 90 s */
  pullIdleTimeoutMs: z.int().positive().default(90_000),
  /**
   * `match` refuses an image for another CPU before it starts. `any` is for engines that emulate others,
   * as Docker Desktop does.
   * @default 'match'
   */
  architecture: z.enum(['match', 'any']).default('match'),
  /** Users of registries, by host (`docker.io`, `registry.example.com:5000`), before Docker's own. */
  credentials: z
    .record(z.string(), z.strictObject({ username: z.string().min(1), password: z.string() }))
    .default({}),
  /** Directory of Docker's `config.json` with credentials of registries. @default `~/.docker` */
  configDir: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  /** Environment of credential helpers, e.g. their PATH. @default that of the agent */
  helperEnv: z.record(z.string(), z.string().optional()).optional(),
})

/** How images come to the engine. */
export type ImageOptions = z.input<typeof imageOptionsSchema>
export type ResolvedImageOptions = z.output<typeof imageOptionsSchema>
