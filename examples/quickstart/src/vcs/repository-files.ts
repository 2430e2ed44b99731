/** The repository of the demo: only built-in resources, so that no provider is downloaded. */
export const firstFiles: Readonly<Record<string, string>> = {
  'README.md': '# infra\n\nWhat the platform team runs.\n',
  'services/main.tf': `terraform {
  required_version = ">= 1.4"
}

resource "terraform_data" "service" {
  for_each = toset(["api"])
  input    = "\${each.key} runs"
}

output "services" {
  value = [for service in terraform_data.service : service.output]
}
`,
}

/** The change that the demo pushes. */
export const changedFiles: Readonly<Record<string, string>> = {
  'services/main.tf': (firstFiles['services/main.tf'] ?? '').replace('["api"]', '["api", "web"]'),
}
