import { posix } from 'node:path'

import { moduleRequests, type ModuleRequest } from './module-requests.ts'
import { allowedReaches, environmentReaders, layers } from './packages.ts'
import { isCoreRoom, leafRooms, roomsBelow } from './rooms.ts'

/** A source file that breaks a rule of ARCHITECTURE.md. */
export interface LayerViolation {
  /** Path relative to the root. */
  readonly file: string
  readonly line: number
  readonly message: string
}

const coreSource = 'packages/core/src/'

/** Checks one file against the layer rules. `file` is relative to the root, with forward slashes. */
export function findViolations(file: string, source: string): readonly LayerViolation[] {
  const violations: LayerViolation[] = []
  for (const request of moduleRequests(file, source)) {
    const message = request.specifier.startsWith('.')
      ? checkRelative(file, request)
      : checkPackage(file, request)
    if (message !== undefined) violations.push({ file, line: request.line, message })
  }
  return [...violations, ...checkEnvironment(file, source)]
}

function checkRelative(file: string, request: ModuleRequest): string | undefined {
  const target = posix.join(posix.dirname(file), request.specifier)
  const from = folderOf(file)
  if (folderOf(target) !== from) {
    if (allowedReaches[file] === target) return undefined
    return `reaches into '${target}'; import the package by its name instead`
  }
  if (!file.startsWith(coreSource) || !target.startsWith(coreSource)) return undefined
  return checkRooms(file, target)
}

/** The rules inside core: a room imports only from the rooms it may know. */
function checkRooms(file: string, target: string): string | undefined {
  const from = roomOf(file)
  const to = roomOf(target)
  // The index wires the published names; it is not a room.
  if (from === undefined || from === to) return undefined
  if (!isCoreRoom(from)) return `'${from}/' is not a room that ARCHITECTURE.md knows`
  if (to === undefined) {
    return leafRooms.includes(from) ? undefined : `a room must not import core's own index`
  }
  if (!isCoreRoom(to)) return `'${to}/' is not a room that ARCHITECTURE.md knows`
  if (roomsBelow(from).has(to)) return undefined
  return `'${from}/' must not know '${to}/' (it may know: ${[...roomsBelow(from)].join(', ') || 'nothing'})`
}

function checkPackage(file: string, request: ModuleRequest): string | undefined {
  if (request.specifier === 'node:process' || request.specifier === 'process') {
    return request.names.includes('env') && isShippedSource(file) && !readsEnvironment(file)
      ? environmentMessage
      : undefined
  }
  if (!request.specifier.startsWith('@scalr-agent/')) return undefined
  const layer = layers.find(({ folder }) => file.startsWith(folder))
  if (layer === undefined) return undefined
  const inSource = file.startsWith(`${folderOf(file)}src/`)
  // Tests may use their own package as its users do.
  const own = `@scalr-agent/${folderOf(file).split('/')[1]}`
  if (!inSource && (request.specifier === own || request.specifier.startsWith(`${own}/`))) {
    return undefined
  }
  const allowed = inSource ? layer.source : layer.tests
  if (allowed.includes(request.specifier)) return undefined
  return `must not import '${request.specifier}' (allowed here: ${allowed.join(', ') || 'no other package'})`
}

const environmentMessage = `reads the environment; only ${environmentReaders.join(', ')} may`

/** `process.env` in code that we publish, in whatever spelling. */
function checkEnvironment(file: string, source: string): readonly LayerViolation[] {
  if (!isShippedSource(file) || readsEnvironment(file)) return []
  return source.split('\n').flatMap((text, index) => {
    const code = text.replace(/^\s*(\*|\/\/|\/\*).*$/, '')
    return /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*(\?\.)?\[\s*['"`]env/.test(code)
      ? [{ file, line: index + 1, message: environmentMessage }]
      : []
  })
}

function isShippedSource(file: string): boolean {
  return /^packages\/[^/]+\/src\//.test(file)
}

function readsEnvironment(file: string): boolean {
  return environmentReaders.includes(file)
}

/** `packages/core/`, `examples/quickstart/`, `bench/`… */
function folderOf(file: string): string {
  return /^(?:(?:packages|examples)\/[^/]+|[^/]+)\//.exec(file)?.[0] ?? ''
}

/** Folder of core's `src/` that a file stands in; `undefined` for the files directly in it. */
function roomOf(file: string): string | undefined {
  const parts = file.slice(coreSource.length).split('/')
  return parts.length > 1 ? parts[0] : undefined
}
