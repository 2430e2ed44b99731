import type { StageMarker } from '../logs/index.ts'
import type { StageReport } from '../protocol/index.ts'

/**
 * The stages of a job as its markers tell them. Taking the same marker again changes nothing but its
 * time, so that a stream read again after a crash gives the same list.
 */
export class JobStages {
  readonly #stages: Map<string, StageReport>
  #resultCode: number | undefined

  constructor(stages: readonly StageReport[], resultCode: number | undefined) {
    this.#stages = new Map(stages.map((stage) => [stage.name, stage]))
    this.#resultCode = resultCode
  }

  /** Exit code of the script's own result marker, the last thing it writes. */
  get resultCode(): number | undefined {
    return this.#resultCode
  }

  take(marker: StageMarker, at: Date): void {
    switch (marker.event) {
      case 'begin':
        this.#stages.set(marker.stage, {
          name: marker.stage,
          startedAt: at.toISOString(),
          exitCode: null,
        })
        break
      case 'end':
        this.#stages.set(marker.stage, {
          ...(this.#stages.get(marker.stage) ?? { name: marker.stage }),
          endedAt: at.toISOString(),
          exitCode: marker.exitCode,
        })
        break
      case 'result':
        this.#resultCode = marker.exitCode
        break
    }
  }

  report(): StageReport[] {
    return [...this.#stages.values()]
  }
}

/** A plan's 2 means changes. */
export function isFailedStage(stage: {
  readonly stage: string
  readonly exitCode: number
}): boolean {
  return stage.exitCode !== 0 && !(stage.stage === 'plan' && stage.exitCode === 2)
}
