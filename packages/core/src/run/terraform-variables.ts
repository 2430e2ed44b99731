import { ConfigurationError } from '../errors/index.ts'
import type { JobVariable } from '../protocol/index.ts'
import { hclString } from './hcl-string.ts'
import { rejectHclValue } from './hcl-value.ts'

/** A variable whose value may have to go to the tool by a file, because `TF_VAR_<name>` does not do. */
export interface FileVariable {
  readonly name: string
  /** Names of the environment variables that hold its assignment, in order. */
  readonly chunks: readonly string[]
  /**
   * - `always`: it cannot be an environment variable.
   * - `declared`: it is HCL, which `TF_VAR_<name>` hands to a variable without a type as mere text.
   * - `outranked`: only where a file of the configuration may set it too.
   */
  readonly when: 'always' | 'declared' | 'outranked'
}

export interface TerraformVariables {
  /** Those that can be environment variables, as `TF_VAR_<name>`. */
  readonly environment: readonly {
    readonly name: string
    readonly value: string
    readonly sensitive: boolean
  }[]
  /** Assignments for the job script, all secret, which takes them out of the environment. */
  readonly chunks: Readonly<Record<string, string>>
  readonly files: readonly FileVariable[]
}

/** Linux refuses to start a program with a longer `NAME=value`, its NUL included. */
export const maxVariableBytes = 128 * 1024 - 1

const chunkCharacters = 24 * 1024

/**
 * How the Terraform variables of a job get to the tool. `TF_VAR_<name>` is the one way that keeps a value
 * out of argv and off the disk, warns of nothing and reaches hooks; but it ranks below `terraform.tfvars`,
 * `*.auto.tfvars` and `-var-file`, where Scalr takes the value of the workspace, and it cannot carry every
 * name, every length and every HCL value. So each has its assignment besides, which the job script gives
 * to the tool as the last `-var-file`, through a FIFO, where it is needed.
 *
 * @throws {@link ConfigurationError} for a variable that the tool could not take, naming it without its value.
 */
export function terraformVariables(variables: readonly JobVariable[]): TerraformVariables {
  // The last of one name wins.
  const byName = new Map(
    variables
      .filter((variable) => variable.category === 'terraform')
      .map((variable) => [variable.key, variable]),
  )
  const environment: { name: string; value: string; sensitive: boolean }[] = []
  const chunks: Record<string, string> = {}
  const files: FileVariable[] = []
  for (const [index, variable] of [...byName.values()].entries()) {
    const { key, value, sensitive, hcl } = variable
    assertTerraformVariable(variable)
    const name = `TF_VAR_${key}`
    const fits =
      /^[A-Za-z_][A-Za-z0-9_]*$/u.test(key) &&
      Buffer.byteLength(name) + 1 + Buffer.byteLength(value) <= maxVariableBytes
    if (fits) environment.push({ name, value, sensitive })
    const assignment = `${key} = ${hcl ? value.trim() : hclString(value)}\n`
    const own = inChunks(assignment).map((text, at) => [`job_value_${index + 1}_${at + 1}`, text])
    Object.assign(chunks, Object.fromEntries(own))
    files.push({
      name: key,
      chunks: own.map(([chunk = '']) => chunk),
      when: fits ? (hcl ? 'declared' : 'outranked') : 'always',
    })
  }
  return { environment, chunks, files }
}

function assertTerraformVariable({ key, value, hcl }: JobVariable): void {
  const refuse = (why: string): ConfigurationError =>
    new ConfigurationError(`Cannot hand the variable ${JSON.stringify(key)} to the job: ${why}`)
  if (!/^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(key)) {
    throw refuse(
      "its name cannot be one of Terraform's. Use letters, digits, '_' and '-' only, and begin with a letter or '_'.",
    )
  }
  if (value.includes('\0')) {
    throw refuse('its value holds a NUL byte. Encode it, for example as base64.')
  }
  const reason = hcl ? rejectHclValue(value) : undefined
  if (reason !== undefined) {
    throw refuse(
      `its value is marked as HCL but is no HCL expression: ${reason}. Correct it, or take the mark away to hand it over as text.`,
    )
  }
}

function inChunks(text: string): readonly string[] {
  const characters = Array.from(text)
  const chunks: string[] = []
  for (let at = 0; at < characters.length; at += chunkCharacters) {
    chunks.push(characters.slice(at, at + chunkCharacters).join(''))
  }
  return chunks
}
