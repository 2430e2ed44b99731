#!/usr/bin/env bash
# Debian's Docker engine (20.10, API 1.41), the oldest that we support. `up` prints the DOCKER_HOST to use:
# that of the environment where it is set, for such an engine is used and never stopped.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

ENGINE=docker
# Not the newer programs that a PATH may hold.
ENGINE_PATH=/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=scripts/engines/docker-engine.sh
source "$here/docker-engine.sh"

if [ "${1:-}" = up ] && [ -n "${DOCKER_HOST:-}" ]; then
  docker version --format '{{.Server.APIVersion}}' >/dev/null || die "the engine at DOCKER_HOST=$DOCKER_HOST does not answer. Unset DOCKER_HOST to start one."
  printf '%s\n' "$DOCKER_HOST"
  exit 0
fi
[[ ${1:-} != @(up|build) ]] || answers || install_packages docker.io iptables iproute2 curl
engine_command "$@"
