#!/usr/bin/env bash
# Gitea, a real forge with pushes, webhooks, archives, pull requests and statuses, built from its Go module.
# `up` prints its URL. Its administrator's token lies in $STATE_DIR/gitea/token.
# From the environment: GITEA_PORT, the port on loopback (13000).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/engines/lib.sh
source "$here/lib.sh"

VERSION=1.26.0
MODULE=code.gitea.io/gitea
ADMIN=gitea-admin

program=$BIN_DIR/gitea
# Its texts and templates, which are no part of the program.
files=$ENGINES_DIR/gitea-$VERSION
state=$STATE_DIR/gitea
port=${GITEA_PORT:-13000}
url=http://127.0.0.1:$port/

is_current() { [ -d "$files" ] && [ -x "$program" ] && "$program" --version 2>/dev/null | grep -q "version $VERSION "; }

build() {
  is_current && return 0
  # Its database is SQLite, which is C.
  command -v cc >/dev/null || install_packages gcc libc6-dev
  CGO_ENABLED=1 TAGS='sqlite sqlite_unlock_notify' LDFLAGS="-X main.Version=$VERSION" nice -n 10 \
    bash "$here/go-build.sh" "$MODULE@v$VERSION" "$MODULE" "$program"
  local source_dir
  source_dir=$(go mod download -json "$MODULE@v$VERSION" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
  rm -rf "$files.new"
  mkdir -p "$files.new/public"
  cp -r "$source_dir/options" "$source_dir/templates" "$files.new/"
  chmod -R u+w "$files.new"
  rm -rf "$files"
  mv "$files.new" "$files"
  is_current || die "the gitea that was built does not say that it is version $VERSION"
}

gitea() {
  GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT=true "$program" --config "$state/app.ini" --work-path "$state" "$@"
}

configure() {
  cat >"$state/app.ini" <<INI
RUN_USER = $(id -un)
WORK_PATH = $state
[server]
STATIC_ROOT_PATH = $files
HTTP_ADDR = 127.0.0.1
HTTP_PORT = $port
ROOT_URL = $url
OFFLINE_MODE = true
DISABLE_SSH = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
[security]
INSTALL_LOCK = true
SECRET_KEY = of-tests-only
PASSWORD_HASH_ALGO = pbkdf2\$1000\$50
[webhook]
ALLOWED_HOST_LIST = loopback
DELIVER_TIMEOUT = 10
[log]
LEVEL = warn
MODE = console
[cron]
ENABLED = false
INI
  gitea migrate
  [ -s "$state/token" ] && return 0
  gitea admin user create --username "$ADMIN" --random-password --email admin@example.test --admin \
    --must-change-password=false
  # Another umask would leave it to everybody for a moment.
  (umask 077 && gitea admin user generate-access-token --username "$ADMIN" --token-name engines \
    --scopes all --raw | grep -Ex "[0-9a-f]{40}" >"$state/token.new")
  mv "$state/token.new" "$state/token"
}

answers() { curl -fsS -m 5 "${url}api/v1/version" >/dev/null 2>&1; }

start() {
  alive "$state/gitea.pid" && answers && return 0
  mkdir -p "$state"
  configure >>"$state/log" 2>&1 || {
    tail -n 20 "$state/log" >&2
    die 'cannot set Gitea up'
  }
  # Without the lock's descriptor, which it would hold for as long as it runs; nor anything of this shell.
  setsid env -i PATH="$PATH" HOME="$state" USER="$(id -un)" GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT=true \
    "$program" --config "$state/app.ini" \
    --work-path "$state" web >>"$state/log" 2>&1 </dev/null 9>&- &
  printf '%s\n' $! >"$state/gitea.pid"
  for _ in $(seq 300); do
    answers && return 0
    alive "$state/gitea.pid" || break
    sleep 0.1
  done
  tail -n 20 "$state/log" >&2
  die "Gitea does not answer at $url"
}

stop() {
  alive "$state/gitea.pid" || return 0
  local pid
  pid=$(cat "$state/gitea.pid")
  kill "$pid"
  for _ in $(seq 100); do
    alive "$state/gitea.pid" || return 0
    sleep 0.1
  done
  kill -9 "$pid"
}

case ${1:-} in
  up)
    is_current || locked gitea build
    LOCK_DIR=$STATE_DIR locked gitea start
    printf '%s\n' "$url"
    ;;
  build) is_current || locked gitea build ;;
  down) LOCK_DIR=$STATE_DIR locked gitea stop ;;
  *) die "usage: gitea.sh up|down|build" ;;
esac
