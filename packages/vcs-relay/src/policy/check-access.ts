import type { Permission } from './policy-decision.ts'
import type { ResolvedPolicyOptions } from './policy-options.ts'
import type { ProjectGlobs } from './project-globs.ts'
import type { Refusal } from './refusal.ts'
import type { SlotValues } from './endpoint-template.ts'

/** Whether the policy gives what an endpoint asks for. */
export function checkAccess(
  permission: Permission,
  slots: SlotValues,
  options: ResolvedPolicyOptions,
  projects: ProjectGlobs,
): Refusal | undefined {
  const { endpoint } = permission
  if (options.rules !== undefined && !options.rules.includes(endpoint.id)) {
    return { step: 'rule-off', reason: `the policy's \`rules\` do not hold ${endpoint.id}` }
  }
  if (endpoint.traffic === 'git' && !options.git) {
    return { step: 'git-off', reason: 'the policy has git switched off (`git`)' }
  }
  if (endpoint.group !== 'read' && !options.write.includes(endpoint.group)) {
    return {
      step: 'write-group',
      reason: `the policy's \`write\` does not hold '${endpoint.group}'`,
    }
  }
  switch (endpoint.scope) {
    case 'account':
      return undefined
    case 'project':
      return checkProject(permission.project, projects)
    case 'group': {
      if (options.listProjects) return undefined
      const covered =
        slots.group === undefined
          ? projects.allowsOwner(slots.owner ?? '')
          : projects.allowsAllOf(slots.group)
      return covered ? undefined : listing
    }
    case 'listing':
      return options.listProjects || projects.isOpen ? undefined : listing
  }
}

const listing: Refusal = {
  step: 'listing',
  reason:
    'the answer would tell of projects that `allowedProjects` does not hold; set `listProjects` to allow it',
}

function checkProject(project: string | undefined, projects: ProjectGlobs): Refusal | undefined {
  if (project !== undefined && projects.allows(project)) return undefined
  const isId = project !== undefined && /^\d+$/u.test(project)
  return {
    step: 'allowed-projects',
    reason: isId
      ? '`allowedProjects` does not hold that id; ask by the path of the project, or add the id'
      : '`allowedProjects` does not hold that project',
  }
}
