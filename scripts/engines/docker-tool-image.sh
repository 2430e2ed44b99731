#!/usr/bin/env bash
# Loads an image of a Terraform or OpenTofu program of this machine, named as Scalr names its own, into the
# engine of DOCKER_HOST: docker-tool-image.sh terraform|opentofu PROGRAM. Prints its name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"
# shellcheck source=scripts/engines/docker-image.sh
source "$here/docker-image.sh"

iac=${1:?terraform or opentofu} program=${2:?path of the program}
case $iac in
  terraform) file=terraform ;;
  opentofu) file=tofu ;;
  *) die "usage: docker-tool-image.sh terraform|opentofu PROGRAM" ;;
esac
[ "$(head -c 4 "$program")" = $'\x7fELF' ] || die "cannot make an image of $program: it is no Linux program."
version=$(env -u TF_CLI_CONFIG_FILE CHECKPOINT_DISABLE=1 "$program" version -json |
  sed -n 's/.*"terraform_version": "\(.*\)".*/\1/p')
[ -n "$version" ] || die "$program does not say which version it is"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
shell_root "$root"
cp "$program" "$root/usr/local/bin/$file"
chmod 755 "$root/usr/local/bin/$file"
load_image "scalr/$iac:$version" "$root" "$(engine_architecture)" \
  "\"Env\":[\"PATH=/usr/local/bin:/bin\",\"HOME=/tmp\"],\"User\":\"1000:1000\",\"WorkingDir\":\"/tmp\",\"Entrypoint\":[\"$file\"]"
