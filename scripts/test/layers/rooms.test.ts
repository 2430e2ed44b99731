import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { coreRooms, isCoreRoom, roomsBelow } from '../../layers/rooms.ts'

const architecture = readFileSync(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8')
const rows = [
  ...(/## The rooms of core\n(.*?)\n## /s.exec(architecture)?.[1] ?? '').matchAll(
    /^\| `(?<room>[a-z-]+)\/` \|[^|]*\| (?<knows>[^|]*) \|$/gm,
  ),
].map((match) => ({ room: match.groups?.['room'] ?? '', knows: match.groups?.['knows'] ?? '' }))

describe('coreRooms', () => {
  it('has the rooms of ARCHITECTURE.md, in its order', () => {
    expect(rows.map(({ room }) => room)).toEqual(Object.keys(coreRooms))
  })

  it('names each room that ARCHITECTURE.md says a room may know', () => {
    for (const { room, knows } of rows) {
      if (!isCoreRoom(room)) throw new Error(`unknown room ${room}`)
      const named = Object.keys(coreRooms).filter((other) =>
        new RegExp(`(^|[ ,])${other}('s|,|$)`).test(knows),
      )
      const allowed = [...roomsBelow(room)].map(String)
      expect(allowed, room).toEqual(expect.arrayContaining(named))
    }
  })

  it('lets a room know only rooms above it', () => {
    const order = Object.keys(coreRooms)
    for (const room of order.filter(isCoreRoom)) {
      for (const below of roomsBelow(room)) {
        expect(order.indexOf(below), `${room} → ${below}`).toBeLessThan(order.indexOf(room))
      }
    }
  })
})
