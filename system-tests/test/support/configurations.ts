/** Configurations of built-in resources alone, so that nothing is downloaded. */

export const empty = { 'main.tf': 'output "nothing" {\n  value = 1\n}\n' }

export const oneResource = {
  'main.tf': `
variable "text" {
  type    = string
  default = "hello"
}

resource "terraform_data" "one" {
  input = var.text
}

output "text" {
  value = terraform_data.one.output
}

output "hidden" {
  value     = sha256(var.text)
  sensitive = true
}
`,
}

export const invalid = { 'main.tf': 'resource "terraform_data" "broken" {\n' }

/**
 * First a quick resource, then one that takes `seconds`, telling each tenth of one. Every execution adds
 * a line to `executions`, so that a test sees how often the apply ran.
 */
export function slowApply(options: { readonly seconds: number; readonly executions: string }) {
  const steps = Math.round(options.seconds * 10)
  return {
    'main.tf': `
resource "terraform_data" "quick" {
  input = "quick"

  provisioner "local-exec" {
    command = "echo executed >>${options.executions}"
  }
}

resource "terraform_data" "slow" {
  input = terraform_data.quick.output

  provisioner "local-exec" {
    command = "i=0; while [ $i -lt ${steps} ]; do i=$((i+1)); echo \\"tick $i of ${steps}\\"; sleep 0.1; done"
  }
}

resource "terraform_data" "after" {
  input = terraform_data.slow.output
}
`,
  }
}
