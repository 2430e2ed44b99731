import { jobExitCodes } from '../stages.ts'
import { policyLayout } from './policy-layout.ts'

/**
 * Shell functions of a policy job. Each policy is evaluated in a process of its own, since every one of
 * them is a package `terraform`.
 *
 * A policy is Rego v1 or, where that does not compile, v0: `job_compat` is the flag that says so to OPA.
 * Before OPA 1.0 it is the other way round.
 */
export const policyFunctions = String.raw`unset job_ast job_common job_compat job_complaint job_data job_ended job_entry job_file job_has_rule
unset job_index job_other job_policies job_report job_separator job_version
job_policies=0 job_separator=

# job_opa_check FLAG: whether the policy compiles so.
job_opa_check() {
  set -- check $1 --capabilities "$job_data/capabilities.json" "./$job_file"
  if [ -n "$job_common" ]; then set -- "$@" "./$job_common" --ignore '*_test.rego,*.test.rego'; fi
  "$job_tool" "$@" >/dev/null 2>"$job_data/compile.txt"
}

job_choose_rego() {
  job_compat=
  if job_opa_check ''; then return 0; fi
  job_complaint=$(cat "$job_data/compile.txt")
  if job_opa_check "$job_other"; then
    job_compat=$job_other
    return 0
  fi
  # It is wrong either way; it is told in the words for the one that it is written in.
  case $job_complaint in *'keyword is required'*) job_compat=$job_other ;; esac
}

# Whether the policy has a rule 'deny' at all: without one it would always pass.
job_find_rule() {
  job_has_rule=true
  case $(cat "$job_data/output.json") in
    *'"defined": false'*) ;;
    *) return 0 ;;
  esac
  job_ast=$("$job_tool" parse $job_compat --format json "./$job_file" 2>/dev/null)
  case $job_ast in
    *'"name": "deny"'*) ;;
    *) job_has_rule=false ;;
  esac
  # Up to the first bracket that closes stands the path of the package.
  case ${'$'}{job_ast%%]*} in
    *'"value": "terraform"'*) ;;
    *) job_has_rule=false ;;
  esac
}

# job_policy FILE COMMON ENTRY: checks one policy; ENTRY begins its entry in the results.
job_policy() {
  if [ "$job_code" -ne 0 ] || [ "$job_wanted" -gt "$job_allowed" ]; then return 0; fi
  job_index=$job_policies job_file=$1 job_common=$2 job_entry=$3
  job_choose_rego
  set -- eval $job_compat --format json --timeout ${policyTimeout()} \
    --capabilities "$job_data/capabilities.json" --input "$job_dir/${policyLayout.input}" \
    --data "$job_dir/${policyLayout.checkRego}" --data "./$job_file"
  if [ -n "$job_common" ]; then set -- "$@" --data "./$job_common" --ignore '*_test.rego,*.test.rego'; fi
  job_run tool "$job_tool" "$@" data.scalr_agent_check.result >"$job_data/output.json" 2>"$job_data/complaint.txt"
  if [ "$job_wanted" -gt "$job_allowed" ]; then return 0; fi
  # Killed, for want of memory say: that is no word about the policy.
  if [ "$job_code" -gt 128 ]; then
    job_say "Error: opa was ended by signal $((job_code - 128)) while it checked $job_file."
    return 0
  fi
  job_ended=$job_code job_code=0
  # 2: it could not be evaluated, and the output says why. Any other end leaves no output to trust.
  case $job_ended in
    0 | 2)
      job_find_rule
      "$job_tool" eval --format raw --input "$job_data/output.json" \
        --data "$job_dir/${policyLayout.reportRego}" --data "$job_dir/${policyLayout.checks}" \
        "data.scalr_agent_report.report($job_index, $job_has_rule)" >"$job_data/report.txt" 2>>"$job_data/complaint.txt" ||
        : >"$job_data/report.txt"
      ;;
    *) : >"$job_data/report.txt" ;;
  esac
  {
    if ! IFS= read -r job_report || [ -z "$job_report" ]; then
      job_report=$job_entry',"result":"error","messages":["opa ended with exit code '$job_ended' and no result"]}'
      job_say "  error   $job_file: opa ended with exit code $job_ended and no result."
      cat "$job_data/complaint.txt"
    else
      cat
    fi
    printf '%s%s\n' "$job_separator" "$job_report" >>"$job_data/results.json" || job_code=${jobExitCodes.internal}
  } <"$job_data/report.txt"
  job_policies=$((job_policies + 1)) job_separator=,
}
`

/** One policy may take so long; the job as a whole has the time of its run. */
function policyTimeout(): string {
  return '5m'
}
