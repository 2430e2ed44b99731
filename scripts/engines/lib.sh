# shellcheck shell=bash
# Shared by the scripts of this folder: where things are kept, how one speaks, how packages come.

# What takes minutes to build lives outside the clone, so that a fresh clone finds it again.
ENGINES_DIR=${SCALR_SDK_ENGINES_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/scalr-agent-sdk/engines}
BIN_DIR=$ENGINES_DIR/bin
STATE_DIR=$ENGINES_DIR/state

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

# alive PIDFILE: true when the process of that file runs.
alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# locked NAME COMMAND...: runs a command alone, also among several terminals.
locked() {
  local name=$1
  shift
  mkdir -p "$ENGINES_DIR"
  (
    flock 9
    "$@"
  ) 9>"$ENGINES_DIR/$name.lock"
}
