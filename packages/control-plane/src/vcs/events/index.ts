export { isSigned } from './check-signature.ts'
export { forgeEventSchema, type ForgeEvent } from './forge-event.ts'
export { readEvent } from './read-event.ts'
