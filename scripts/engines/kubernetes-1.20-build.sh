#!/usr/bin/env bash
# Builds the control plane and the kubelet of Kubernetes 1.20.2 into a folder: kubernetes-1.20-build.sh DIRECTORY
# From Debian's source package, with the Go of its time: the modules of that age need a Go that old, too.
set -euo pipefail
# shellcheck source=scripts/engines/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

output=${1:?directory of the programs}
VERSION=v1.20.2
PACKAGE='kubernetes=1.20.5+really1.20.2-1.1+deb12u1'

install_packages golang-1.19-go dpkg-dev
work=$(mktemp -d)
trap '[ $? = 0 ] || say "engines: Kubernetes $VERSION could not be built from $PACKAGE, a source package of Debian 12"; rm -rf "$work"' EXIT
mkdir -p "$output"
output=$(cd "$output" && pwd)

# An apt of our own that knows the sources too, made from the machine's: the system's stays as it is.
fetch_source() {
  local file
  mkdir -p "$work"/apt/{lists/partial,cache/archives/partial,parts}
  { grep -hE '^deb ' /etc/apt/sources.list 2>/dev/null || true; } | sed 's/^deb /deb-src /' >"$work/apt/sources.list"
  for file in /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$file" >"$work/apt/parts/${file##*/}"
  done
  cat >"$work/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "$work/apt/parts";
Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt/cache";
APT::Sandbox::User "root";
CONF
  cd "$work"
  APT_CONFIG=$work/apt/apt.conf apt-get update -qq
  APT_CONFIG=$work/apt/apt.conf apt-get source --download-only -qq "$PACKAGE"
  dpkg-source --no-check -x ./kubernetes_*.dsc "$sources" >/dev/null
}

# What the package carries of this library does not work with a Go since 1.18: writing a Node as JSON panics.
newer_reflection() {
  local vendored=$sources/vendor/github.com/modern-go/reflect2
  cd "$work"
  apt-get download -qq golang-github-modern-go-reflect2-dev 2>/dev/null ||
    { apt-get update -qq && apt-get download -qq golang-github-modern-go-reflect2-dev; }
  dpkg-deb -x ./golang-github-modern-go-reflect2-dev_*.deb reflect2
  rm "$vendored"/*.go
  cp reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/*.go "$vendored/"
}

# The only generated file that the source package lacks.
generate_openapi() {
  local directories
  go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  directories=$(grep -rl --include='*.go' '+k8s:openapi-gen=' pkg cmd plugin staging/src/k8s.io |
    grep -v -E 'staging/src/k8s.io/(code-generator|sample-apiserver)|_test.go' | xargs -n1 dirname | sort -u |
    sed 's#^staging/src/#k8s.io/kubernetes/vendor/#; t; s#^#k8s.io/kubernetes/#' | paste -sd,)
  "$work/openapi-gen" -i "$directories" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$work/openapi-violations"
}

sources=$work/go/src/k8s.io/kubernetes
mkdir -p "${sources%/*}"
say "Fetching the sources of Kubernetes $VERSION"
fetch_source >&2
newer_reflection >&2

cd "$sources"
export PATH=/usr/lib/go-1.19/bin:$PATH CGO_ENABLED=0 GO111MODULE=off GOPATH=$work/go GOCACHE=$work/cache GOFLAGS=
generate_openapi >&2
flags='-s -w'
for package in k8s.io/kubernetes/vendor/k8s.io/{component-base,client-go/pkg}/version; do
  flags+=" -X $package.gitVersion=$VERSION -X $package.gitMajor=1 -X $package.gitMinor=20 -X $package.gitTreeState=clean"
done
for program in kube-apiserver kube-controller-manager kube-scheduler kubelet; do
  say "Building $program $VERSION"
  go build -trimpath -tags providerless -ldflags "$flags" -o "$output/$program.new.$$" "./cmd/$program"
  mv "$output/$program.new.$$" "$output/$program"
done
