import { IllegalStateError } from '../errors/index.ts'

/**
 * What the job script tells in its output: `\x1e<nonce> <event>\n`, where the nonce is 32 lower-case
 * hex digits made for that job alone, so that user output cannot forge it. A marker may follow
 * mid-line output. It is taken out of the log wholly, its newline included.
 *
 * | event | means |
 * |---|---|
 * | `begin <stage>` | the stage starts |
 * | `end <stage> <exit code>` | the stage ended |
 * | `result <exit code>` | the whole job ended; the last one |
 */
export type StageMarker =
  | { readonly event: 'begin'; readonly stage: string }
  | { readonly event: 'end'; readonly stage: string; readonly exitCode: number }
  | { readonly event: 'result'; readonly exitCode: number }

/** First byte of a marker: ASCII record separator. In sh: `printf '\036%s begin %s\n'`. */
export const markerStartByte = 0x1e

/** Length of the longest marker, newline included. */
export const maxMarkerBytes = 128

const noncePattern = /^[0-9a-f]{32}$/u
const stagePattern = /^[a-z-]{1,64}$/u
const eventPattern =
  /^(?:begin (?<begun>[a-z-]{1,64})|end (?<ended>[a-z-]{1,64}) (?<exitCode>0|[1-9][0-9]{0,2})|result (?<result>0|[1-9][0-9]{0,2}))$/u

/** Refuses a nonce that is not 32 lower-case hex digits. */
export function assertMarkerNonce(nonce: string): void {
  if (!noncePattern.test(nonce)) {
    throw new IllegalStateError('The nonce of a stage marker must be 32 lower-case hex digits.')
  }
}

/** The whole marker, from its first byte to its newline. */
export function formatMarker(nonce: string, marker: StageMarker): string {
  assertMarkerNonce(nonce)
  return `\u001E${nonce} ${formatEvent(marker)}\n`
}

/**
 * The marker that `text` is, from its first byte to its newline, or `undefined` when it is anything
 * else: another nonce, an unknown event, text before or after. Such a line is user output.
 */
export function parseMarker(text: string, nonce: string): StageMarker | undefined {
  const prefix = `\u001E${nonce} `
  if (!text.startsWith(prefix) || !text.endsWith('\n')) return undefined
  const groups = eventPattern.exec(text.slice(prefix.length, -1))?.groups
  if (groups === undefined) return undefined
  const { begun, ended, exitCode, result } = groups
  if (begun !== undefined) return { event: 'begin', stage: begun }
  const code = Number(exitCode ?? result)
  if (code > 255) return undefined
  return ended === undefined
    ? { event: 'result', exitCode: code }
    : { event: 'end', stage: ended, exitCode: code }
}

function formatEvent(marker: StageMarker): string {
  if (marker.event !== 'result' && !stagePattern.test(marker.stage)) {
    throw new IllegalStateError(
      `Cannot write a marker for stage '${marker.stage}': a stage is 1 to 64 of a-z and '-'.`,
    )
  }
  if (marker.event === 'begin') return `begin ${marker.stage}`
  if (!Number.isInteger(marker.exitCode) || marker.exitCode < 0 || marker.exitCode > 255) {
    throw new IllegalStateError(
      `Cannot write a marker with exit code ${marker.exitCode}: it must be 0 to 255.`,
    )
  }
  return marker.event === 'end'
    ? `end ${marker.stage} ${marker.exitCode}`
    : `result ${marker.exitCode}`
}
