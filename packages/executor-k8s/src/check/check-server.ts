import type { Clock, Finding } from '@scalr-agent/core'
import { z } from 'zod'

import { readText, type KubeHttp } from '../calls/kube-http.ts'

/** The oldest server that the executor works with. */
const oldestMinor = 20
/** The `Date` of an answer has whole seconds, and the answer takes its time. */
const skewWarningMs = 30_000

const versionSchema = z.looseObject({
  gitVersion: z.string(),
  major: z.string(),
  minor: z.string(),
})

/** Who answers, whether it is new enough, and whether its clock agrees with ours. */
export async function checkServer(
  http: KubeHttp,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const call = { verb: 'get', resource: '/version' }
  const response = await http.open({ method: 'GET', path: '/version', call }, signal)
  const version = versionSchema.parse(JSON.parse(await readText(response)))
  const skew = checkClock(response.headers.date, clock)
  return [checkVersion(http, version), ...(skew === undefined ? [] : [skew])]
}

function checkVersion(http: KubeHttp, version: z.output<typeof versionSchema>): Finding {
  const id = 'kubernetes.api'
  const { namespace, server, source } = http.cluster
  const minor = Number.parseInt(version.minor, 10)
  if (Number.parseInt(version.major, 10) === 1 && minor < oldestMinor) {
    return {
      id,
      level: 'error',
      message: `Kubernetes ${version.gitVersion} at ${server} is too old.`,
      remedy: `Use a cluster of version 1.${oldestMinor} or later.`,
    }
  }
  return {
    id,
    level: 'ok',
    message: `Kubernetes ${version.gitVersion} answers at ${server} (${source}); jobs run in the namespace \`${namespace}\`.`,
  }
}

function checkClock(date: string | undefined, clock: Clock): Finding | undefined {
  const theirs = new Date(date ?? '').getTime()
  if (Number.isNaN(theirs)) return undefined
  const id = 'kubernetes.clock'
  const skewMs = clock.now().getTime() - theirs
  if (Math.abs(skewMs) <= skewWarningMs) {
    return { id, level: 'ok', message: 'The clocks of this machine and of the cluster agree.' }
  }
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  return {
    id,
    level: 'warning',
    message: `The clock of this machine is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of the cluster: certificates and tokens may seem expired.`,
    remedy: 'Let both keep the time (NTP).',
  }
}
