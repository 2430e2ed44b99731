/** Fields that client-node's types call dates. */
const dateFields = new Set([
  'completionTime',
  'creationTimestamp',
  'deletionTimestamp',
  'eventTime',
  'finishedAt',
  'firstTimestamp',
  'lastObservedTime',
  'lastProbeTime',
  'lastTimestamp',
  'lastTransitionTime',
  'startTime',
  'startedAt',
])
/** Names in these are people's own. */
const freeFields = new Set(['annotations', 'labels', 'matchLabels', 'data', 'nodeSelector'])

/** Makes the dates of an answer what client-node's types say they are; all else stays as the server said. */
export function reviveDates(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reviveDates)
  if (typeof value !== 'object' || value === null) return value
  const revived: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    revived[name] =
      typeof field === 'string' && dateFields.has(name)
        ? new Date(field)
        : freeFields.has(name)
          ? field
          : reviveDates(field)
  }
  return revived
}
