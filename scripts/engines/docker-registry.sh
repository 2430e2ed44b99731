#!/usr/bin/env bash
# Debian's docker-registry, which tests start on a loopback port of their own. `up` prints where it is.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

program=$BIN_DIR/docker-registry
case ${1:-} in
  up | build)
    # The package itself would start a service.
    locked docker-registry debian_file docker-registry /usr/bin/docker-registry "$program"
    printf '%s\n' "$program"
    ;;
  down) ;; # nothing runs; the program stays in the cache
  *) die "usage: docker-registry.sh up|down|build" ;;
esac
