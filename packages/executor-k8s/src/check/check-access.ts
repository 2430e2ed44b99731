import type { Finding } from '@scalr-agent/core'
import { z } from 'zod'

import type { KubeHttp } from '../calls/kube-http.ts'
import { isForbidden } from '../kubernetes-error.ts'
import { accessRules, roleYaml, type AccessRule } from './access-rules.ts'

const reviewSchema = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) })

/** Which options of the executor ask for more rights. */
export interface AccessOptions {
  readonly podDisruptionBudget: boolean
  readonly metadata: 'block' | 'allow'
}

/** Asks the API server about every verb that jobs will need; what is missing is one finding. */
export async function checkAccess(
  http: KubeHttp,
  options: AccessOptions,
  signal: AbortSignal,
): Promise<Finding> {
  const id = 'kubernetes.access'
  const { namespace } = http.cluster
  const rules = neededRules(options)
  const questions = rules.flatMap((rule) => rule.verbs.map((verb) => ({ rule, verb })))
  try {
    const answers = await Promise.all(
      questions.map(async ({ rule, verb }) => ({
        text: `${verb} ${fullName(rule)}`,
        isAllowed: await mayDo(http, rule, verb, signal),
      })),
    )
    const missing = answers.filter(({ isAllowed }) => !isAllowed).map(({ text }) => text)
    if (missing.length === 0) {
      const message = `The agent may do all that jobs need in the namespace \`${namespace}\`.`
      return { id, level: 'ok', message }
    }
    return {
      id,
      level: 'error',
      message: `In the namespace \`${namespace}\` the agent may not: ${missing.join(', ')}.`,
      remedy: `Bind this role to its account (rbac.yaml of @scalr-agent/executor-k8s has all of it):\n${roleYaml(namespace, rules)}`,
    }
  } catch (error) {
    if (!isForbidden(error)) throw error
    return {
      id,
      level: 'warning',
      message: 'The API server does not tell the agent what it may do.',
      remedy: 'Allow it to create selfsubjectaccessreviews (the cluster role `system:basic-user`).',
    }
  }
}

/** The rules that an executor with these options needs. */
export function neededRules({
  metadata,
  podDisruptionBudget,
}: AccessOptions): readonly AccessRule[] {
  return accessRules.filter(
    ({ option }) =>
      option === undefined ||
      (option === 'podDisruptionBudget' ? podDisruptionBudget : metadata === 'block'),
  )
}

async function mayDo(
  http: KubeHttp,
  { apiGroup, resource }: Pick<AccessRule, 'apiGroup' | 'resource'>,
  verb: string,
  signal: AbortSignal,
): Promise<boolean> {
  const [name, subresource] = resource.split('/')
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        namespace: http.cluster.namespace,
        group: apiGroup,
        resource: name,
        ...(subresource === undefined ? {} : { subresource }),
        verb,
      },
    },
  }
  const answer = await http.json(
    {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      call: { verb: 'create', resource: 'selfsubjectaccessreviews.authorization.k8s.io' },
      body,
    },
    signal,
  )
  return reviewSchema.parse(answer).status.allowed
}

function fullName({ apiGroup, resource }: AccessRule): string {
  return apiGroup === '' ? resource : `${resource}.${apiGroup}`
}
