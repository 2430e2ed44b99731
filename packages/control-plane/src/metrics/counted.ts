import type { FastifyReply, FastifyRequest } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'

import { isTerminalRun, runStatuses, type EngineEvents } from '../engine/index.ts'

import { prefix } from './prefix.ts'

/** What is counted as it happens, from the start of this process. */
export interface Counted {
  readonly engineEvents: EngineEvents
  readonly answered: (request: FastifyRequest, reply: FastifyReply) => void
}

/** From an agent that waits with a free slot to a fleet that is scaled up overnight. */
const waitBuckets = [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400]
const runBuckets = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200]
/** The last one is beyond every long-poll. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 70]

export function createCounted(registry: Registry): Counted {
  const registers = [registry]
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Counter<T>({ name: `${prefix}${name}`, help, labelNames, registers })
  const histogram = <T extends string>(
    name: string,
    help: string,
    settings: { readonly buckets: number[]; readonly labelNames: readonly T[] },
  ) => new Histogram<T>({ name: `${prefix}${name}`, help, ...settings, registers })

  const runsEnded = counter('runs_ended_total', 'Runs that have ended, by status', ['status'])
  // A rate needs a series that was there before the first.
  for (const status of runStatuses.filter(isTerminalRun)) runsEnded.inc({ status }, 0)
  const jobsEnded = counter('jobs_ended_total', 'Jobs that have ended, by result', [
    'phase',
    'result',
  ])
  const jobWait = histogram('job_wait_seconds', 'From queued until an agent got the job', {
    buckets: waitBuckets,
    labelNames: ['phase'],
  })
  const jobDuration = histogram('job_duration_seconds', 'From started until the job ended', {
    buckets: runBuckets,
    labelNames: ['phase'],
  })
  const logBytes = counter('log_received_bytes_total', 'Bytes of logs that agents sent', [])
  const requests = counter('http_requests_total', 'Requests that were answered', [
    'method',
    'route',
    'status',
  ])
  const requestDuration = histogram(
    'http_request_duration_seconds',
    'From the head of a request to the end of its answer; long-polls wait on purpose',
    { buckets: requestBuckets, labelNames: ['method', 'route'] },
  )

  return {
    engineEvents: {
      runEnded: (status) => runsEnded.inc({ status }),
      jobGivenOut: ({ phase, waitedMs }) => jobWait.observe({ phase }, waitedMs / 1000),
      jobEnded: ({ phase, result, ranMs }) => {
        jobsEnded.inc({ phase, result })
        if (ranMs !== undefined) jobDuration.observe({ phase }, ranMs / 1000)
      },
      logReceived: (bytes) => logBytes.inc(bytes),
    },
    answered: ({ method, routeOptions }, reply) => {
      // The route as it is registered: no id of anything gets into a label.
      const { url: route = '(none)' } = routeOptions
      requests.inc({ method, route, status: String(reply.statusCode) })
      requestDuration.observe({ method, route }, reply.elapsedTime / 1000)
    },
  }
}
