import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { closing } from './cache-fixture.ts'

export interface CacheAgent {
  /** The next line that it prints. */
  line(): Promise<string>
  /** SIGKILL, and its end. */
  kill(): Promise<void>
  /** Lets it end by itself; its exit code. */
  end(): Promise<number | null>
}

export interface StartAgentOptions {
  readonly cacheDir: string
  readonly owner: string
  readonly baseUrl: string
  readonly jobId: string
  readonly tool: string
  readonly version: string
}

/** A real process that uses the cache. */
export function startAgent(options: StartAgentOptions): CacheAgent {
  const { cacheDir, owner, baseUrl, jobId, tool, version } = options
  const script = join(import.meta.dirname, 'cache-process.ts')
  const child = spawn(
    process.execPath,
    ['--conditions=@scalr-agent/source', script, cacheDir, owner, baseUrl, jobId, tool, version],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  closing({ [Symbol.asyncDispose]: kill })
  return {
    line: async () => {
      const next = await lines.next()
      if (next.done === true) throw new Error('the agent ended')
      return next.value
    },
    kill,
    end: async () => {
      child.stdin.end()
      await ended
      return child.exitCode
    },
  }
}
