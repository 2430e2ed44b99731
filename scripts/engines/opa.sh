#!/usr/bin/env bash
# Open Policy Agent, built from its Go module. `up` prints where the program is.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

VERSION=1.22.2

is_current() { [ -x "$BIN_DIR/opa" ] && "$BIN_DIR/opa" version 2>/dev/null | grep -qx "Version: $VERSION"; }

build() {
  # Another terminal may have built it while this one waited for the lock.
  is_current && return 0
  CGO_ENABLED=0 bash "$here/go-build.sh" \
    "github.com/open-policy-agent/opa@v$VERSION" github.com/open-policy-agent/opa "$BIN_DIR/opa"
  is_current || die "the opa that was built does not say that it is version $VERSION"
}

case ${1:-} in
  up | build)
    is_current || locked opa build
    printf '%s\n' "$BIN_DIR/opa"
    ;;
  down) ;; # nothing runs; the program stays in the cache
  *) die "usage: opa.sh up|down|build" ;;
esac
