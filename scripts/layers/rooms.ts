/**
 * The rooms of core, lowest first, and what each may know. The same table stands in ARCHITECTURE.md,
 * and a test holds the two together.
 *
 * A room also knows what the rooms it knows may know, so each list names the nearest ones only.
 */
export const coreRooms = {
  errors: [],
  runtime: ['errors'],
  protocol: ['errors'],
  executor: ['protocol'],
  container: ['errors', 'runtime', 'protocol', 'executor'],
  http: ['errors', 'runtime', 'protocol'],
  'control-plane': ['http', 'protocol', 'executor'],
  client: ['http'],
  caches: ['http', 'executor'],
  logs: ['errors', 'runtime'],
  run: ['protocol', 'executor', 'logs', 'caches'],
  scheduler: ['runtime', 'protocol'],
  job: ['control-plane', 'client', 'run', 'scheduler', 'caches'],
  options: ['errors', 'runtime', 'executor'],
  agent: ['job', 'options'],
  serverless: ['agent', 'container'],
  testing: ['errors', 'runtime', 'protocol', 'executor', 'control-plane'],
} as const satisfies Record<string, readonly string[]>

export type CoreRoom = keyof typeof coreRooms

/** Rooms that are published as a subpath of core and never imported by another room. */
export const leafRooms: readonly CoreRoom[] = ['serverless', 'testing']

/** Every room that `room` may import from: what it names, and what those may import from in turn. */
export function roomsBelow(room: CoreRoom): ReadonlySet<CoreRoom> {
  const below = new Set<CoreRoom>()
  const visit = (current: CoreRoom): void => {
    for (const next of coreRooms[current]) {
      if (below.has(next)) continue
      below.add(next)
      visit(next)
    }
  }
  visit(room)
  return below
}

/** Whether a folder of core's `src/` is one of the rooms. */
export function isCoreRoom(name: string): name is CoreRoom {
  return Object.hasOwn(coreRooms, name)
}
