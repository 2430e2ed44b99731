/** What happens at one repository is looked at in its order. Forges do not tell names by their case. */
export function repositorySubject(repository: string): string {
  return `repository:${repository.toLowerCase()}`
}
