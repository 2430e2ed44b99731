#!/usr/bin/env bash
# Real Terraform providers (hashicorp/time, local and http), built from their Go modules. `up` prints where
# the programs are.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

# Module, version. The file's name is what a release archive of that provider holds.
PROVIDERS=(
  'github.com/hashicorp/terraform-provider-time 0.14.2'
  'github.com/terraform-providers/terraform-provider-local 1.4.0'
  'github.com/terraform-providers/terraform-provider-http 1.2.0'
)

file_of() { printf '%s/%s_v%s_x5' "$BIN_DIR" "${1##*/}" "$2"; }

# A provider that is started by hand says what it is and exits with 1.
is_provider() { [ -x "$1" ] && { "$1" 2>&1 || true; } | grep -q 'This binary is a plugin'; }

is_current() {
  local module version
  for provider in "${PROVIDERS[@]}"; do
    read -r module version <<<"$provider"
    is_provider "$(file_of "$module" "$version")" || return 1
  done
}

build() {
  local module version file
  # One after the other: each build takes all cores by itself.
  for provider in "${PROVIDERS[@]}"; do
    read -r module version <<<"$provider"
    file=$(file_of "$module" "$version")
    is_provider "$file" && continue
    CGO_ENABLED=0 nice -n 10 bash "$here/go-build.sh" "$module@v$version" "$module" "$file"
    is_provider "$file" || die "the $file that was built does not say that it is a provider"
  done
}

case ${1:-} in
  up | build)
    is_current || locked providers build
    for provider in "${PROVIDERS[@]}"; do
      read -r module version <<<"$provider"
      printf '%s\n' "$(file_of "$module" "$version")"
    done
    ;;
  down) ;; # nothing runs; the programs stay in the cache
  *) die "usage: providers.sh up|down|build" ;;
esac
