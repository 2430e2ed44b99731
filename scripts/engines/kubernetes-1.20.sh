#!/usr/bin/env bash
# Kubernetes 1.20.2 on one node, the oldest that we support, built from Debian's source package: about 5 minutes
# on two cores, once. With Debian's containerd 1.6, for later ones do not speak to so old a kubelet. `up` prints
# the kubeconfig to use.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

ENGINE=kubernetes-1.20
VERSION=v1.20.2 MINOR=20
PROGRAMS=$ENGINES_DIR/k8s-1.20
# Not the newer programs that a PATH may hold.
ENGINE_PATH=/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=scripts/engines/kubernetes-node.sh
source "$here/kubernetes-node.sh"

build() { programs_are "$VERSION" || nice -n 10 bash "$here/kubernetes-1.20-build.sh" "$PROGRAMS"; }
if [[ ${1:-} = @(up|build) ]] && ! answers; then
  locked kubernetes-tools node_tools
  install_packages containerd runc
  programs_are "$VERSION" || locked kubernetes-1.20 build
fi
engine_command "$@"
