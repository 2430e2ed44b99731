import { readdirSync, readFileSync } from 'node:fs'

/** A package that is published. */
export interface WorkspacePackage {
  readonly name: string
  /** Absolute path. */
  readonly directory: string
  /** Module names by which its code can be imported, e.g. `@scalr-agent/core/protocol`. */
  readonly entries: readonly string[]
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The published packages of the workspace, each after those it depends on. */
export function workspacePackages(root: string): readonly WorkspacePackage[] {
  const found = readdirSync(`${root}/packages`)
    .toSorted()
    .map((folder) => {
      const directory = `${root}/packages/${folder}`
      const manifest = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8')) as Manifest
      const entries = Object.keys(manifest.exports)
        .filter((subpath) => subpath !== './package.json')
        .map((subpath) => manifest.name + subpath.slice(1))
      return { name: manifest.name, directory, entries, needs: manifest.dependencies ?? {} }
    })
  const ordered: typeof found = []
  while (ordered.length < found.length) {
    const next = found.find(
      ({ name, needs }) =>
        !ordered.some((done) => done.name === name) &&
        found.every((other) => !(other.name in needs) || ordered.includes(other)),
    )
    if (next === undefined) throw new Error('Cannot order the packages: they depend in a circle.')
    ordered.push(next)
  }
  return ordered.map(({ name, directory, entries }) => ({ name, directory, entries }))
}
