import { jobLayout } from '../job-layout.ts'
import { jobExitCodes } from '../stages.ts'
import type { JobScriptOptions } from './job-script-options.ts'

/**
 * The program that Terragrunt calls as the tool of every unit, and the settings of Terragrunt. It
 * - writes each plan where Terragrunt's `--out-dir` says, which names the unit, and applies nothing but such
 *   a plan of this run;
 * - notes each running tool, and starts none once an end was asked for;
 * - notes how each tool ended; Terragrunt never sees the 2 that stands for changes;
 * - keeps the plan as JSON, the lock file, and a state that could not be written.
 */
export function terragruntUnitsWrapper(
  { phase, tool }: JobScriptOptions,
  varFiles: readonly string[],
): string {
  const words = varFiles.map((file) => ` -var-file="$job_cwd"/${file}`).join('')
  const toolArguments = tool.name === 'terraform' ? 'plan' : 'plan | apply'
  return `job_wrapper=$job_dir/${jobLayout.data}/\${job_iac##*/}
{
  printf '#!/bin/sh\\njob_iac=%s\\njob_dir=%s\\njob_cwd=%s\\n' \\
    "$(job_quote "$job_iac")" "$(job_quote "$job_dir")" "$(job_quote "$job_cwd")"
  cat <<'END_OF_WRAPPER'
job_phase=${phase}
${wrapperFunctions}
case \${1-} in
  plan | apply | destroy) ;;
  init) job_init "$@" ;;
  *) job_pass "$@" ;;
esac
job_find_plan "$@"
job_keep_known "$@"
job_verb=$1 job_variables=
shift
for job_argument do
  shift
  case $job_argument in
    -out=* | "$job_plan" | -auto-approve | -detailed-exitcode) ;;
    # A saved plan knows that it destroys.
    -destroy) [ "$job_verb" != plan ] || set -- "$@" "$job_argument" ;;
    *) set -- "$@" "$job_argument" ;;
  esac
done
if [ "$job_verb" = plan ]; then set -- plan "$@" -detailed-exitcode -out="$job_plan"
else job_verb=apply; set -- apply "$@"
fi
${
  words === ''
    ? ''
    : `# A saved plan holds the values of its variables; OpenTofu, from 1.9 on, wants to hear them again.
case $job_verb:$("$job_iac" version 2>/dev/null) in
  *'OpenTofu v1.'[678].*) [ "$job_verb" != plan ] || job_variables=1 ;;
  *) case $job_verb in ${toolArguments}) job_variables=1 ;; esac ;;
esac
if [ -n "$job_variables" ]; then set -- "$@"${words}; fi
`
}[ "$job_verb" = plan ] || set -- "$@" "$job_plan"
{
  job_watch "$@"
  echo $? >"$job_record/code"
} | tee "$job_record/output"
${wrapperEnd}END_OF_WRAPPER
} >"$job_wrapper" && chmod 755 "$job_wrapper" ||
  job_refuse ${jobExitCodes.internal} 'the data directory is not writable.'
${settings}`
}

