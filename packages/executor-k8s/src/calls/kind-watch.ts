import { Backoff, type Clock, type Logger } from '@scalr-agent/core'
import { z } from 'zod'

import { isAway } from '../kubernetes-error.ts'
import { KubeAnswerError, type KubeCall } from './kube-answer-error.ts'
import type { KubeHttp } from './kube-http.ts'
import {
  collections,
  listAll,
  objectSchemas,
  resourceNames,
  type KubeKinds,
} from './kube-resources.ts'
import { KubeSilentError } from './kube-silent-error.ts'
import { readLines } from './read-lines.ts'
import { reviveDates } from './revive-dates.ts'

/** Largest object that is taken; the API server itself takes no larger ones. */
const longestEventBytes = 16 * 1024 * 1024
/** A server that takes a watch says so at once. */
const answerLimitMs = 20_000
/**
 * How long one watch lasts, with jitter, so that agents do not come back together. It is short because a watch whose
 * server is gone without a word looks like one of which nothing is to tell: this is how long that may last.
 */
const watchSeconds = { least: 40, most: 60 } as const
/** The server ends a watch when its time is over. One that did not is gone. */
const overdueMs = 10_000
/** A watch that ended sooner than that was no success. */
const shortMs = 1000

const eventSchema = z.looseObject({
  type: z.string(),
  object: z.looseObject({
    metadata: z
      .looseObject({ name: z.string().optional(), resourceVersion: z.string().optional() })
      .optional(),
    code: z.number().optional(),
    message: z.string().optional(),
  }),
})

/** Thrown to list again: the server no longer knows what came after the version that we have. */
class TooOldError extends Error {
  override readonly name = 'TooOldError'
}

/** Keeps the objects of one kind and selector as the server has them, by name, until it is stopped. */
export class KindWatch<K extends keyof KubeKinds> {
  readonly #http: KubeHttp
  readonly #kind: K
  readonly #schema: z.ZodType<KubeKinds[K]>
  readonly #labelSelector: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #onChange: () => void
  readonly #backoff = new Backoff({ minMs: 300, maxMs: 5000 })
  #objects: Map<string, KubeKinds[K]> | undefined
  #resourceVersion: string | undefined
  #isFailing = false

  constructor(
    http: KubeHttp,
    options: {
      readonly kind: K
      readonly labelSelector: string
      readonly clock: Clock
      readonly logger: Logger
      readonly onChange: () => void
    },
  ) {
    this.#http = http
    this.#kind = options.kind
    this.#schema = objectSchemas[options.kind]
    this.#labelSelector = options.labelSelector
    this.#clock = options.clock
    this.#logger = options.logger
    this.#onChange = options.onChange
  }

  /** As last seen; `undefined` before the first list. */
  get objects(): ReadonlyMap<string, KubeKinds[K]> | undefined {
    return this.#objects
  }

  /** Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startMs = this.#clock.monotonicMs()
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal)
        await this.#watch(signal)
        if (this.#clock.monotonicMs() - startMs < shortMs) await this.#pause(0, signal)
        else this.#backoff.reset()
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error, signal).catch(() => {})
      }
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (
      error instanceof TooOldError ||
      (error instanceof KubeAnswerError && error.status === 410)
    ) {
      const wasListed = this.#resourceVersion !== undefined
      this.#resourceVersion = undefined
      // The first time at once: it is the usual end of a long silence.
      if (wasListed && !this.#isFailing) {
        this.#isFailing = true
        return
      }
    } else if (!(error instanceof KubeSilentError) && !this.#isFailing) {
      this.#isFailing = true
      this.#logger.debug(
        { kind: this.#kind, error },
        isAway(error)
          ? 'The watch of the Kubernetes API was cut; it goes on once the server answers'
          : 'The watch of the Kubernetes API failed; it is tried again',
      )
    }
    // Whatever it was, it may have to do with where we stood.
    if (!isAway(error)) this.#resourceVersion = undefined
    await this.#pause(error instanceof KubeAnswerError ? (error.retryAfterMs ?? 0) : 0, signal)
  }

  async #pause(leastMs: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(leastMs + this.#backoff.nextMs(), { signal })
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { items, resourceVersion } = await listAll(
      this.#http,
      { kind: this.#kind, labelSelector: this.#labelSelector },
      signal,
    )
    this.#objects = new Map(items.map((item) => [item.metadata?.name ?? '', slim(item)]))
    this.#resourceVersion = resourceVersion
    this.#onChange()
  }

  /** Resolves when the server ends it, as it does now and then. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { namespace } = this.#http.cluster
    const { least, most } = watchSeconds
    const seconds = Math.round(least + Math.random() * (most - least))
    const query = new URLSearchParams({
      watch: 'true',
      labelSelector: this.#labelSelector,
      resourceVersion: this.#resourceVersion ?? '',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
    })
    const path = `${collections[this.#kind](namespace)}?${query.toString()}`
    const call: KubeCall = { verb: 'watch', resource: resourceNames[this.#kind], namespace }
    const silent = new AbortController()
    const endAfter = (ms: number, what: string): NodeJS.Timeout =>
      setTimeout(() => silent.abort(new KubeSilentError(`a watch ${what}`)), ms)
    let timer = endAfter(answerLimitMs, `got no answer within ${answerLimitMs / 1000} s`)
    const either = AbortSignal.any([signal, silent.signal])
    try {
      const response = await this.#http.open({ method: 'GET', path, call }, either)
      clearTimeout(timer)
      timer = endAfter(seconds * 1000 + overdueMs, `was not ended after ${seconds} s`)
      if (this.#isFailing) this.#onChange()
      this.#isFailing = false
      for await (const line of readLines(response, longestEventBytes)) {
        if (line !== '') this.#apply(line)
      }
    } catch (error) {
      either.throwIfAborted()
      throw this.#http.noteAway(error)
    } finally {
      clearTimeout(timer)
    }
  }

  #apply(line: string): void {
    const value: unknown = JSON.parse(line)
    const { object, type } = eventSchema.parse(value)
    if (type === 'ERROR') {
      if (object.code === 410) throw new TooOldError(object.message ?? 'too old')
      throw new Error(object.message ?? 'the watch failed')
    }
    this.#backoff.reset()
    if (object.metadata?.resourceVersion !== undefined) {
      this.#resourceVersion = object.metadata.resourceVersion
    }
    const name = object.metadata?.name
    if (name === undefined || type === 'BOOKMARK') return
    if (type === 'DELETED') this.#objects?.delete(name)
    else this.#objects?.set(name, slim(this.#schema.parse(reviveDates(object))))
    this.#onChange()
  }
}

/** What is asked of a watch is how things are: without what was wished, and who set which field, little is kept. */
function slim<T extends { metadata?: { managedFields?: unknown }; spec?: unknown }>(item: T): T {
  if (item.metadata !== undefined) delete item.metadata.managedFields
  delete item.spec
  return item
}
