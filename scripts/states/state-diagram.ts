/** What the diagram is drawn from: for each state the events it takes, and where they lead. */
export type TransitionTable = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A mermaid state diagram. Events that lead from one state to the same next one share an arrow. */
export function stateDiagram(transitions: TransitionTable): string {
  const [first] = Object.keys(transitions)
  if (first === undefined) throw new Error('Cannot draw the states: the table is empty.')
  const lines = [`  [*] --> ${first}`]
  for (const [state, events] of Object.entries(transitions)) {
    const eventsTo = new Map<string, string[]>()
    for (const [event, next] of Object.entries(events)) {
      eventsTo.set(next, [...(eventsTo.get(next) ?? []), event])
    }
    for (const [next, names] of eventsTo) lines.push(`  ${state} --> ${next}: ${names.join(', ')}`)
    if (eventsTo.size === 0) lines.push(`  ${state} --> [*]`)
  }
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n')
}

const block = /(<!-- states:begin[^\n]*-->\n)(.*?)(<!-- states:end -->)/s

/** The document with its state diagram replaced. */
export function withStateDiagram(document: string, diagram: string): string {
  if (!block.test(document)) {
    throw new Error(
      'Cannot place the state diagram: the states:begin and states:end lines are gone.',
    )
  }
  return document.replace(
    block,
    (_all, begin: string, _old: string, end: string) => `${begin}\n${diagram}\n\n${end}`,
  )
}
