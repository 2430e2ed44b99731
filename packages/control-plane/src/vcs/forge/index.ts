export { createForgeClient, vcsNameOf, type ForgeGateway } from './create-forge-client.ts'
export type {
  CommitState,
  ForgeCallOptions,
  ForgeClient,
  ForgeCommit,
  ForgePullRequest,
  ForgeRepository,
  ForgeTag,
  NewCommitStatus,
} from './forge-client.ts'
export { ForgeError } from './forge-error.ts'
export { forgeKinds, isForgeKind, type ForgeKind, type ForgeType } from './forge-kinds.ts'
