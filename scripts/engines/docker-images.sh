#!/usr/bin/env bash
# Images for the tests, made of what the machine has, for no registry may be in reach. They go into the
# engine of DOCKER_HOST, else into every engine that these scripts started. `up` prints their names:
# scalr/terraform and scalr/opentofu of the machine's programs, and
#   local/busybox     a shell and its tools, nothing else
#   local/no-shell    no /bin/sh
#   local/other-arch  of an architecture that this machine cannot run
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"
# shellcheck source=scripts/engines/docker-image.sh
source "$here/docker-image.sh"
# shellcheck source=scripts/engines/test-images.sh
source "$here/test-images.sh"

load() (
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  mkdir -m 755 "$root"/{busybox,no-shell,other-arch}
  busybox_image "$root/busybox"
  no_shell_image "$root/no-shell"
  # A program of another machine, as the kernel tells them apart: by two bytes of its header.
  case $(engine_architecture) in
    amd64) other=arm64 machine='\xb7\x00' ;;
    *) other=amd64 machine='\x3e\x00' ;;
  esac
  cp -a "$root/busybox/." "$root/other-arch"
  printf '%b' "$machine" | dd of="$root/other-arch/bin/busybox" bs=1 seek=18 conv=notrunc status=none
  load_image local/other-arch:1 "$root/other-arch" "$other" '"Env":["PATH=/bin"],"Cmd":["sh"]'

  tool_images
)

load_into_all() {
  local socket found=
  if [ -n "${DOCKER_HOST:-}" ]; then
    load
    return
  fi
  for socket in "$STATE_DIR"/docker{,-current}/docker.sock; do
    curl -fsS --max-time 5 --unix-socket "$socket" http://docker/_ping >/dev/null 2>&1 || continue
    found=yes
    DOCKER_HOST=unix://$socket load
  done
  [ -n "$found" ] || die 'no engine to load images into. Run: engines up docker'
}

case ${1:-} in
  up) LOCK_DIR=$STATE_DIR locked docker-images load_into_all ;;
  down) ;; # they stay in their engine
  *) die "usage: docker-images.sh up|down" ;;
esac
