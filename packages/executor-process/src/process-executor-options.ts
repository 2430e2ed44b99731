import { isAbsolute } from 'node:path'

import { silentLogger, systemClock, type Clock, type Logger } from '@scalr-agent/core'
import { parseUser } from '@scalr-agent/core/container'
import { z } from 'zod'

export const processExecutorOptionsSchema = z.strictObject({
  /**
   * Absolute path of the directory that holds workloads and job directories. One per agent; made with
   * mode 0711 when it does not exist. Must not be mounted `noexec`.
   */
  dataDir: z
    .string()
    .refine(isAbsolute, 'must be an absolute path')
    // It stands in argv of the supervisor and in an environment of hooks.
    .refine((path) => !/[\0\n]/u.test(path), 'must not hold NUL or line breaks'),
  /**
   * Numeric `uid` or `uid:gid` that workloads run as when their spec names none. Needs root.
   * @default the user of the agent
   */
  user: z
    .string()
    .refine((text) => parseUser(text) !== undefined, 'must be numeric, `uid` or `uid:gid`')
    .optional(),
  /**
   * `auto` limits memory and CPU by cgroups where the agent may make them; `off` never does.
   * @default 'auto'
   */
  cgroup: z.enum(['auto', 'off']).default('auto'),
  /** @default the machine's own clock */
  clock: z.custom<Clock>((value) => typeof value === 'object').default(systemClock),
  /** @default a logger that says nothing */
  logger: z.custom<Logger>((value) => typeof value === 'object').default(silentLogger),
})

/** Where the process executor keeps its workloads, and as whom it runs them. */
export type ProcessExecutorOptions = z.input<typeof processExecutorOptionsSchema>
export type ResolvedProcessExecutorOptions = z.output<typeof processExecutorOptionsSchema>
