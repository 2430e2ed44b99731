import { spawn } from 'node:child_process'

/** One command of a check. */
export interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

export interface StepResult {
  readonly name: string
  readonly ok: boolean
  readonly durationMs: number
  /** Standard output and error, in the order in which they came. */
  readonly output: string
}

/** Runs the steps one after another, all of them, and tells each result as soon as it is known. */
export async function runSteps(
  steps: readonly Step[],
  options: { readonly cwd: string; readonly onResult: (result: StepResult) => void },
): Promise<readonly StepResult[]> {
  const results: StepResult[] = []
  for (const step of steps) {
    const result = await runStep(step, options.cwd)
    options.onResult(result)
    results.push(result)
  }
  return results
}

async function runStep(step: Step, cwd: string): Promise<StepResult> {
  const startedAt = performance.now()
  const [program, ...parameters] = step.command
  const child = spawn(program, parameters, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ok = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      chunks.push(Buffer.from(`Cannot start ${program}: ${error.message}\n`))
      resolve(false)
    })
    child.once('close', (code) => {
      resolve(code === 0)
    })
  })
  return {
    name: step.name,
    ok,
    durationMs: performance.now() - startedAt,
    output: Buffer.concat(chunks).toString('utf8'),
  }
}
