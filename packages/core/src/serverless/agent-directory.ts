import { join, resolve } from 'node:path'

import { nameOf } from './task-store.ts'

/** Where agents that run as processes of this machine keep their data. */
export function agentsDirectory(dataDir: string): string {
  return join(resolve(dataDir), 'agents')
}

/** That of the agent of one task. Short, for providers make sockets below it, whose paths have 107 bytes at most. */
export function agentDirectory(dataDir: string, key: string): string {
  return join(agentsDirectory(dataDir), nameOf(key).slice(0, 12))
}
