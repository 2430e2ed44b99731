import { reservedByShells, runVariableNames } from '../reserved-names.ts'

/** One hook may pass on so much in all. */
const maxFileBytes = 1024 * 1024

/** Linux takes no longer `NAME=value`, its NUL included. */
const maxVariableBytes = 128 * 1024

/**
 * Shell functions that read `SCALR_AGENT_ENV` after a hook and export what it says: lines `KEY=value`,
 * and `KEY<<END`, any lines, `END`. Values are taken as they are, quotes included, and never evaluated.
 * The file is emptied first, so that nothing secret stays on disk.
 *
 * What it says of a line that it refuses names the line's number alone: the line may hold a secret.
 */
export const agentEnvironmentReader = String.raw`job_take_refuse() {
  job_say "Error: the $job_stage hook wrote to SCALR_AGENT_ENV what cannot be used: $1."
  return 1
}

# job_take_name NAME: whether a hook may set that variable.
job_take_name() {
  case $1 in
    '' | [!A-Za-z_]* | *[!A-Za-z0-9_]*)
      job_take_refuse "line $job_number does not begin with the name of a variable (letters, digits and '_', no digit first)"
      ;;
    TF_HTTP_* | job_* | \
${wrapNames([...runVariableNames, ...reservedByShells])})
      job_take_refuse "line $job_number sets $1, which may not be changed"
      ;;
  esac
}

# job_take NAME VALUE
job_take() {
  job_bytes=$((${'$'}{#1} + ${'$'}{#2} + 2))
  # Some shells count characters, of at most four bytes each.
  if [ "$job_bytes" -gt ${maxVariableBytes / 4} ]; then job_bytes=$(printf '%s=%s.' "$1" "$2" | wc -c); fi
  if [ "$job_bytes" -gt ${maxVariableBytes} ]; then
    job_take_refuse "the value of $1 is longer than the system allows (${maxVariableBytes} bytes with the name). Pass it on in a file"
    return
  fi
  case $1 in
    # For what is run, and not for the programs that this script needs.
    PATH) job_path=$2 ;;
    *) export "$1=$2" ;;
  esac
}

job_take_env() {
  if [ ! -s "$job_agent_env" ]; then return 0; fi
  if [ ! -f "$job_agent_env" ] || [ ! -r "$job_agent_env" ]; then
    job_take_refuse 'it is no file any more that can be read'
    return
  fi
  job_bytes=$(wc -c <"$job_agent_env")
  if [ "$job_bytes" -gt ${maxFileBytes} ]; then
    job_take_refuse 'more than ${maxFileBytes} bytes. Pass large data on in a file'
    return
  fi
  if [ "$(tr -d '\000' <"$job_agent_env" | wc -c)" -ne "$job_bytes" ]; then
    job_take_refuse 'NUL bytes. Write it as UTF-8'
    return
  fi
  {
    rm -f -- "$job_agent_env" && (umask 077 && : >"$job_agent_env") || {
      job_take_refuse 'it cannot be emptied'
      return
    }
    job_take_lines
  } <"$job_agent_env"
}

job_take_lines() {
  job_number=0 job_key=
  while IFS= read -r job_line || [ -n "$job_line" ]; do
    job_number=$((job_number + 1))
    if [ -n "$job_key" ]; then
      if [ -n "$job_crlf" ]; then job_line=${'$'}{job_line%"$job_cr"}; fi
      if [ "$job_line" = "$job_delimiter" ]; then
        job_take "$job_key" "${'$'}{job_value%"$job_newline"}" || return
        job_key=
      else
        job_value=$job_value$job_line$job_newline
        if [ "${'$'}{#job_value}" -gt ${maxVariableBytes} ]; then
          job_take "$job_key" "$job_value" || return
        fi
      fi
      continue
    fi
    job_crlf=
    case $job_line in
      *"$job_cr") job_crlf=1 job_line=${'$'}{job_line%"$job_cr"} ;;
    esac
    job_program=${'$'}{job_line%%[=\<]*}
    job_rest=${'$'}{job_line#"$job_program"}
    case $job_rest in
      =*)
        job_take_name "$job_program" && job_take "$job_program" "${'$'}{job_rest#=}" || return
        ;;
      '<<'?*)
        job_take_name "$job_program" || return
        job_key=$job_program job_delimiter=${'$'}{job_rest#'<<'} job_value=
        ;;
      *)
        if [ -n "$job_line" ]; then
          job_take_refuse "line $job_number is neither KEY=value nor KEY<<END"
          return
        fi
        ;;
    esac
  done
  if [ -n "$job_key" ]; then
    job_take_refuse "the value of $job_key has no end: the line that ends it never comes"
  fi
}
`

/** Alternatives of a `case` pattern, in lines that people can read. */
function wrapNames(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    const longer = last === undefined ? name : `${last} | ${name}`
    if (last !== undefined && longer.length <= 90) lines[lines.length - 1] = longer
    else lines.push(name)
  }
  return lines.map((line) => `      ${line}`).join(' | \\\n')
}
