import { fakeZip } from './provider-zip.ts'

/** Where the lock files of the tests say that their providers come from. */
export const host = 'registry.terraform.io'
export const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const
/** Archives by name; a test may put another one in. */
export const zips = new Map(
  names.map((name) => [name as string, fakeZip({ [`terraform-provider-${name}_v1.0.0`]: name })]),
)

/** A lock file of these providers, all in one version. */
export function lockFileOf(wanted: readonly string[], version = '1.0.0'): string {
  return wanted
    .map(
      (name) =>
        `provider "${host}/test/${name}" {\n  version = "${version}"\n  hashes = [\n    "${zips.get(name)?.h1}",\n  ]\n}\n`,
    )
    .join('\n')
}
