import { z } from 'zod'

import {
  bundleLayout,
  policyBundleLimits,
  readPolicyBundle,
  rerootArchive,
} from '../../archives/index.ts'
import { dataFiles, type VcsTaskRow } from '../../store/index.ts'
import type { VcsContext } from '../vcs-context.ts'

import { repositorySubject } from './repository-subject.ts'
import { TaskRefusedError, type TaskCall, type TaskHandler } from './vcs-task.ts'

const payloadSchema = z.object({ policyGroupId: z.string(), force: z.boolean() })

const groupRepoSchema = z.object({ identifier: z.string(), branch: z.string().nullish() })

export const policyGroupKind = 'policy-group'

/** Looks at the repository of a policy group. Inside a transaction. */
export function addPolicyGroupSync(context: VcsContext, groupId: string, force: boolean): void {
  const { bindings, tasks, at } = context
  const group = bindings.policyGroup(groupId)
  if (group === undefined) return
  tasks.add(
    {
      providerId: group.vcs_provider_id,
      subject: repositorySubject(policyGroupRepo(group).identifier),
      kind: policyGroupKind,
      payload: { policyGroupId: groupId, force },
    },
    at(),
  )
}

/** Where a policy group comes from. */
export function policyGroupRepo(group: {
  readonly vcs_repo_json: string
}): z.infer<typeof groupRepoSchema> {
  return groupRepoSchema.parse(JSON.parse(group.vcs_repo_json))
}

/** Fetches the policies of a group. What is wrong is noted, and the policies before stay in force. */
export class PolicyGroupTask implements TaskHandler {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async run({ task, forge, signal }: TaskCall): Promise<() => void> {
    const { bindings, files, ids } = this.#context
    const { policyGroupId, force } = readPayload(task)
    const group = bindings.policyGroup(policyGroupId)
    if (group?.vcs_provider_id !== task.vcs_provider_id) return () => {}
    const repo = policyGroupRepo(group)
    const branch =
      repo.branch ?? (await forge.repository(repo.identifier, { signal })).defaultBranch
    const head = await forge.branch(repo.identifier, branch, { signal })
    if (head === undefined) {
      throw new TaskRefusedError(`The repository ${repo.identifier} has no branch '${branch}'.`)
    }
    if (head.sha === group.vcs_head_sha && !force) return () => {}
    const bundleId = ids('pbun')
    const file = dataFiles.policyBundle(bundleId)
    const layout = bundleLayout({
      repoJson: group.vcs_repo_json,
      commonFunctions: group.common_functions_folder,
    })
    try {
      const archive = await forge.archive(repo.identifier, head.sha, { signal })
      const written = await files.writeStream(
        file,
        rerootArchive(archive, { path: '', limits: policyBundleLimits }),
        { maxBytes: policyBundleLimits.packedBytes },
      )
      const bundle = await readPolicyBundle(files.path(file), layout)
      if (bundle.fault !== undefined) throw new TaskRefusedError(bundle.fault)
      const policies = bundle.policies.map((policy) => ({ ...policy, id: ids('pol') }))
      const { commonFunctions } = layout
      const seen = group.vcs_repo_json
      return () =>
        this.#replace(policyGroupId, seen, head.sha, {
          id: bundleId,
          groupId: policyGroupId,
          ...written,
          commonFunctions,
          policies,
        })
    } catch (error) {
      await files.remove(file)
      throw error
    }
  }

  failed(task: VcsTaskRow, reason: string): void {
    this.#context.db.run(
      "UPDATE policy_groups SET status = 'errored', error_message = ? WHERE id = ?",
      reason,
      readPayload(task).policyGroupId,
    )
  }

  #replace(
    groupId: string,
    seenRepoJson: string,
    sha: string,
    bundle: Parameters<VcsContext['policies']['replaceBundle']>[0],
  ): void {
    const { bindings, policies, db, engine, at } = this.#context
    // Bound to something else since: that has a sync of its own. The file is swept at the next start.
    if (bindings.policyGroup(groupId)?.vcs_repo_json !== seenRepoJson) return
    policies.replaceBundle(bundle, at())
    bindings.setPolicyGroupHead(groupId, sha)
    db.afterCommit(() => engine.policyBundleReplaced())
  }
}

function readPayload(task: VcsTaskRow): z.infer<typeof payloadSchema> {
  return payloadSchema.parse(JSON.parse(task.payload_json))
}
