/** Path below which the API of Terraform's `remote` backend lives. */
export const tfePath = '/api/tfe/v2'

/** What service discovery says of it: the ids that Terraform and OpenTofu ask for. */
export const tfeServices: Readonly<Record<string, string>> = {
  'state.v2': `${tfePath}/`,
  'tfe.v2': `${tfePath}/`,
  'tfe.v2.1': `${tfePath}/`,
}
