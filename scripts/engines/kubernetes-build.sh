#!/usr/bin/env bash
# Builds the control plane and the kubelet of a current Kubernetes from its Go module:
# kubernetes-build.sh VERSION DIRECTORY
set -euo pipefail
# shellcheck source=scripts/engines/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

version=${1:?version, such as v1.37.2} output=${2:?directory of the programs}
command -v go >/dev/null || die "cannot build Kubernetes: no Go on PATH. Install Go 1.26 or later."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$output"
output=$(cd "$output" && pwd)

cd "$work"
download=$(go mod download -json "k8s.io/kubernetes@$version") || die "cannot download k8s.io/kubernetes: $download"
manifest=$(sed -n 's/^\t"GoMod": "\(.*\)".*/\1/p' <<<"$download")
# The module replaces its parts by folders of its own tree; each is published as v0.MINOR.PATCH, too.
{
  echo 'module local.test/build'
  grep -E '^go ' "$manifest"
} >go.mod
mapfile -t parts < <(sed -n "s#^\t\(k8s.io/[a-z-]*\) => ./staging.*#-replace=\1=\1@v0.${version#v1.}#p" "$manifest")
go mod edit -require="k8s.io/kubernetes@$version" "${parts[@]}"

programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet)
{
  printf '//go:build tools\n\npackage tools\n\n'
  printf 'import _ "k8s.io/kubernetes/cmd/%s"\n' "${programs[@]}"
} >tools.go
flags='-s -w'
minor=${version#v1.}
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*} -X $package.gitTreeState=clean"
done
for program in "${programs[@]}"; do
  say "Building $program $version (minutes the first time)"
  CGO_ENABLED=0 go build -mod=mod -trimpath -tags providerless,dockerless -ldflags "$flags" \
    -o "$output/$program.new.$$" "k8s.io/kubernetes/cmd/$program"
  mv "$output/$program.new.$$" "$output/$program"
done
