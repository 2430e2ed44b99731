export type { ClusterOptions } from './cluster/cluster-options.ts'
export { clusterOptionsFromEnv } from './cluster/cluster-options-from-env.ts'
export { probeCluster, type ClusterFacts } from './cluster/probe-cluster.ts'
export {
  kubernetesOptionsFromEnv,
  type KubernetesEnvironmentOptions,
} from './environment/kubernetes-options-from-env.ts'
export type { KubernetesExecutorOptions } from './kubernetes-executor-options.ts'
export { KubernetesExecutor } from './kubernetes-executor.ts'
export type { PodTemplateOptions } from './manifest/pod-template-options.ts'
