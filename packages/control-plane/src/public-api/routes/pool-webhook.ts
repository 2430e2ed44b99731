import { z } from 'zod'

import {
  headerNameProblem,
  headerValueProblem,
  readHeaders,
  type WebhookHeader,
} from '../../serverless/index.ts'
import { flagOf, invalidAttribute, jsonOf, nullableTextOf, type Row } from '../json-api/index.ts'

import type { Changes } from './writes.ts'

const mostHeaders = 32

const headerSchema = z.object({
  name: z.string().superRefine((name, context) => {
    const problem = headerNameProblem(name)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  }),
  value: z
    .string()
    .superRefine((value, context) => {
      const problem = headerValueProblem(value)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .nullish(),
  sensitive: z.boolean().default(false),
})

const headersSchema = z
  .array(headerSchema)
  .max(mostHeaders, `At most ${mostHeaders} headers.`)
  .superRefine((headers, context) => {
    const seen = new Set<string>()
    for (const [index, { name }] of headers.entries()) {
      if (seen.has(name.toLowerCase())) {
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: 'This header is there twice.',
        })
      }
      seen.add(name.toLowerCase())
    }
  })

const urlSchema = z
  .string()
  .max(2048)
  .superRefine((text, context) => {
    const problem = urlProblem(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })

/** What a pool's body may say of its webhook. */
export const webhookAttributes = {
  'webhook-enabled': z.boolean().optional(),
  'webhook-url': urlSchema.nullish(),
  'webhook-headers': headersSchema.nullish(),
} as const

interface WebhookBody {
  readonly 'webhook-enabled'?: boolean | undefined
  readonly 'webhook-url'?: string | null | undefined
  readonly 'webhook-headers'?: z.output<typeof headersSchema> | null | undefined
}

/**
 * Columns of what the body says. The value of a sensitive header stays where the body has none, for the same
 * origin: whoever may change the URL must not get it sent to a place of theirs.
 * @throws {@link PublicApiError} 422 where a value has to be given anew
 */
export function webhookColumns(body: WebhookBody, before?: Row): Changes {
  const headers = body['webhook-headers']
  const kept = sensitiveValues(before)
  const moves = before !== undefined && hasOtherOrigin(body['webhook-url'], before)
  if (moves && headers === undefined && kept.size > 0) {
    throw invalidAttribute(
      'webhook-url',
      'Sensitive headers are not sent to another origin: give `webhook-headers` with their values again.',
    )
  }
  return {
    webhook_enabled: body['webhook-enabled'],
    webhook_url: body['webhook-url'],
    webhook_headers_json:
      headers === undefined || headers === null
        ? headers
        : JSON.stringify(withKeptValues(headers, moves ? new Map() : kept)),
  }
}

function sensitiveValues(before: Row | undefined): ReadonlyMap<string, string> {
  const headers = (before && readHeaders(jsonOf(before, 'webhook_headers_json'))) ?? []
  return new Map(
    headers
      .filter(({ sensitive }) => sensitive)
      .map(({ name, value }) => [name.toLowerCase(), value]),
  )
}

/** Whether what is kept would go to another place than the one that it was given for. */
function hasOtherOrigin(url: string | null | undefined, before: Row): boolean {
  if (url === undefined || url === null) return false
  const known = nullableTextOf(before, 'webhook_url')
  return known === null || new URL(known).origin !== new URL(url).origin
}

function withKeptValues(
  headers: z.output<typeof headersSchema>,
  kept: ReadonlyMap<string, string>,
): readonly WebhookHeader[] {
  return headers.map(({ name, value, sensitive }, index) => {
    // A value that was sensitive once is not shown by calling it something else.
    const known = value ?? (sensitive ? kept.get(name.toLowerCase()) : undefined)
    if (known === undefined) {
      throw invalidAttribute(`webhook-headers/${index}/value`, 'A header needs a value.')
    }
    return { name, value: known, sensitive }
  })
}

/** @throws {@link PublicApiError} 422 for a pool whose parts do not go together */
export function checkWebhook(pool: Row): void {
  if (!flagOf(pool, 'webhook_enabled')) return
  if (nullableTextOf(pool, 'webhook_url') === null) {
    throw invalidAttribute('webhook-url', 'A serverless agent pool needs the URL of its webhook.')
  }
  if (flagOf(pool, 'vcs_enabled')) {
    throw invalidAttribute(
      'webhook-enabled',
      'Agents of a vcs-enabled pool relay, and stay: they are not started by a webhook.',
    )
  }
}

function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'Not a URL, such as https://launcher.example.com/tasks.'
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return 'It must begin with https:// or http://.'
  if (url.username !== '' || url.password !== '') {
    return 'It must not hold user and password; use a sensitive header.'
  }
  return url.hash === '' ? undefined : 'It must not have a fragment.'
}
