import { join } from 'node:path'

import type { Logger, ProxyOptions } from '@scalr-agent/core'
import {
  createVcsHandler,
  readPolicyFile,
  type VcsHandler,
  type VcsHandlerOptions,
} from '@scalr-agent/vcs-relay'

import type { VcsConfig } from './vcs-config.ts'

export interface HandlerSurroundings {
  readonly logger: Logger
  readonly proxy: ProxyOptions | undefined
  /** Has what is asked for recorded, and the smallest policy for it written to this directory. */
  readonly learnTo?: string | undefined
  /** Has everything allowed that a policy could allow to read: for a check of the way alone. */
  readonly withoutPolicy?: boolean
}

/** What answers the requests to each VCS. @throws ConfigurationError */
export async function makeHandlers(
  config: VcsConfig,
  { logger, proxy, learnTo, withoutPolicy = false }: HandlerSurroundings,
): Promise<Readonly<Record<string, VcsHandler>>> {
  const handlers: Record<string, VcsHandler> = {}
  for (const [name, entry] of Object.entries(config.vcs)) {
    const { hook: _hook, policyFile, credentials, ...rest } = entry
    const given: unknown = {
      ...rest,
      credentials: withPaths(credentials, config.pathOf),
      ...(policyFile === undefined
        ? {}
        : { policy: await readPolicyFile(config.pathOf(policyFile)) }),
      ...(withoutPolicy ? { policy: {} } : {}),
      ...(learnTo === undefined ? {} : { learn: { path: join(learnTo, `learned-${name}.json`) } }),
      ...(proxy === undefined ? {} : { proxy }),
      logger: logger.child({ vcs: name }),
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by it, to the last name
    handlers[name] = createVcsHandler(given as VcsHandlerOptions)
  }
  return handlers
}

/** Files of credentials are relative to the configuration, as everything in it. */
function withPaths(credentials: unknown, pathOf: (path: string) => string): unknown {
  if (typeof credentials !== 'object' || credentials === null) return credentials
  return Object.fromEntries(
    Object.entries(credentials).map(([key, value]: [string, unknown]) => [
      key,
      key.endsWith('File') && typeof value === 'string' ? pathOf(value) : value,
    ]),
  )
}
