# shellcheck shell=bash
# Shared by the scripts of this folder: where things are kept, how one speaks, how packages come.

# What takes minutes to build lives outside the clone, so that a fresh clone finds it again.
ENGINES_DIR=${SCALR_SDK_ENGINES_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/scalr-agent-sdk/engines}
BIN_DIR=$ENGINES_DIR/bin
# What runs, apart from the programs: two sets of engines can share what was built.
STATE_DIR=${SCALR_SDK_ENGINES_STATE_DIR:-$ENGINES_DIR/state}

say() { printf '%s\n' "$*" >&2; }
die() {
  say "engines: $*"
  exit 1
}

# have_packages NAME...: true when all of these Debian packages are installed.
have_packages() {
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null) = ii* ]] || return 1
  done
}

# install_packages NAME...: installs what is missing of these Debian packages.
install_packages() {
  have_packages "$@" && return 0
  command -v apt-get >/dev/null || die "cannot install $*: this machine has no apt-get. Install them by hand."
  [ "$(id -u)" = 0 ] || die "cannot install $*: not root. Run: apt-get install $*"
  say "Installing $*"
  {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@"
  } >&2 || die "apt-get could not install $*"
}

# debian_file PACKAGE PATH OUTPUT: one file of a Debian package that is not installed, since it would push
# another one out or start a service.
debian_file() {
  local package=$1 path=$2 output=$3 work
  [ -x "$output" ] && return 0
  command -v apt-get >/dev/null || die "cannot fetch $package: this machine has no apt-get."
  work=$(mktemp -d)
  say "Fetching $package"
  (
    cd "$work"
    chmod 755 .
    # The machine's lists may be old or missing.
    apt-get download -qq "$package" 2>/dev/null || { apt-get update -qq && apt-get download -qq "$package"; }
    dpkg-deb -x ./*.deb files
  ) >&2 || {
    rm -rf "$work"
    die "cannot fetch $path of the Debian package $package"
  }
  mkdir -p "$(dirname "$output")"
  cp "$work/files$path" "$output.new.$$"
  mv "$output.new.$$" "$output"
  rm -rf "$work"
}

# alive PIDFILE: true when the process of that file runs. One that ended and waits for its parent does not.
alive() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$pid/status"
}

# locked NAME COMMAND...: runs a command alone, also among several terminals. In LOCK_DIR, by default where
# the programs are.
locked() {
  local name=$1 directory=${LOCK_DIR:-$ENGINES_DIR}
  shift
  mkdir -p "$directory"
  (
    flock 9
    "$@"
  ) 9>"$directory/$name.lock"
}
