/** Prints every secret that a job has, in every form a shell has at hand. */
function printing(where: string): string {
  return String.raw`
echo "${where}: visible $VISIBLE"
echo "${where}: raw"; printf '%s\n' "$SHELL_SECRET" "$ROTATED" "$TF_VAR_text" "$TF_VAR_map" "$TF_VAR_key" "$TF_HTTP_PASSWORD"
echo "${where}: base64"
for secret in "$SHELL_SECRET" "$ROTATED" "$TF_VAR_text" "$TF_VAR_key" "$TF_HTTP_PASSWORD"; do
  printf '%s' "$secret" | base64
  printf 'x%s' "$secret" | base64 -w0; echo
  printf 'xy%s\n' "$secret" | base64 -w0; echo
done
printf 'run:%s' "$TF_HTTP_PASSWORD" | base64 -w0; echo
echo "${where}: split"
half=$(( $(printf '%s' "$ROTATED" | wc -c) / 2 ))
printf '%s' "$ROTATED" | cut -c "-$half" | tr -d '\n'; sleep 0.2
printf '%s' "$ROTATED" | cut -c "$((half + 1))-"
echo "${where}: trace"
sh -xc ': "$SHELL_SECRET" "$TF_VAR_text"' 2>&1
echo "${where}: environment"; env
echo "${where}: end"
`
}

/** A hook that tells all it knows. */
export const leakingHook = printing('hook')

/** A configuration that writes sensitive values into plan, log, error message and provisioner output. */
export const leakingConfiguration = {
  'main.tf': `
variable "text" {
  type      = string
  sensitive = true
}

variable "map" {
  type      = map(string)
  sensitive = true
}

variable "key" {
  type      = string
  sensitive = true
}

variable "visible" {
  type = string
}

variable "seconds" {
  type    = number
  default = 0
}

variable "refuse" {
  type    = bool
  default = false
}

resource "terraform_data" "leak" {
  input = {
    visible = var.visible
    raw     = nonsensitive(var.text)
    base64  = nonsensitive(base64encode(var.text))
    shifted = nonsensitive(base64encode("user:\${var.text}"))
    url     = nonsensitive(urlencode(var.text))
    json    = nonsensitive(jsonencode({ secret = var.text }))
    again   = nonsensitive("say \${jsonencode(var.text)}")
    map     = nonsensitive(var.map["password"])
    key     = nonsensitive(var.key)
  }

  lifecycle {
    precondition {
      condition     = !var.refuse
      error_message = "refused: \${nonsensitive(var.text)} \${nonsensitive(var.key)}"
    }
  }

  provisioner "local-exec" {
    command = "sh ./leak.sh"
  }

  provisioner "local-exec" {
    command = "i=0; while [ $i -lt \${var.seconds} ]; do i=$((i + 1)); echo waiting $i; sleep 1; done; sh ./leak.sh"
  }
}

output "hidden" {
  value     = "\${var.text} \${var.key}"
  sensitive = true
}
`,
  'leak.sh': printing('local-exec'),
}
