import { createHash } from 'node:crypto'

import { ApiClient, type ApiAnswer, type Json } from './api-client.ts'
import { stateOf } from './state-of.ts'
import type { World } from './world.ts'

/** Talks to the API of the `remote` backend as Terraform's client does, over a real socket. */
export class TfeClient {
  readonly #url: string
  readonly #api: ApiClient

  constructor(world: World, token?: string) {
    this.#url = `${world.controlPlane.url}/api/tfe/v2`
    this.#api = new ApiClient(world.controlPlane, token)
  }

  call(method: string, path: string, json?: unknown): Promise<ApiAnswer> {
    return this.#api.call(
      method,
      path.startsWith('http') ? path : `${this.#url}${path}`,
      json === undefined ? {} : { json },
    )
  }

  get(path: string): Promise<ApiAnswer> {
    return this.call('GET', path)
  }

  act(workspaceId: string, action: 'lock' | 'unlock' | 'force-unlock'): Promise<ApiAnswer> {
    const body = action === 'lock' ? { reason: 'Locked by Terraform' } : undefined
    return this.call('POST', `/workspaces/${workspaceId}/actions/${action}`, body)
  }

  /** A workspace in the environment, as `terraform init` makes it. */
  async makeWorkspace(environmentId: string, attributes: Record<string, unknown>): Promise<Json> {
    const path = `/organizations/${environmentId}/workspaces`
    const answer = await this.call('POST', path, { data: { type: 'workspaces', attributes } })
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.body.data
  }

  /** Writes a state, as it is unless `said` says something else about it. */
  writeState(
    workspaceId: string,
    content: Buffer<ArrayBuffer> = stateOf(),
    said: Record<string, unknown> = {},
    relationships: Record<string, unknown> = {},
  ): Promise<ApiAnswer> {
    const attributes = { ...declared(content), ...said }
    return this.call('POST', `/workspaces/${workspaceId}/state-versions`, {
      data: { type: 'state-versions', attributes, relationships },
    })
  }
}

/** What a client says of a state. */
export function declared(content: Buffer): Record<string, unknown> {
  const { serial, lineage }: Json = JSON.parse(content.toString())
  return {
    state: content.toString('base64'),
    md5: createHash('md5').update(content).digest('hex'),
    serial,
    lineage,
    'json-state-outputs': Buffer.from('{}').toString('base64'),
  }
}
