#!/usr/bin/env bash
# Loads an image of our own agent into the engine of DOCKER_HOST, made of what this machine has:
# docker-agent-image.sh BUNDLE TOOL, where BUNDLE is examples/agent as one file and TOOL a Terraform or OpenTofu
# program. Its user and its program are those of Scalr's own image. Prints its name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"
# shellcheck source=scripts/engines/docker-image.sh
source "$here/docker-image.sh"

bundle=${1:?the agent as one file} tool=${2:?path of Terraform or OpenTofu}
node=$(command -v node)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
shell_root "$root"
# With the libraries that it needs, at their own places.
cp -L "$node" "$root/usr/local/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root${library%/*}"
  cp -L "$library" "$root$library"
done
cp "$tool" "$root/usr/local/bin/"
mkdir -p "$root/usr/local/lib/scalr-agent"
cp "$bundle" "$root/usr/local/lib/scalr-agent/main.mjs"
printf '#!/bin/sh\nexec node /usr/local/lib/scalr-agent/main.mjs\n' >"$root/usr/local/bin/scalr-agent"
chmod -R a+rX "$root/usr"
chmod 755 "$root"/usr/local/bin/*
load_image local/scalr-agent:1 "$root" "$(engine_architecture)" \
  '"Env":["PATH=/usr/local/bin:/bin","HOME=/tmp"],"User":"1000:1000","WorkingDir":"/tmp","Entrypoint":["scalr-agent"],"Cmd":["run"]'
