export type { KubeClient } from './calls/kube-client.ts'
