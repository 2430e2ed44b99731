import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Tool } from './tools.ts'

/**
 * Stands in for Terraform where a test is about everything around it: quick, needs no state, says
 * numbered lines over a given time, and notes what it did. One interrupt ends it after its present line.
 */
export async function fakeTool(directory: string): Promise<Tool> {
  const folder = join(directory, 'fake-tool')
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'terraform')
  await writeFile(path, script)
  await chmod(path, 0o755)
  return { iac: 'terraform', path }
}

/** Where a configuration's plans and applies note their begin and end. */
export interface FakeRun {
  /** Lines of the plan. @default 5 */
  readonly planLines?: number
  /** Lines of the apply. @default 5 */
  readonly applyLines?: number
  /** Time that a line takes. @default 50 ms */
  readonly lineMs?: number
  /** The tool goes on after its begin only when this file exists. */
  readonly gate?: string
  /** The phase that waits for the gate. @default both */
  readonly gatePhase?: 'plan' | 'apply'
  /** The tool pays no heed to interrupts. */
  readonly deaf?: boolean
  /** An apply that is interrupted leaves this as the state that it could not write. */
  readonly erroredState?: string
  /** Gets one line for each begin and end: `begin plan <workspace> <run>`. */
  readonly record: string
}

/** A configuration for the fake tool. */
export function fakeRun(run: FakeRun): Record<string, string> {
  const { planLines = 5, applyLines = 5, lineMs = 50, record, erroredState } = run
  const { gate = '', gatePhase = '', deaf = false } = run
  return {
    'fake.conf': `plan_lines=${planLines} apply_lines=${applyLines} line_seconds=${lineMs / 1000} record='${record}' gate='${gate}' gate_phase='${gatePhase}' deaf='${deaf ? 1 : ''}'\n`,
    ...(erroredState === undefined ? {} : { 'errored.json': erroredState }),
    'main.tf': '# The fake tool reads fake.conf.\n',
  }
}

export interface RecordedEvent {
  readonly event: 'begin' | 'end'
  readonly phase: 'plan' | 'apply'
  readonly workspaceId: string
  readonly runId: string
}

/** What the tools of that record did, in order. */
export async function recordedEvents(record: string): Promise<readonly RecordedEvent[]> {
  const text = await readFile(record, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [event, phase, workspaceId, runId] = line.split(' ')
      return { event, phase, workspaceId, runId } as RecordedEvent
    })
}

/** The numbers of the lines of one phase, as they stand in a log. */
export function linesOf(phase: 'plan' | 'apply', log: string | undefined): readonly number[] {
  const line = new RegExp(`^${phase} line (\\d+)$`, 'gmu')
  return [...(log ?? '').matchAll(line)].map((match) => Number(match[1]))
}

/** `1` to `count`. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

const script = `#!/bin/sh
stopped= deaf=
trap 'echo "Interrupt received."; [ -n "$deaf" ] || stopped=1' INT TERM
operation=$1
note() { echo "$1 $operation $SCALR_WORKSPACE_ID $SCALR_RUN_ID" >>"$record"; }
work() {
  note begin
  echo "$operation begins"
  [ "\${gate_phase:-$operation}" = "$operation" ] || gate=
  while [ -n "$gate" ] && [ ! -e "$gate" ] && [ -z "$stopped" ]; do sleep 0.05; done
  i=0
  while [ "$i" -lt "$1" ] && [ -z "$stopped" ]; do
    i=$((i + 1))
    echo "$operation line $i"
    sleep "$line_seconds"
  done
  note end
  [ -n "$stopped" ] || return 0
  [ "$operation" = plan ] || [ ! -f errored.json ] || cp errored.json errored.tfstate
  exit 1
}
case $operation in
  version)
    echo 'Terraform v1.11.0'
    exit 0
    ;;
  init)
    mkdir -p .terraform
    printf '{\\n  "backend": {\\n    "type": "http"\\n  }\\n}\\n' >.terraform/terraform.tfstate
    echo '# no providers' >.terraform.lock.hcl
    exit 0
    ;;
esac
. ./fake.conf
case $operation in
  plan)
    for argument in "$@"; do
      case $argument in -out=*) plan=\${argument#-out=} ;; esac
    done
    work "$plan_lines"
    echo 'the plan' >"$plan"
    echo 'Plan: 1 to add, 0 to change, 0 to destroy.'
    exit 2
    ;;
  show)
    echo '{"format_version":"1.2","resource_changes":[]}'
    ;;
  apply)
    work "$apply_lines"
    echo 'Apply complete! Resources: 1 added, 0 changed, 0 destroyed.'
    ;;
esac
`
