import {
  bundleLayout,
  policyBundleLimits,
  readPolicyBundle,
  type ReadBundle,
} from '../../archives/index.ts'
import { dataFiles, PoliciesRepository } from '../../store/index.ts'
import { conflict, nullableTextOf, PublicApiError } from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'
import { policyGroups } from '../resources/index.ts'

import { registerArchiveUpload } from './archive-upload.ts'

/**
 * `PUT /policy-groups/{id}/upload`, our own, for groups without a VCS provider. A bundle that is
 * wrong is refused, and the one before it stays in force.
 */
export function registerPolicyUpload(api: PublicApi): void {
  const { db, files } = api
  const repository = new PoliciesRepository(db)
  registerArchiveUpload(api, {
    path: '/policy-groups/:id/upload',
    operation: { id: 'upload_policy_group', summary: "Upload a Policy Group's files" },
    what: 'The policy group',
    archive: 'policy bundle',
    limits: policyBundleLimits,
    begin: (id, { accountId }) => {
      const group = api.reader.row(policyGroups, accountId, id)
      if (nullableTextOf(group, 'vcs_provider_id') !== null) {
        throw conflict('The policy group takes its policies from its repository; push them there.')
      }
      const layout = bundleLayout({
        repoJson: nullableTextOf(group, 'vcs_repo_json'),
        commonFunctions: nullableTextOf(group, 'common_functions_folder'),
      })
      const bundleId = api.ids('pbun')
      const file = dataFiles.policyBundle(bundleId)
      let bundle: ReadBundle = { policies: [], fault: undefined }
      return {
        file,
        inspect: async () => {
          bundle = await readPolicyBundle(files.path(file), layout)
          return bundle.fault
        },
        accept: ({ bytes, digest }) => {
          db.transaction(() => {
            // It may have been deleted meanwhile.
            api.reader.row(policyGroups, accountId, id)
            repository.replaceBundle(
              {
                id: bundleId,
                groupId: id,
                bytes,
                digest,
                commonFunctions: layout.commonFunctions,
                policies: (bundle.policies ?? []).map((policy) => ({
                  ...policy,
                  id: api.ids('pol'),
                })),
              },
              api.clock.now().toISOString(),
            )
          })
          api.engine.policyBundleReplaced()
        },
        refuse: (fault) => {
          db.run(
            "UPDATE policy_groups SET status = 'errored', error_message = ? WHERE id = ?",
            fault,
            id,
          )
          return new PublicApiError(422, { title: 'Invalid Policy Bundle', detail: fault })
        },
      }
    },
  })
}
