import { expect, it } from 'vitest'

import { defaultBaseUrls, toolRelease } from '../../../src/caches/binaries/tool-release.ts'

const hashicorp = 'https://releases.hashicorp.com/terraform/1.11.4'
const opentofu = 'https://github.com/opentofu/opentofu/releases/download/v1.9.0'
const gruntwork = 'https://github.com/gruntwork-io/terragrunt/releases/download/v0.58.13'
const opa = 'https://github.com/open-policy-agent/opa/releases/download/v1.2.0'

it.each([
  [
    'terraform',
    '1.11.4',
    'linux_amd64',
    [`${hashicorp}/terraform_1.11.4_linux_amd64.zip`],
    `${hashicorp}/terraform_1.11.4_SHA256SUMS`,
    `${hashicorp}/terraform_1.11.4_SHA256SUMS.sig`,
  ],
  [
    'tofu',
    '1.9.0',
    'linux_arm64',
    [`${opentofu}/tofu_1.9.0_linux_arm64.zip`, `${opentofu}/tofu_1.9.0_linux_arm64.tar.gz`],
    `${opentofu}/tofu_1.9.0_SHA256SUMS`,
    `${opentofu}/tofu_1.9.0_SHA256SUMS.gpgsig`,
  ],
  [
    'terragrunt',
    '0.58.13',
    'linux_amd64',
    [`${gruntwork}/terragrunt_linux_amd64`],
    `${gruntwork}/SHA256SUMS`,
    undefined,
  ],
  [
    'opa',
    '1.2.0',
    'linux_amd64',
    [`${opa}/opa_linux_amd64_static`],
    `${opa}/opa_linux_amd64_static.sha256`,
    undefined,
  ],
  [
    'opa',
    '1.2.0',
    'darwin_arm64',
    [`${opa}/opa_darwin_arm64_static`],
    `${opa}/opa_darwin_arm64_static.sha256`,
    undefined,
  ],
  [
    'opa',
    '1.2.0',
    'darwin_amd64',
    [`${opa}/opa_darwin_amd64`],
    `${opa}/opa_darwin_amd64.sha256`,
    undefined,
  ],
] as const)('knows where %s %s for %s lies', (tool, version, platform, files, sums, signature) => {
  const release = toolRelease(tool, version, platform)
  const url = (path: string): string => `${defaultBaseUrls[tool]}/${path}`
  expect(release.files.map(({ path }) => url(path))).toEqual(files)
  expect(url(release.sums)).toBe(sums)
  expect(release.signature && url(release.signature)).toBe(signature)
})
