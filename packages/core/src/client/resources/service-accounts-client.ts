import { z } from 'zod'

import { serviceAccountDefinition } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'

const assumedSchema = z.object({ 'access-token': z.string(), 'expire-time': z.string() })

/** A token for a while. `token` is not enumerable, so that logging this does not show it. */
export interface TemporaryToken {
  readonly token: string
  readonly expiresAt: string
}

export class ServiceAccountsClient extends ResourceClient<typeof serviceAccountDefinition> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, serviceAccountDefinition)
    this.#api = api
  }

  /** A token of a service account for an OIDC identity that one of its policies trusts. */
  async assume(
    identity: {
      readonly serviceAccountEmail: string
      /** JWT of the identity provider. */
      readonly idToken: string
      readonly lifetimeSeconds?: number
    },
    options: CallOptions = {},
  ): Promise<TemporaryToken> {
    const { serviceAccountEmail, idToken, lifetimeSeconds } = identity
    const { value } = await this.#api.json(
      {
        doing: `assume the service account ${serviceAccountEmail}`,
        method: 'POST',
        path: '/service-accounts/assume',
        signal: options.signal,
      },
      assumedSchema,
      {
        mediaType: 'application/json',
        value: {
          'service-account-email': serviceAccountEmail,
          'id-token': idToken,
          ...(lifetimeSeconds === undefined ? {} : { lifetime: lifetimeSeconds }),
        },
      },
    )
    const assumed = { token: value['access-token'], expiresAt: value['expire-time'] }
    return Object.defineProperty(assumed, 'token', { enumerable: false })
  }
}
