# What the quickstart plans and applies: only built-in resources, so no provider is downloaded.

terraform {
  required_version = ">= 1.4"
}

variable "greeting" {
  type        = string
  description = "Changed between the first and the second run."
}

variable "recipients" {
  type        = list(string)
  description = "An HCL variable."
}

variable "api_key" {
  type        = string
  sensitive   = true
  description = "Stands for a secret; appears in no log."
}

module "greetings" {
  source    = "./modules/greeting"
  for_each  = toset(var.recipients)
  greeting  = var.greeting
  recipient = each.key
}

resource "terraform_data" "deployment" {
  input            = { for name, greeting in module.greetings : name => greeting.text }
  triggers_replace = [var.greeting]

  provisioner "local-exec" {
    command = "for step in 1 2 3; do echo \"deploying, step $step of 3\"; sleep 0.5; done"
  }
}

output "greetings" {
  value = terraform_data.deployment.output
}

output "api_key_fingerprint" {
  value     = sha256(var.api_key)
  sensitive = true
}
