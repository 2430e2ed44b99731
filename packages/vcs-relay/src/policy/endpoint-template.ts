import type { CanonicalTarget } from './canonical-target.ts'
import type { Segment } from './segment.ts'
import { slotText, slotTypes, type SlotName, type SlotType } from './slot-types.ts'

type Part = { readonly literal: string } | { readonly slot: SlotName; readonly type: SlotType }

/** What a target is to a template. */
export type TemplateMatch =
  | { readonly kind: 'match'; readonly slots: SlotValues }
  /** All its literals are there, and one slot holds what does not fit. */
  | { readonly kind: 'misfit'; readonly step: 'slot' | 'encoded-slash'; readonly reason: string }
  | { readonly kind: 'other' }

export type SlotValues = Readonly<Partial<Record<SlotName, string>>>

const other: TemplateMatch = { kind: 'other' }

/** A template such as `/repos/{owner}/{repo}/contents/{path**}`, taken apart once. */
export class EndpointTemplate {
  readonly #parts: readonly Part[]
  readonly #trailingSlash: boolean

  constructor(template: string) {
    this.#trailingSlash = template.endsWith('/')
    this.#parts = template
      .split('/')
      .filter((piece) => piece !== '')
      .map(readPart)
  }

  /** Compares from segment `from` on, where the base path ends. Literals as they are written. */
  match(target: CanonicalTarget, from: number): TemplateMatch {
    if (target.trailingSlash !== this.#trailingSlash) return other
    const segments = target.segments.slice(from)
    const spare = segments.length - this.#parts.length
    const many = this.#parts.some((part) => 'slot' in part && part.type.many === true)
    if (spare < 0 || (spare > 0 && !many)) return other

    const slots: Partial<Record<SlotName, string>> = {}
    const taken: { readonly part: Part; readonly segments: readonly Segment[] }[] = []
    let at = 0
    for (const part of this.#parts) {
      const length = 'slot' in part && part.type.many === true ? 1 + spare : 1
      taken.push({ part, segments: segments.slice(at, at + length) })
      at += length
    }
    for (const { part, segments: own } of taken) {
      if ('literal' in part && own[0]?.raw !== part.literal) return other
    }
    for (const { part, segments: own } of taken) {
      if ('literal' in part) continue
      const misfit = check(part.slot, part.type, own)
      if (misfit !== undefined) return misfit
      slots[part.slot] = slotText(own)
    }
    return { kind: 'match', slots }
  }
}

function check(
  slot: SlotName,
  type: SlotType,
  segments: readonly Segment[],
): TemplateMatch | undefined {
  const encoded = segments.some((segment) => segment.hasEncodedSlash)
  if (encoded && type.encodedSlash !== true) {
    return {
      kind: 'misfit',
      step: 'encoded-slash',
      reason: `{${slot}} holds an encoded slash (%2F), which is legal for projects, refs and paths alone`,
    }
  }
  if (type.fits(slotText(segments))) return undefined
  return { kind: 'misfit', step: 'slot', reason: `{${slot}} is not ${type.expects}` }
}

function readPart(piece: string): Part {
  const slot = /^\{(.+)\}$/u.exec(piece)?.[1]
  if (slot === undefined) return { literal: piece }
  if (!isSlotName(slot)) throw new TypeError(`no type of slot: ${slot}`)
  return { slot, type: slotTypes[slot] }
}

function isSlotName(text: string): text is SlotName {
  return Object.hasOwn(slotTypes, text)
}
