variable "greeting" {
  type = string
}

variable "recipient" {
  type = string
}

resource "terraform_data" "greeting" {
  input = "${var.greeting}, ${var.recipient}!"
}

output "text" {
  value = terraform_data.greeting.output
}
