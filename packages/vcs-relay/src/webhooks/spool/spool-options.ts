import { ConfigurationError, type Clock } from '@scalr-agent/core'
import type { IdSource, Logger } from '@scalr-agent/core/runtime'
import { z } from 'zod'

import type { WebhookSink } from '../../relay-webhook.ts'

const day = 24 * 3_600_000

const spoolOptionsSchema = z.strictObject({
  /** Made if absent, mode 0700; for this spool alone. */
  directory: z.string().min(1),
  sink: z.custom<WebhookSink>(
    (value) => typeof value === 'object' && value !== null && 'deliver' in value,
    'must have deliver()',
  ),
  /** Room for all that waits or is parked. @default 1 GiB */
  maxBytes: z
    .int()
    .min(1)
    .default(1024 ** 3),
  /** How long a delivery id is remembered. @default 24 h */
  rememberMs: z.int().min(1).default(day),
  /** Deliveries at once; of one project there is never more than one. @default 4 */
  concurrency: z.int().min(1).max(64).default(4),
  /** A delivery that takes longer has failed. @default 60 s */
  deliveryMs: z.int().min(1).default(60_000),
  /** Failures of one webhook, after which it is parked if the control plane takes others. @default 12 */
  attempts: z.int().min(1).default(12),
  /** Waits between attempts, with full jitter. @default 500 ms to 30 s */
  retry: z
    .strictObject({
      minMs: z.int().min(1).default(500),
      maxMs: z.int().min(1).default(30_000),
    })
    .prefault({}),
  logger: z.custom<Logger>().optional(),
  /** For tests. */
  clock: z.custom<Clock>().optional(),
  /** For tests. */
  ids: z.custom<IdSource>().optional(),
})

export type WebhookSpoolOptions = z.input<typeof spoolOptionsSchema>

interface SpoolSurroundings {
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
}

export type ResolvedSpoolOptions = Omit<
  z.output<typeof spoolOptionsSchema>,
  keyof SpoolSurroundings
> &
  SpoolSurroundings

/** Checks the options of a spool and fills in what is absent. @throws ConfigurationError */
export function resolveSpoolOptions(
  options: WebhookSpoolOptions,
  surroundings: SpoolSurroundings,
): ResolvedSpoolOptions {
  const parsed = spoolOptionsSchema.safeParse(options)
  if (!parsed.success) {
    throw ConfigurationError.fromZod('the options of the webhook spool', parsed.error)
  }
  const { clock, ids, logger, ...rest } = parsed.data
  return {
    ...rest,
    clock: clock ?? surroundings.clock,
    ids: ids ?? surroundings.ids,
    logger: logger ?? surroundings.logger,
  }
}

/** What lies in a spool. */
export interface WebhookSpoolStatus {
  readonly waiting: number
  readonly parked: number
  readonly bytes: number
  readonly maxBytes: number
  /** When the oldest that waits came; ISO 8601. */
  readonly oldestReceivedAt: string | undefined
}

/** A webhook that was not delivered and will not be, until somebody asks for it. */
export interface ParkedWebhook {
  readonly id: string
  readonly vcs: string | undefined
  readonly deliveryId: string | undefined
  readonly receivedAt: string | undefined
  readonly parkedAt: string
  readonly reason: string
}
