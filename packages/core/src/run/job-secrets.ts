import type { JobSpec } from '../protocol/index.ts'
import { hclString } from './hcl-string.ts'
import type { WorkloadProxy } from './job-environment.ts'

/**
 * Every value that must not appear in the log of that job: its tokens, sensitive variables (and the
 * string literals inside sensitive HCL, which a tool prints without their surroundings), and passwords
 * of proxies. Without blanks and doubles; what is too short to mask is the masker's decision.
 */
export function jobSecrets(spec: JobSpec, proxy?: WorkloadProxy): readonly string[] {
  const sensitive = spec.variables.filter((variable) => variable.sensitive)
  const secrets = new Set([
    spec.runToken,
    spec.jobToken,
    ...sensitive.map((variable) => variable.value),
    // As the tool shows the line of a variables file.
    ...sensitive.map((variable) => hclString(variable.value).slice(1, -1)),
    ...sensitive
      .filter((variable) => variable.hcl || /^\s*[[{]/u.test(variable.value))
      .flatMap((variable) => stringLiterals(variable.value)),
    ...[proxy?.httpProxy, proxy?.httpsProxy].flatMap((url) => proxySecrets(url)),
  ])
  return [...secrets].filter((secret) => secret.trim() !== '')
}

/** String literals of an HCL value that JSON can read, which is all but those with templates. */
function stringLiterals(hcl: string): readonly string[] {
  return [...hcl.matchAll(/"(?:[^"\\\n]|\\.)*"/gu)].flatMap(([literal]) => {
    try {
      const value: unknown = JSON.parse(literal)
      return typeof value === 'string' ? [value] : []
    } catch {
      return [literal.slice(1, -1)]
    }
  })
}

function proxySecrets(url: string | undefined): readonly string[] {
  if (url === undefined || !url.includes('@')) return []
  const password = /^(?:[a-z0-9+.-]+:\/\/)?[^:/@]*:(?<password>.*)@/iu.exec(url)?.groups?.[
    'password'
  ]
  if (password === undefined || password === '') return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}
