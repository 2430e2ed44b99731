import type { FoundLock, StageFindings } from './job-findings.ts'

/** Whole lines of it; the rest is in the log. */
const maxErrorChars = 4_000

/** Longer ones are somebody's binary. */
const maxLineChars = 300

/**
 * What the masked text of a stage says of its failure, in the words of Terraform and OpenTofu. Nothing is
 * guessed: what is not said in these words is not found.
 */
export function readStageFindings(stage: string, text: string): StageFindings {
  const lines = text.split(/\r?\n/u).map(withoutFrame)
  const errors = errorBlocks(lines)
  const lock = errors === undefined ? undefined : findLock(errors)
  const diskFull = lines.findLast((line) =>
    /no space left on device|disk quota exceeded/iu.test(line),
  )
  return {
    stage,
    ...(errors === undefined ? {} : { errors: cutLines(errors, maxErrorChars) }),
    ...(lock === undefined ? {} : { lock }),
    ...(diskFull === undefined ? {} : { diskFull: diskFull.trim().slice(0, maxLineChars) }),
  }
}

/** Says that there are errors, and not which; those follow. */
const preamble = /^(?:Terraform|OpenTofu) encountered problems during initiali[sz]ation/u

/** The title of the first error, e.g. `Failed to query available provider packages`. */
export function errorTitle(errors: string | undefined): string | undefined {
  const titles = [...(errors ?? '').matchAll(/^Error: (?<title>.+)$/gmu)].map(
    ({ groups }) => groups?.['title']?.trim() ?? '',
  )
  const title = titles.find((text) => !preamble.test(text)) ?? titles[0]
  return title?.slice(0, maxLineChars).replace(/\.$/u, '')
}

/** Tools draw a frame around errors where they think of a terminal. */
function withoutFrame(line: string): string {
  return line.replace(/^[╷╵]\s*$/u, '').replace(/^│ ?/u, '')
}

/** From the first error to the end: a tool prints them last. */
function errorBlocks(lines: readonly string[]): string | undefined {
  const first = lines.findIndex((line) => line.startsWith('Error: '))
  if (first === -1) return undefined
  return lines.slice(first).join('\n').trim()
}

/**
 * Terraform's `http` backend prints a Lock Info of the lock that it *wanted*; the one that is held stands
 * in the message before. OpenTofu prints that of the one that is held. So what Lock Info says of a
 * person counts only where it is about the lock that is held.
 */
function findLock(errors: string): FoundLock | undefined {
  const tool = /\bOpenTofu\b/u.test(errors) ? 'tofu' : 'terraform'
  const acquiring = errors.indexOf('Error acquiring the state lock')
  if (acquiring !== -1) {
    const block = errors.slice(acquiring)
    const said = /already locked:\s*ID=(?<id>\S+)/u.exec(block)?.groups?.['id']
    const info = /Lock Info:\s*\n\s*ID:\s*(?<id>\S+)/u.exec(block)?.groups?.['id']
    const id = said ?? info
    if (id === undefined) return undefined
    return { id, state: 'held', tool, ...(id === info ? holder(block) : {}) }
  }
  if (!errors.includes('Error releasing the state lock')) return undefined
  // The lock's id is told by no message, but it is in the address of a state that could not be written.
  const id = /[?&]ID=(?<id>[0-9a-f]{8}-[0-9a-f-]{27})\b/u.exec(errors)?.groups?.['id']
  return id === undefined ? undefined : { id, state: 'left', tool }
}

function holder(block: string): Pick<FoundLock, 'who' | 'created' | 'operation'> {
  const field = (name: string): string | undefined =>
    new RegExp(`^\\s*${name}:[ \\t]*(?<value>\\S.*)$`, 'mu').exec(block)?.groups?.['value']?.trim()
  const who = field('Who')
  const operation = field('Operation')
  // To the second; what follows is a fraction that says nothing.
  const created = field('Created')
    ?.replace(/\.\d+ /u, ' ')
    .replace(' +0000 UTC', ' UTC')
  return {
    ...(who === undefined ? {} : { who }),
    ...(created === undefined ? {} : { created }),
    ...(operation === undefined ? {} : { operation }),
  }
}

/** The beginning of a text, in whole lines. */
function cutLines(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const end = text.lastIndexOf('\n', maxChars)
  return `${text.slice(0, end === -1 ? maxChars : end)}\n…`
}
