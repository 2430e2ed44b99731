import type { Segment } from './segment.ts'

/** What a slot gave: text to judge by, for slots that name a project, a group or an owner. */
export type SlotCheck = (text: string) => boolean

/** A slot of an endpoint: which decoded text fits. */
export interface SlotType {
  readonly fits: SlotCheck
  /** Takes all segments up to what follows in the template. */
  readonly many?: boolean
  /** May hold `%2F`. */
  readonly encodedSlash?: boolean
  /** What is expected, for reasons. */
  readonly expects: string
}

const name = /^[A-Za-z0-9_~.-][A-Za-z0-9_.-]{0,254}$/u
const integer = /^[1-9]\d{0,17}$/u

const isRepository = (text: string): boolean =>
  name.test(text) && !text.startsWith('~') && !/\.(?:git|atom)$/iu.test(text)

function isProjectPath(text: string): boolean {
  const pieces = text.split('/')
  return pieces.length >= 2 && pieces.length <= 22 && pieces.every(isRepository)
}

function isGroupPath(text: string): boolean {
  const pieces = text.split('/')
  return pieces.length <= 21 && pieces.every((piece) => isRepository(piece))
}

/** Names of branches, tags and commits as git has them; never an expression such as `HEAD~1` or `a..b`. */
function isRef(text: string): boolean {
  return (
    text.length <= 512 &&
    // eslint-disable-next-line no-control-regex
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$/u.test(text)
  )
}

function isPath(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return text.length <= 4096 && !/[\u0000-\u001f\u007f\\]/u.test(text)
}

function isComparison(text: string): boolean {
  const parts = text.split('...')
  return parts.length === 2 && parts.every((part) => part !== '' && isRef(part))
}

const ref = { fits: isRef, encodedSlash: true, expects: 'a branch, tag or commit' } as const
const path = { fits: isPath, encodedSlash: true, expects: 'a path of a file' } as const
const comparison = {
  fits: isComparison,
  encodedSlash: true,
  expects: 'two refs of the same repository with three dots between them',
} as const

/** Types of slots by their names in templates; `**` takes several segments. */
export const slotTypes = {
  owner: { fits: (text) => name.test(text), expects: 'the name of an owner' },
  repo: { fits: isRepository, expects: 'the name of a repository' },
  'repo.git': { fits: (text) => isRepository(withoutGit(text)), expects: 'a repository' },
  project: {
    fits: (text) => integer.test(text) || isProjectPath(text),
    encodedSlash: true,
    expects: 'an id, or a path such as group%2Fsub%2Fproject',
  },
  'project.git**': {
    fits: (text) => isProjectPath(withoutGit(text)),
    many: true,
    expects: 'the path of a repository',
  },
  group: {
    fits: isGroupPath,
    encodedSlash: true,
    expects: 'an id, or a path such as group%2Fsub',
  },
  ref,
  'ref**': { ...ref, many: true },
  path,
  'path**': { ...path, many: true },
  basehead: comparison,
  'basehead**': { ...comparison, many: true },
  'archive**': {
    fits: (text) => /\.(?:tar\.gz|zip)$/u.test(text) && isRef(text),
    encodedSlash: true,
    many: true,
    expects: 'a ref with .tar.gz or .zip behind it',
  },
  int: { fits: (text) => integer.test(text), expects: 'a number' },
  // The second number of a template.
  int2: { fits: (text) => integer.test(text), expects: 'a number' },
  format: {
    fits: (text) => ['tar.gz', 'legacy.tar.gz', 'zip', 'legacy.zip'].includes(text),
    expects: 'the format of an archive',
  },
  sha: { fits: (text) => /^[0-9a-f]{7,64}$/iu.test(text), expects: 'the SHA of a commit' },
  name: { fits: (text) => name.test(text), expects: 'a name' },
} as const satisfies Record<string, SlotType>

export type SlotName = keyof typeof slotTypes

/** The path of a repository without the `.git` that git URLs carry. */
export function withoutGit(text: string): string {
  return text.endsWith('.git') ? text.slice(0, -'.git'.length) : text
}

/** Text of the segments that a slot took. */
export function slotText(segments: readonly Segment[]): string {
  return segments.map((segment) => segment.decoded).join('/')
}
