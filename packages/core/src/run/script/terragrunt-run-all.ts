import { jobLayout } from '../job-layout.ts'
import { shellQuote } from '../shell-quote.ts'
import { jobExitCodes } from '../stages.ts'
import { checkedVarFiles, parallelismArguments, planArguments } from '../tool-arguments.ts'
import type { JobScriptOptions } from './job-script-options.ts'
import { terragruntUnitsWrapper } from './terragrunt-units-wrapper.ts'

/**
 * Terragrunt over all units below the working directory. It decides which units there are, in which order
 * they run, and where the state of each lies. What is not left to it, since versions differ in it, the
 * program before the tool does: exit codes, the plan file that is applied, and interrupts.
 */
export function terragruntRunAll(options: JobScriptOptions): string {
  const files = checkedVarFiles(options).map(shellQuote)
  return `${terragruntUnitsWrapper(options, files)}${unitFunctions}`
}

/** There is no `init` beforehand: it would want outputs that Terragrunt mocks for `plan` only. */
export const initUnitsStage = `  job_say 'Terragrunt initializes each unit when its turn comes.'
`

/** `plan` of every unit, and the check that each has left what the job hands over. */
export function planUnits(options: JobScriptOptions): {
  readonly plan: string
  readonly show: string
} {
  const flags = planArguments(options).filter((flag) => flag !== '-detailed-exitcode')
  return {
    plan: `  job_run_all plan -no-color${flags.map((flag) => ` ${shellQuote(flag)}`).join('')}
  job_judge_units
`,
    show: `  while read -r job_value job_unit; do
    [ -s "$job_dir/${jobLayout.unitPlans}/$job_unit/plan.json" ] || job_code=${jobExitCodes.internal}
  done <"$job_dir/${jobLayout.units}/list"`,
  }
}

/** The plans that were made, and no others. Units that are destroyed go in reverse order. */
export function applyUnits({ run, parallelism }: JobScriptOptions): string {
  const flags = parallelismArguments(parallelism).map((flag) => ` ${flag}`)
  return `  job_run_all ${run.isDestroy ? 'destroy' : 'apply'} -no-color${flags.join('')}
  job_judge_units`
}

const unitFunctions = String.raw`
# job_run_all VERB ARGUMENT...
job_run_all() {
  if job_terragrunt_is_before 0 80 0; then job_run tool "$job_tool" run-all "$@"
  else job_run tool "$job_tool" run --all -- "$@"
  fi
}

# One interrupt to the tool of each unit that runs. First the mark that lets no further one start: a tool's
# process is noted before it looks for the mark. Where none runs, Terragrunt itself is told, once it is there.
job_interrupt_units() {
  : >"$job_pids/stop"
  # Signals do not queue: a second one must not come before the first was taken.
  if [ -n "$job_told" ]; then sleep 1; else job_settle "$job_pid"; fi
  job_told=1 job_found=
  for job_argument in "$job_pids"/*.pid; do
    job_target=
    { read -r job_target <"$job_argument"; } 2>/dev/null || continue
    kill -0 "$job_target" 2>/dev/null || continue
    job_found=1
    kill -s "$(job_tool_signal)" "$job_target" 2>/dev/null || :
  done
  if [ -z "$job_found" ]; then
    job_target=$job_pid
    kill -s "$(job_tool_signal)" "$job_target" 2>/dev/null || :
  fi
}

# The counts in what the tool said of a unit.
job_unit_counts() {
  sed -n -e 's/^Plan: \([0-9]* to import, \)\{0,1\}\([0-9]*\) to add, \([0-9]*\) to change, \([0-9]*\) to destroy.*/\2 \3 \4/p' \
    -e 's/^Apply complete! Resources: \([0-9]* imported, \)\{0,1\}\([0-9]*\) added, \([0-9]*\) changed, \([0-9]*\) destroyed.*/\2 \3 \4/p' \
    "$1" 2>/dev/null
}

# job_add_counts ADDED CHANGED DESTROYED...
job_add_counts() {
  job_added=$((job_added + $1)) job_changed=$((job_changed + $2)) job_destroyed=$((job_destroyed + $3))
}

# Judges by what the tools of the units ended with: some versions of Terragrunt end with 0 though one failed,
# and it may be told to overlook failures. In an apply, what was planned must have been applied.
job_judge_units() {
  job_units=0 job_has_changes= job_added=0 job_changed=0 job_destroyed=0
  # Not the tool's: it is hidden from Terragrunt.
  [ "$job_code" -ne 2 ] || job_code=1
  while IFS= read -r job_unit; do
    job_units=$((job_units + 1)) job_value=
    { read -r job_value <"$job_pids/units/$job_unit/.unit/code"; } 2>/dev/null || :
    case $job_stage$job_value in
      plan0 | apply0) ;;
      plan2) job_has_changes=1 ;;
      *)
        job_say "Error: the unit '$job_unit' failed: its $job_stage ended with exit code ${'$'}{job_value:-unknown}."
        [ "$job_code" -ne 0 ] || job_code=1
        ;;
    esac
    if [ "$job_stage" = plan ]; then
      printf '%s %s\n' "${'$'}{job_value:-unknown}" "$job_unit" >>"$job_dir/${jobLayout.units}/list" || job_code=${jobExitCodes.internal}
    fi
    job_line=$(job_unit_counts "$job_pids/units/$job_unit/.unit/output")
    job_add_counts ${'$'}{job_line:-0 0 0}
  done <"$job_pids/list"
  # A unit whose init failed did not come to its plan.
  while IFS= read -r job_unit; do
    if [ -d "$job_pids/inits/${'$'}{job_unit#"$job_dir"/}/.failed" ]; then
      job_say "Error: the init in $job_unit failed."
      [ "$job_code" -ne 0 ] || job_code=1
    fi
  done <"$job_pids/failed-inits"
  if [ "$job_stage" = apply ]; then
    while read -r job_value job_unit; do
      if [ "$job_value" != 0 ] && [ ! -d "$job_pids/units/$job_unit/.unit" ]; then
        job_say "Error: the unit '$job_unit' was not applied, though its plan has changes."
        [ "$job_code" -ne 0 ] || job_code=1
      fi
    done <"$job_dir/${jobLayout.units}/list"
  elif [ "$job_code" -eq 0 ] && [ "$job_units" -eq 0 ]; then
    job_say "Error: Terragrunt found no unit below the working directory. A unit is a directory with a terragrunt.hcl."
    job_code=${jobExitCodes.invalidConfiguration}
  fi
  if [ "$job_code" -ne 0 ]; then return 0; fi
  job_say "All units together ($job_units):"
  if [ "$job_stage" = apply ]; then
    job_say "Apply complete! Resources: $job_added added, $job_changed changed, $job_destroyed destroyed."
  else
    job_say "Plan: $job_added to add, $job_changed to change, $job_destroyed to destroy."
    if [ -n "$job_has_changes" ]; then job_code=2; fi
  fi
}

job_pids=$job_dir/${jobLayout.unitRuns}
mkdir -p "$job_pids"/units "$job_dir"/${jobLayout.units}/plans "$job_dir"/${jobLayout.unitPlans} &&
  : >"$job_pids/list" && : >"$job_pids/failed-inits" || job_refuse ${jobExitCodes.internal} 'the data directory is not writable.'
`
