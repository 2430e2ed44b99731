/** What is run: with next to no work, where all is overhead, and with a wait as a cloud's API has one. */
export const sizes = [
  { name: 'no waiting', waitSeconds: 0 },
  { name: 'one resource of 5 s', waitSeconds: 5 },
] as const

/** Resources that need no provider to be downloaded, in a module that is used eight times. */
export function configurationOf(waitSeconds: number): Readonly<Record<string, string>> {
  return {
    'main.tf': `
module "part" {
  source   = "./part"
  for_each = toset(["a", "b", "c", "d", "e", "f", "g", "h"])
  name     = each.key
}

resource "terraform_data" "step" {
  input = [for part in module.part : part.id]

  provisioner "local-exec" {
    command = "echo waiting; sleep ${waitSeconds}"
  }
}

output "ids" {
  value = [for part in module.part : part.id]
}
`,
    'part/main.tf': `
variable "name" {
  type = string
}

resource "terraform_data" "one" {
  input = var.name
}

resource "terraform_data" "two" {
  input = terraform_data.one.output
}

output "id" {
  value = terraform_data.two.id
}
`,
  }
}
