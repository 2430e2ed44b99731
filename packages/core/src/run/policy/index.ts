export { createPolicyJob, policyTools, type PolicyJob } from './create-policy-job.ts'
