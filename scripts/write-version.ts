import { readFileSync, writeFileSync } from 'node:fs'

// Writes the version that agents tell when they register. Runs after `changeset version`.
const manifest = JSON.parse(
  readFileSync(new URL('../packages/core/package.json', import.meta.url), 'utf8'),
) as { readonly version: string }
const file = new URL('../packages/core/src/agent/version.ts', import.meta.url)
const declaration = /^export const version = '[^']*'$/m
const before = readFileSync(file, 'utf8')
if (!declaration.test(before)) throw new Error(`Cannot find the version in ${file.pathname}.`)
writeFileSync(file, before.replace(declaration, `export const version = '${manifest.version}'`))
console.log(`Agents tell version ${manifest.version}.`)
