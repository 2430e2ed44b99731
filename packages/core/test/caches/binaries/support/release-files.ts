import { createHash } from 'node:crypto'

import type { ToolName } from '../../../../src/caches/index.ts'
import { zipOf } from './zip-of.ts'

export const platform = 'linux_amd64'

/** A program that tells its version as the real one does. */
export function fakeProgram(tool: ToolName, version: string): Buffer {
  const said = {
    terraform: `Terraform v${version}`,
    tofu: `OpenTofu v${version}`,
    terragrunt: `terragrunt version v${version}`,
    opa: `Version: ${version}`,
  }[tool]
  return Buffer.from(`#!/bin/sh\necho '${said}'\n`)
}

/** Paths of a release on its makers' server, written out, since they are what is tested. */
export function releasePaths(tool: ToolName, version: string): { file: string; sums: string } {
  switch (tool) {
    case 'terraform':
      return {
        file: `/terraform/${version}/terraform_${version}_linux_amd64.zip`,
        sums: `/terraform/${version}/terraform_${version}_SHA256SUMS`,
      }
    case 'tofu':
      return {
        file: `/v${version}/tofu_${version}_linux_amd64.zip`,
        sums: `/v${version}/tofu_${version}_SHA256SUMS`,
      }
    case 'terragrunt':
      return { file: `/v${version}/terragrunt_linux_amd64`, sums: `/v${version}/SHA256SUMS` }
    case 'opa':
      return {
        file: `/v${version}/opa_linux_amd64_static`,
        sums: `/v${version}/opa_linux_amd64_static.sha256`,
      }
  }
}

/** A release with its sums, by path. */
export function releaseFiles(
  tool: ToolName,
  version: string,
  program: Buffer = fakeProgram(tool, version),
): Map<string, Buffer> {
  const { file, sums } = releasePaths(tool, version)
  const isZip = file.endsWith('.zip')
  const content = isZip
    ? zipOf({ 'LICENSE.txt': Buffer.from('MPL'), [tool]: program, 'README.md': Buffer.from('') })
    : program
  return new Map([
    [file, content],
    [sums, sumsOf({ [file.slice(file.lastIndexOf('/') + 1)]: content })],
  ])
}

/** A `SHA256SUMS` file. */
export function sumsOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const lines = Object.entries(files).map(([name, content]) => `${sha256(content)}  ${name}\n`)
  return Buffer.from(lines.join(''))
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
