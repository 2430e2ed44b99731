#!/usr/bin/env bash
# Real engines for the tests: engines up|down|build NAME...
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

names=(tofu opa providers docker docker-current docker-images docker-registry kubernetes kubernetes-1.20 kubernetes-images gitea)
usage() {
  say "usage: engines up|down|build NAME...   (names: ${names[*]})"
  say "Built programs and running engines are kept in $ENGINES_DIR"
  exit 2
}

action=${1:-}
[[ $action = @(up|down|build) ]] && shift && [ $# -gt 0 ] || usage
for name in "$@"; do
  [[ " ${names[*]} " = *" $name "* ]] || {
    say "engines: there is no engine '$name'."
    usage
  }
done
for name in "$@"; do bash "$here/$name.sh" "$action"; done
