export { createVcs, type Vcs } from './create-vcs.ts'
export { forgeKinds, isForgeKind, type ForgeGateway } from './forge/index.ts'