const wrapperFunctions = String.raw`job_units=$job_dir/${jobLayout.units} job_runs=$job_dir/${jobLayout.unitRuns}

job_fail() {
  printf 'Error: %s\n' "$2" >&2
  exit "$1"
}

# job_watch ARGV...: runs the tool, whose process is known before it is the tool.
job_watch() {
  /bin/sh -c 'echo $$ >"$1" && [ ! -e "$2" ] || exit ${jobExitCodes.canceled}; shift 2; exec "$@"' sh \
    "$job_runs/$$.pid" "$job_runs/stop" "$job_iac" "$@"
}

job_pass() {
  job_watch "$@"
  job_code=$?
  rm -f -- "$job_runs/$$.pid"
  exit "$job_code"
}

# Where the lock file of this directory is kept: the job lies at the same path in both phases.
job_find_lock() {
  job_here=$(pwd -P)
  job_lock=$job_units/locks/${'$'}{job_here#"$job_dir"/}
}

# An apply gets the providers of its plan.
job_init() {
  job_find_lock
  if [ "$job_phase" = apply ] && [ -f "$job_lock/lock.hcl" ]; then
    cp -- "$job_lock/lock.hcl" .terraform.lock.hcl || exit ${jobExitCodes.internal}
  fi
  job_failed=$job_runs/inits/${'$'}{job_here#"$job_dir"/}/.failed
  rm -rf -- "$job_failed"
  job_watch "$@"
  job_code=$?
  rm -f -- "$job_runs/$$.pid"
  if [ "$job_code" -ne 0 ]; then
    mkdir -p -- "$job_failed" && printf '%s\n' "$job_here" >>"$job_runs/failed-inits"
  fi
  exit "$job_code"
}

# The plan file, and the unit by its place.
job_find_plan() {
  job_plan=
  for job_argument do
    case $job_argument in
      -out=*) job_plan=${'$'}{job_argument#-out=} ;;
      "$job_units"/plans/*) job_plan=$job_argument ;;
    esac
  done
  case $job_plan in
    */../*) job_plan= ;;
    "$job_units"/plans/*/tfplan.tfplan | "$job_units"/plans/tfplan.tfplan) ;;
    *) job_plan= ;;
  esac
  [ -n "$job_plan" ] || job_fail ${jobExitCodes.invalidConfiguration} \
    "Terragrunt runs $1 in $(pwd -P) without a plan file of this run. Remove -out and plan files from extra_arguments, and units outside of the working directory."
  job_unit=${'$'}{job_plan#"$job_units"/plans/}
  case $job_unit in
    */*) job_unit=${'$'}{job_unit%/*} ;;
    *) job_unit=. ;;
  esac
  case $job_unit in
    *[[:cntrl:]]*) job_fail ${jobExitCodes.invalidConfiguration} 'a path of a unit holds a control character. Rename it.' ;;
  esac
  if [ "$1" != plan ] && [ ! -f "$job_plan" ]; then
    job_fail ${jobExitCodes.invalidConfiguration} "the unit '$job_unit' has no plan in this run, so it is not changed. Plan again."
  fi
}

# From now on this unit is one of those that are judged.
job_keep_known() {
  job_record=$job_runs/units/$job_unit/.unit
  mkdir -p -- "$job_runs/units/$job_unit" || exit ${jobExitCodes.internal}
  if mkdir -- "$job_record" 2>/dev/null; then
    printf '%s\n' "$job_unit" >>"$job_runs/list" || exit ${jobExitCodes.internal}
  fi
  rm -f -- "$job_record/code"
  [ -d "$job_record" ] || exit ${jobExitCodes.internal}
}
`

const wrapperEnd = String.raw`rm -f -- "$job_runs/$$.pid"
job_code=
read -r job_code <"$job_record/code" || job_code=${jobExitCodes.internal}
if [ "$job_verb" = apply ]; then
  if [ -f errored.tfstate ]; then
    job_states=$job_dir/${jobLayout.unitStates}/$job_unit
    mkdir -p -- "$job_states" && cp -- errored.tfstate "$job_states/errored.tfstate"
  fi
  exit "$job_code"
fi
case $job_code in
  0 | 2)
    job_json=$job_dir/${jobLayout.unitPlans}/$job_unit
    job_find_lock
    mkdir -p -- "$job_json" &&
      "$job_iac" show -json -no-color "$job_plan" >"$job_json/plan.json" &&
      { [ ! -f .terraform.lock.hcl ] || { mkdir -p -- "$job_lock" && cp -- .terraform.lock.hcl "$job_lock/lock.hcl"; }; } || {
        echo ${jobExitCodes.internal} >"$job_record/code"
        job_fail ${jobExitCodes.internal} "the plan of the unit '$job_unit' cannot be kept."
      }
    exit 0
    ;;
  *) exit "$job_code" ;;
esac
`

const settings = String.raw`TG_TF_PATH=$job_wrapper TG_NON_INTERACTIVE=true TG_NO_COLOR=true TG_OUT_DIR=$job_dir/${jobLayout.units}/plans
export TG_TF_PATH TG_NON_INTERACTIVE TG_NO_COLOR TG_OUT_DIR
# The names of before 0.73, which later versions warn of.
if job_terragrunt_is_before 0 73 0; then
  TERRAGRUNT_TFPATH=$job_wrapper TERRAGRUNT_NON_INTERACTIVE=true TERRAGRUNT_NO_COLOR=true
  TERRAGRUNT_OUT_DIR=$TG_OUT_DIR
  export TERRAGRUNT_TFPATH TERRAGRUNT_NON_INTERACTIVE TERRAGRUNT_NO_COLOR TERRAGRUNT_OUT_DIR
fi
`
