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

# shellcheck source=scripts/engines/containerd-current.sh
source "$here/containerd-current.sh"

MOBY=github.com/moby/moby/v2@v2.0.0-beta.24

build() {
  built dockerd || CGO_ENABLED=0 module "$MOBY" cmd/dockerd dockerd
  built dockerd || die "a dockerd was built but does not run"
}

if [[ ${1:-} = @(up|build) ]] && ! answers; then
  install_packages docker.io iptables iproute2 curl
  built dockerd || locked docker-current build
  built "${containerd_programs[@]}" || locked containerd-current build_containerd
fi
engine_command "$@"
