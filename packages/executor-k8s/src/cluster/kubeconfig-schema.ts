import { z } from 'zod'

const text = z.string().nullish()

const clusterSchema = z.looseObject({
  server: z.string().min(1),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
})

const execSchema = z.looseObject({
  apiVersion: z.string().default('client.authentication.k8s.io/v1beta1'),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: z.boolean().nullish(),
})
/** A program that gives credentials. */
export type ExecEntry = z.output<typeof execSchema>

const userSchema = z
  .looseObject({
    token: text,
    tokenFile: text,
    'client-certificate': text,
    'client-certificate-data': text,
    'client-key': text,
    'client-key-data': text,
    username: text,
    password: text,
    as: text,
    'as-uid': text,
    'as-groups': z.array(z.string()).nullish(),
    exec: execSchema.nullish(),
    'auth-provider': z
      .looseObject({ name: z.string(), config: z.record(z.string(), z.unknown()).nullish() })
      .nullish(),
  })
  .nullish()

const contextSchema = z.looseObject({ cluster: z.string(), user: text, namespace: text })

/** A kubeconfig, as far as it is used. */
export const kubeconfigSchema = z.looseObject({
  'current-context': text,
  clusters: z.array(z.looseObject({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: userSchema })).nullish(),
  contexts: z.array(z.looseObject({ name: z.string(), context: contextSchema })).nullish(),
})

export type ClusterEntry = z.output<typeof clusterSchema>
export type UserEntry = NonNullable<z.output<typeof userSchema>>
export type ContextEntry = z.output<typeof contextSchema>
