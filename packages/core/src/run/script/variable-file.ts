import { jobLayout } from '../job-layout.ts'
import { shellQuote } from '../shell-quote.ts'
import { jobExitCodes } from '../stages.ts'
import type { FileVariable } from '../terraform-variables.ts'
import { checkedVarFiles } from '../tool-arguments.ts'
import type { JobScriptOptions } from './job-script-options.ts'

/** What a run of the tool needs around it, so that it reads the variables of the job. */
export interface VariableArguments {
  readonly open: string
  /** Begins with a blank where it is not empty. */
  readonly argument: string
  readonly close: string
}

export const noVariables: VariableArguments = { open: '', argument: '', close: '' }

/** Takes the assignments out of the environment, so that no hook and no tool sees them. */
export function keepFileVariables(variables: readonly FileVariable[]): string {
  return variables
    .map(({ chunks }, index) => {
      const kept = `job_text_${index + 1}`
      return `unset ${kept}
${kept}=${chunks.map((chunk) => `$${chunk}`).join('')}
unset ${chunks.join(' ')}
`
    })
    .join('')
}

/**
 * Functions that give the tool a FIFO as its last `-var-file`: what is in it is never on disk and never in
 * argv. A variable is in it where it cannot be an environment variable, or where its name occurs in a file
 * that outranks `TF_VAR_*`. One that the configuration does not know would be warned of; so the name is
 * looked for, as text: a name too many does no harm.
 */
export function variableFileFunctions(options: JobScriptOptions): string {
  const variables = options.fileVariables ?? []
  if (variables.length === 0) return ''
  const outranking = [
    'terraform.tfvars',
    'terraform.tfvars.json',
    '*.auto.tfvars',
    '*.auto.tfvars.json',
  ]
  const patterns = (names: readonly FileVariable[]): string =>
    names.map(({ name }) => `-e ${shellQuote(name)}`).join(' ')
  const optional = variables.filter(({ when }) => when !== 'always')
  const declared = variables.filter(({ when }) => when === 'declared')
  const found = [
    ...(optional.length === 0
      ? []
      : [
          `    grep -ohF ${patterns(optional)} -- ${[...outranking, ...options.varFiles.map(shellQuote)].join(' ')}`,
        ]),
    ...(declared.length === 0
      ? []
      : [`    grep -ohF ${patterns(declared)} -- *.tf *.tofu *.tf.json *.tofu.json`]),
  ]
  const lookup =
    found.length === 0
      ? ''
      : `  if command -v grep >/dev/null; then
    job_mentioned=$({
${found.map((line) => `  ${line}`).join('\n')}
    } 2>/dev/null | sort -u)
  else
    job_mentioned=everything
  fi
`
  const takes = variables.map(({ name, when }, index) => {
    const take = `job_values=$job_values$job_text_${index + 1}`
    return when === 'always'
      ? `  ${take}`
      : `  if job_mentions ${shellQuote(name)}; then ${take}; fi`
  })
  return `# job_mentions NAME: whether the files that were looked through hold it.
job_mentions() {
  if [ "$job_mentioned" = everything ]; then return 0; fi
  case $job_newline$job_mentioned$job_newline in *"$job_newline$1$job_newline"*) ;; *) return 1 ;; esac
}

job_open_values() {
  job_values= job_mentioned= job_writer= job_fifo=$job_dir/${jobLayout.variables}
${lookup}${takes.join('\n')}
  if [ -z "$job_values" ]; then return 0; fi
  rm -f -- "$job_fifo" && mkfifo -m 600 -- "$job_fifo" ||
    job_refuse ${jobExitCodes.internal} 'the values of the variables cannot be handed to the tool: no FIFO can be made in the data directory.'
  printf '%s' "$job_values" >"$job_fifo" &
  job_writer=$!
}

job_close_values() {
  if [ -z "$job_writer" ]; then return 0; fi
  kill -s KILL "$job_writer" 2>/dev/null || :
  wait "$job_writer" 2>/dev/null || :
  rm -f -- "$job_fifo"
}
`
}

/** The lines around one run of the tool, and its `-var-file`s. */
export function variableArguments(options: JobScriptOptions): VariableArguments {
  const files = checkedVarFiles(options)
    // Terragrunt may run the tool elsewhere.
    .map((file) =>
      options.terragrunt === undefined
        ? ` ${shellQuote(`-var-file=${file}`)}`
        : ` -var-file="$job_cwd"/${shellQuote(file)}`,
    )
    .join('')
  if ((options.fileVariables ?? []).length === 0) return { ...noVariables, argument: files }
  return {
    open: '  job_open_values\n',
    argument: `${files}\${job_values:+ -var-file="$job_fifo"}`,
    close: '  job_close_values\n',
  }
}
