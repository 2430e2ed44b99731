#!/usr/bin/env bash
# The current Docker engine (API 1.56, containerd image store), built with its containerd and runc from
# their Go modules: about 6 minutes on two cores, once. `up` prints the DOCKER_HOST to use.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

ENGINE=docker-current
ENGINE_PATH=$BIN_DIR:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=scripts/engines/docker-engine.sh
source "$here/docker-engine.sh"

MOBY=github.com/moby/moby/v2@v2.0.0-beta.24
CONTAINERD=github.com/containerd/containerd/v2@v2.4.2
RUNC=github.com/opencontainers/runc@v1.5.2

# built PROGRAM: whether it is there and runs.
built() { [ -x "$BIN_DIR/$1" ] && "$BIN_DIR/$1" -v >/dev/null 2>&1; }
programs=(dockerd containerd containerd-shim-runc-v2 ctr runc)
all_built() {
  local program
  for program in "${programs[@]}"; do built "$program" || return 1; done
}

# One after the other: each build takes all cores by itself.
build() {
  local program
  built dockerd || CGO_ENABLED=0 module "$MOBY" cmd/dockerd dockerd
  for program in containerd containerd-shim-runc-v2 ctr; do
    built "$program" || CGO_ENABLED=0 module "$CONTAINERD" "cmd/$program" "$program"
  done
  if ! built runc; then
    install_packages libseccomp-dev pkg-config gcc libc6-dev
    CGO_ENABLED=1 TAGS=seccomp module "$RUNC" . runc
  fi
  all_built || die "a program of the current engine was built but does not run"
}

# module MODULE@VERSION DIRECTORY PROGRAM
module() {
  local package=${1%@*}
  [ "$2" = . ] || package=$package/$2
  nice -n 10 bash "$here/go-build.sh" "$1" "$package" "$BIN_DIR/$3"
}

if [ "${1:-}" = up ] && ! answers; then
  install_packages docker.io iptables iproute2 curl
  all_built || locked docker-current build
fi
engine_command "$@"
