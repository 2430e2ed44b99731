import { readFileSync } from 'node:fs'

/**
 * The machine's monotonic clock, which goes on across processes of one boot. A lease that was renewed by
 * a process that died is measured with it.
 */
export interface BootClock {
  readonly bootId: string
  /** Milliseconds since some fixed point of this boot. */
  nowMs(): number
}

/** The boot clock of this machine. */
export function systemBootClock(): BootClock {
  return { bootId: readBootId(), nowMs: () => Number(process.hrtime.bigint() / 1_000_000n) }
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    // Without a boot id nothing carries over from another process: each one is a boot of its own.
    return `process-${process.pid}-${process.hrtime.bigint()}`
  }
}
