// What docs/client.md and the examples in the client's own comments show, word for word: each region is one
// sample. They are compiled, and run against the embedded control plane.
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

import { ApiError, ScalrClient, describePlan, type Run } from '@scalr-agent/core'

export async function connect(url: string, token: string, environmentId: string): Promise<void> {
  // #region connect
  await using client = new ScalrClient({ url, token })
  const workspace = await client.workspaces.create({ name: 'app', environmentId })
  for await (const run of client.runs.list({ filter: { workspace: workspace.id } })) {
    console.log(run.id, run.status)
  }
  // #endregion
}

export async function discover(url: string, token: string): Promise<string> {
  // #region discover
  await using client = await ScalrClient.discover({ url, token })
  // #endregion
  const account = await client.accounts.list().first()
  return account?.id ?? ''
}

export async function write(client: ScalrClient, workspaceId: string): Promise<void> {
  // #region write
  await client.workspaces.update(workspaceId, {
    autoApply: true, // a value is set
    workingDirectory: null, // null clears
    agentPoolId: undefined, // undefined, or absent, stays as it is
  })
  // #endregion
}

export async function read(client: ScalrClient, environmentId: string): Promise<readonly string[]> {
  const names: string[] = []
  // #region read
  const workspaces = client.workspaces.list({
    filter: { environment: environmentId, name: { like: 'ap' } },
    sort: ['-updatedAt'],
    include: ['environment'],
    fields: { workspaces: ['name', 'locked'], environments: ['name'] },
  })
  for await (const { name, locked, environment } of workspaces) {
    names.push(`${environment?.name}/${name}${locked ? ' (locked)' : ''}`)
  }
  // #endregion
  return names
}

export async function tags(client: ScalrClient, workspaceId: string): Promise<void> {
  // #region tags
  const tag = await client.tags.create({ name: 'production' })
  await client.workspaces.tags.add(workspaceId, [tag.id])
  // #endregion
}

export async function plan(
  client: ScalrClient,
  workspaceId: string,
  directory: string,
): Promise<Run> {
  // #region plan
  const version = await client.configurationVersions.uploadDirectory(workspaceId, directory)
  const run = await client.runs.create({ workspaceId, configurationVersionId: version.id })
  // #endregion
  return run
}

export async function review(client: ScalrClient, run: Run): Promise<string> {
  // #region review
  const { decision } = await client.runs.review(run.id, (summary) => {
    console.log(describePlan(summary)) // 2 to add, 0 to change, 1 to destroy, and what
    return summary.destroy === 0
  })
  if (decision !== 'confirmed') console.log(`The run was not applied: ${decision}`)
  // #endregion
  return decision
}

export async function wait(client: ScalrClient, run: Run): Promise<void> {
  // #region wait
  const planned = await client.runs.waitFor(run.id)
  if (planned.status === 'planned') await client.runs.confirm(run.id)
  // #endregion
}

export async function followPlan(client: ScalrClient, planId: string): Promise<void> {
  // #region follow-plan
  for await (const chunk of client.plans.follow(planId)) process.stdout.write(chunk)
  // #endregion
}

export async function followApply(client: ScalrClient, applyId: string): Promise<void> {
  // #region follow-apply
  for await (const chunk of client.applies.follow(applyId)) process.stdout.write(chunk)
  // #endregion
}

export async function download(
  client: ScalrClient,
  workspaceId: string,
  path: string,
): Promise<void> {
  // #region download
  const { id } = await client.workspaces.currentStateVersion(workspaceId)
  await pipeline(await client.stateVersions.download(id), createWriteStream(path))
  // #endregion
}

export async function request(client: ScalrClient, workspaceId: string): Promise<unknown> {
  // #region request
  const { data } = await client.request('GET /workspaces/{workspace}', {
    path: { workspace: workspaceId },
    query: { include: ['environment'] },
  })
  console.log(data?.attributes?.['iac-platform'])
  // #endregion
  return data?.attributes?.['iac-platform']
}

export async function failure(client: ScalrClient, poolId: string): Promise<number | undefined> {
  let status: number | undefined
  // #region failure
  try {
    await client.agentPools.delete(poolId)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    console.log(error.message) // Cannot delete the agent pool apool-…: 409 …
    status = error.status
  }
  // #endregion
  return status
}

export async function trace(url: string, token: string): Promise<readonly string[]> {
  const lines: string[] = []
  // #region trace
  await using client = new ScalrClient({
    url,
    token,
    trace: ({ method, path, attempt }) => ({
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      onEnd: ({ status, durationMs }) => {
        lines.push(`${method} ${path} #${attempt}: ${status ?? 'no answer'}, ${durationMs} ms`)
      },
    }),
  })
  // #endregion
  await client.accounts.list().first()
  return lines
}
