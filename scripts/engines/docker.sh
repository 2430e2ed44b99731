#!/usr/bin/env bash
# A private Docker engine (Debian's docker.io), apart from any that the machine may already have.
# `up` prints the DOCKER_HOST to use.
set -euo pipefail
# shellcheck source=scripts/engines/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$STATE_DIR/docker
SOCKET=$DIR/docker.sock

answers() { curl -fsS --max-time 5 --unix-socket "$SOCKET" http://docker/_ping >/dev/null 2>&1; }

start() {
  answers && return 0
  [ "$(id -u)" = 0 ] || die "cannot start dockerd: not root. Set DOCKER_HOST to use an engine that runs."
  install_packages docker.io iptables curl
  mkdir -p "$DIR"
  say "Starting dockerd (log: $DIR/dockerd.log)"
  # --live-restore: containers outlive the daemon, as production engines are set up.
  # The lock's descriptor is closed, else the daemon would hold it for as long as it runs.
  setsid nohup dockerd --data-root "$DIR/data" --exec-root "$DIR/exec" --pidfile "$DIR/dockerd.pid" \
    --live-restore --host "unix://$SOCKET" >>"$DIR/dockerd.log" 2>&1 </dev/null 9>&- &
  for _ in $(seq 300); do
    answers && return 0
    sleep 0.1
  done
  tail -n 20 "$DIR/dockerd.log" >&2
  die "dockerd did not answer within 30 s"
}

stop() {
  alive "$DIR/dockerd.pid" || return 0
  local pid
  pid=$(cat "$DIR/dockerd.pid")
  # --live-restore would leave them running.
  DOCKER_HOST=unix://$SOCKET docker ps -q | xargs -r env DOCKER_HOST="unix://$SOCKET" docker kill >/dev/null
  kill "$pid"
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$pid" 2>/dev/null && die "dockerd (process $pid) did not stop within 30 s"
  awk -v dir="$DIR/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount
}

case ${1:-} in
  up)
    locked docker start
    printf 'unix://%s\n' "$SOCKET"
    ;;
  down) locked docker stop ;;
  *) die "usage: docker.sh up|down" ;;
esac
