/** `autoApply` → `auto-apply`: names of attributes, relations, filters and sort keys on the wire. */
export function toWireName(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)
}

/** Field that holds the id of a to-one relation, or the ids of a to-many one. */
export function idFieldOf(relation: string, many: boolean): string {
  return many ? `${relation.replace(/s$/u, '')}Ids` : `${relation}Id`
}
