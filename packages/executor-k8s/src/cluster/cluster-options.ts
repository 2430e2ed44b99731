import { isAbsolute } from 'node:path'

import { z } from 'zod'

/** Where Kubernetes puts the account of a pod. */
export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

/** A text of several lines, or of JSON, is the kubeconfig itself. */
export function isKubeconfigText(value: string): boolean {
  return value.includes('\n') || value.trimStart().startsWith('{')
}

const kubeconfig = z
  .string()
  .refine(
    (value) => isKubeconfigText(value) || isAbsolute(value),
    'must be an absolute path, or the text of a kubeconfig',
  )

const inCluster = z.strictObject({
  /** @default 'kubernetes.default.svc' */
  host: z.string().min(1).default('kubernetes.default.svc'),
  /** @default 443 */
  port: z.int().min(1).max(65_535).default(443),
  /** Where the token, CA and namespace of the service account are. @default where Kubernetes puts them */
  directory: z
    .string()
    .refine(isAbsolute, 'must be an absolute path')
    .default(serviceAccountDirectory),
})

export const clusterOptionsSchema = z.strictObject({
  /**
   * Absolute path of a kubeconfig, or its text. With several, the first that knows a name counts.
   * @default `~/.kube/config`, and where there is none, the service account of the pod we run in
   */
  kubeconfig: z.union([kubeconfig, z.array(kubeconfig).min(1)]).optional(),
  /** Context of the kubeconfig. @default its current one */
  context: z.string().min(1).optional(),
  /** Where the jobs run. @default that of the context or service account, else `default` */
  namespace: z
    .string()
    .regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/u, 'must be the name of a namespace')
    .optional(),
  /**
   * Use the service account of the pod that the agent runs in, whatever kubeconfig there is. `true`, or where
   * the API server and the account's files are.
   * @default false
   */
  inCluster: z
    .union([z.boolean(), inCluster])
    .transform((value) =>
      value === true ? inCluster.parse({}) : value === false ? undefined : value,
    )
    .optional(),
  /**
   * Environment of the credential plugins that a kubeconfig names, such as `PATH`, `HOME` and `AWS_PROFILE`.
   * @default none
   */
  pluginEnv: z.record(z.string(), z.string()).default({}),
  /** Proxy for a cluster whose kubeconfig names none (`proxy-url`). @default none */
  proxy: z
    .strictObject({
      /** `http://`, `https://` or `socks5://`. */
      httpsProxy: z.url({ protocol: /^(?:https?|socks(?:4a?|5h?)?)$/u }).optional(),
      /** Comma list of hosts, domains and networks that are called directly, as in `NO_PROXY`. */
      noProxy: z.string().optional(),
    })
    .optional(),
})

/** Which cluster, as whom, and in which namespace. */
export type ClusterOptions = z.input<typeof clusterOptionsSchema>
export type ResolvedClusterOptions = z.output<typeof clusterOptionsSchema>
