#!/usr/bin/env bash
# OpenTofu, built from its Go module. `up` prints where the program is.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

VERSION=1.12.6

is_current() { [ -x "$BIN_DIR/tofu" ] && "$BIN_DIR/tofu" version 2>/dev/null | grep -qx "OpenTofu v$VERSION"; }

build() {
  # Another terminal may have built it while this one waited for the lock.
  is_current && return 0
  # Without version.dev=no it would call itself a -dev version, which version constraints refuse.
  CGO_ENABLED=0 LDFLAGS='-X github.com/opentofu/opentofu/version.dev=no' bash "$here/go-build.sh" \
    "github.com/opentofu/opentofu@v$VERSION" github.com/opentofu/opentofu/cmd/tofu "$BIN_DIR/tofu"
  is_current || die "the tofu that was built does not say that it is version $VERSION"
}

case ${1:-} in
  up | build)
    unset TF_CLI_CONFIG_FILE
    is_current || locked tofu build
    printf '%s\n' "$BIN_DIR/tofu"
    ;;
  down) ;; # nothing runs; the program stays in the cache
  *) die "usage: tofu.sh up|down|build" ;;
esac
