import { systemClock, type Clock } from '@scalr-agent/core'

/** The machine's clock, which counts the breaks of bulk bodies: its shortest sleeps. */
export class BreakCounter implements Clock {
  breaks = 0
  readonly now = (): Date => systemClock.now()
  readonly monotonicMs = (): number => systemClock.monotonicMs()

  async sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    if (ms === 1) this.breaks += 1
    await systemClock.sleep(ms, options)
  }
}
