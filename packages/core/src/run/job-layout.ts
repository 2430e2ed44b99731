/**
 * The job directory, as Scalr lays it out. Paths are relative to it; it is the working directory of
 * the job script. `caches/<name>` is added by the executor.
 */
export const jobLayout = {
  /** The configuration. */
  configuration: 'workdir',
  data: 'data',
  script: 'data/job.sh',
  /** Read and removed by the script before anything else runs. */
  nonce: 'data/nonce',
  plan: 'data/terraform.tfplan.bin',
  planJson: 'data/plan.json',
  /** The dependency lock file of the plan, put back before the apply's `init`. */
  lockFile: 'data/lock.hcl',
  /** Hooks of the agent, each named as its stage. */
  agentHooks: 'data/hooks',
  /** `SCALR_AGENT_ENV`: what hooks pass on. */
  agentEnvironment: 'data/agent-env',
  /** CLI configuration of the tool, with `@job_dir@` still in it. */
  cliConfigTemplate: 'data/cli.tfrc.in',
  cliConfig: 'data/cli.tfrc',
  /** A FIFO: values of variables on their way to the tool. */
  variables: 'data/variables.tfvars',
  /**
   * Terragrunt's run-all: `plans/<unit>/tfplan.tfplan`, lock files, and the list of the units. All that an
   * apply needs of the plan.
   */
  units: 'data/units',
  /** `<unit>/plan.json` each. */
  unitPlans: 'data/unit-plans',
  /** `<unit>/errored.tfstate`, of units whose state could not be written. */
  unitStates: 'data/unit-states',
  /** Which tools of units run, and how they ended. */
  unitRuns: 'data/unit-runs',
  /** CA certificates that are added to the system's own. */
  caCertificates: 'data/ca.pem',
  providers: 'providers',
  /** `HOME` and `TMPDIR`. */
  temporary: 'tmp',
} as const

/** Selects the `http` backend; all its settings come by environment. */
export const backendOverrideFile = 'scalr_agent_backend_override.tf'
