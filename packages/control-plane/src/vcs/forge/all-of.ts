import { ForgeError } from './forge-error.ts'

/** A list that was read to its end. @throws {@link ForgeError} for one with more pages than are read */
export function allOf<Item>(items: readonly Item[] | undefined): readonly Item[] {
  if (items !== undefined) return items
  throw new ForgeError('The repository has more than 3000 tags, which is more than are read.', {
    isTransient: false,
  })
}
