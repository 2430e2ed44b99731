#!/usr/bin/env bash
# Images for the tests of Kubernetes, as docker-images.sh makes them for Docker. They go into the cluster of
# KUBECONFIG where that is one of these scripts', else into every cluster that these scripts started. Beside
# those of docker-images.sh (but local/other-arch):
#   local/no-tar      a shell, and no tar
#   local/pause       what a pod's network hangs on; a cluster that starts loads it by itself
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"
# shellcheck source=scripts/engines/docker-image.sh
source "$here/docker-image.sh"
# shellcheck source=scripts/engines/test-images.sh
source "$here/test-images.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

pause_image() {
  mkdir -m 755 -p "$root/pause/bin"
  cp "$(busybox_static)" "$root/pause/bin/busybox"
  load_image local/pause:1 "$root/pause" "$(engine_architecture)" '"Entrypoint":["/bin/busybox","sleep","2147483647"]'
}

no_tar_image() {
  shell_root "$root/no-tar"
  rm "$root"/no-tar/bin/{tar,busybox}
  # Its shell knows all its tools, wherever they are: this one knows tar by another name.
  LC_ALL=C sed 's/\x00tar\x00/\x00taq\x00/' "$(busybox_static)" >"$root/no-tar/bin/busybox"
  chmod 755 "$root/no-tar/bin/busybox"
  load_image local/no-tar:1 "$root/no-tar" "$(engine_architecture)" '"Env":["PATH=/bin"],"Cmd":["sh"]'
}

load() {
  rm -rf "${root:?}"/*
  mkdir -m 755 "$root"/{busybox,no-shell,no-tar}
  pause_image
  busybox_image "$root/busybox"
  no_shell_image "$root/no-shell"
  no_tar_image
  tool_images
}

# into DIRECTORY COMMAND...: runs it so that images go into the cluster that is kept there.
into() (
  export CONTAINERD_ADDRESS=$1/containerd.sock
  # The CLI of that containerd: another may not understand it.
  [ "${1##*/}" != kubernetes ] || PATH=$BIN_DIR:$PATH
  [ "${1##*/}" = kubernetes ] || PATH=/usr/bin:$PATH
  shift
  "$@"
)

load_into_all() {
  local directory found=
  if [ -n "${KUBECONFIG:-}" ]; then
    [ -S "${KUBECONFIG%/*}/containerd.sock" ] ||
      die "the cluster of KUBECONFIG=$KUBECONFIG is not one of these scripts': load images into it as you do with your own."
    into "${KUBECONFIG%/*}" load
    return
  fi
  for directory in "$STATE_DIR"/kubernetes{,-1.20}; do
    [ -S "$directory/containerd.sock" ] || continue
    found=yes
    into "$directory" load
  done
  [ -n "$found" ] || die 'no cluster to load images into. Run: engines up kubernetes'
}

case ${1:-} in
  up) LOCK_DIR=$STATE_DIR locked kubernetes-images load_into_all ;;
  down) ;; # they go with their cluster
  # For a cluster that starts: into the containerd of CONTAINERD_ADDRESS.
  pause) pause_image ;;
  # For the demo: an image of one program, into the cluster of KUBECONFIG, which is one of these scripts'.
  tool) into "${KUBECONFIG%/*}" bash "$here/docker-tool-image.sh" "$2" "$3" ;;
  *) die "usage: kubernetes-images.sh up|down" ;;
esac
