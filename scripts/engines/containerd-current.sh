# shellcheck shell=bash
# The current containerd and runc, built from their Go modules: what the current Docker engine and the
# current Kubernetes run containers with. Expects `here`.

CONTAINERD=github.com/containerd/containerd/v2@v2.4.2
RUNC=github.com/opencontainers/runc@v1.5.2
containerd_programs=(containerd containerd-shim-runc-v2 ctr runc)

# built PROGRAM...: whether they are there and run.
built() {
  local program
  for program in "$@"; do
    [ -x "$BIN_DIR/$program" ] && "$BIN_DIR/$program" -v >/dev/null 2>&1 || return 1
  done
}

# module MODULE@VERSION DIRECTORY PROGRAM
module() {
  local package=${1%@*}
  [ "$2" = . ] || package=$package/$2
  nice -n 10 bash "$here/go-build.sh" "$1" "$package" "$BIN_DIR/$3"
}

# One after the other: each build takes all cores by itself.
build_containerd() {
  local program
  for program in containerd containerd-shim-runc-v2 ctr; do
    built "$program" || CGO_ENABLED=0 module "$CONTAINERD" "cmd/$program" "$program"
  done
  if ! built runc; then
    install_packages libseccomp-dev pkg-config gcc libc6-dev
    CGO_ENABLED=1 TAGS=seccomp module "$RUNC" . runc
  fi
  built "${containerd_programs[@]}" || die "a program of containerd or runc was built but does not run"
}
