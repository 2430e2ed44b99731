#!/usr/bin/env bash
# The current Kubernetes (1.37.2) on one node, built with its containerd and runc from their Go modules: about
# 8 minutes on two cores, once. `up` prints the kubeconfig to use: that of the environment where it is set,
# for such a cluster is used and never stopped.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"
# shellcheck source=scripts/engines/containerd-current.sh
source "$here/containerd-current.sh"

ENGINE=kubernetes
VERSION=v1.37.2 MINOR=37
PROGRAMS=$ENGINES_DIR/k8s-1.37
ENGINE_PATH=$BIN_DIR:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=scripts/engines/kubernetes-node.sh
source "$here/kubernetes-node.sh"

if [ "${1:-}" = up ] && [ -n "${KUBECONFIG:-}" ]; then
  locked kubernetes-tools node_tools
  "$BIN_DIR/kubectl" version >/dev/null || die "the cluster of KUBECONFIG=$KUBECONFIG does not answer. Unset KUBECONFIG to start one."
  printf '%s\n' "$KUBECONFIG"
  exit 0
fi
build() { programs_are "$VERSION" || bash "$here/kubernetes-build.sh" "$VERSION" "$PROGRAMS"; }
if [[ ${1:-} = @(up|build) ]] && ! answers; then
  locked kubernetes-tools node_tools
  programs_are "$VERSION" || locked kubernetes build
  built "${containerd_programs[@]}" || locked containerd-current build_containerd
fi
engine_command "$@"
