import ignore from 'ignore'

import type { WorkspaceRepo } from './repository-settings.ts'

/**
 * Whether changed files concern a workspace: `trigger-patterns` (gitignore), else `trigger-prefixes`
 * (folders or files), else anything below the root of its configurations. Patterns and prefixes begin at
 * that root.
 *
 * @param changed paths in the repository; `undefined` when nobody can say: then it is better to run once
 * too often
 */
export function isTriggered(
  repo: Pick<WorkspaceRepo, 'path' | 'triggerPrefixes' | 'triggerPatterns'>,
  changed: readonly string[] | undefined,
): boolean {
  if (changed === undefined) return true
  const root = repo.path === '' ? '' : `${repo.path}/`
  const below = changed
    .filter((file) => file.startsWith(root) && file !== root)
    .map((file) => file.slice(root.length))
  const { triggerPatterns, triggerPrefixes } = repo
  if (triggerPatterns !== undefined && triggerPatterns.trim() !== '') {
    const patterns = ignore({ allowRelativePaths: true }).add(triggerPatterns)
    return below.some((file) => patterns.ignores(file))
  }
  if (triggerPrefixes.length === 0) return below.length > 0
  const prefixes = triggerPrefixes.map((prefix) => prefix.replaceAll(/^(?:\.?\/)+|\/+$/gu, ''))
  return below.some((file) => prefixes.some((prefix) => isBelow(file, prefix)))
}

function isBelow(file: string, prefix: string): boolean {
  return prefix === '' || prefix === '.' || file === prefix || file.startsWith(`${prefix}/`)
}
