# shellcheck shell=bash
# A private Docker engine, apart from any that the machine may already have. Expects ENGINE (its name) and
# ENGINE_PATH (where dockerd, containerd and runc are found).

DIR=$STATE_DIR/$ENGINE
SOCKET=$DIR/docker.sock
# Engines of several sets run side by side: each has a bridge, a range of addresses and a containerd
# namespace of its own.
number=$(cksum <<<"$DIR" | cut -d' ' -f1)
BRIDGE=sdk$number
ADDRESS=10.$((200 + number % 50)).$((number / 50 % 256)).1

answers() { curl -fsS --max-time 5 --unix-socket "$SOCKET" http://docker/_ping >/dev/null 2>&1; }
# Of whichever CLI the machine has; every one of them can speak to an older engine.
engine_cli() { DOCKER_HOST=unix://$SOCKET docker "$@"; }

# Processes whose command line names this engine's directory: dockerd, containerd, shims.
engine_processes() { { grep -lF "$DIR/" /proc/[0-9]*/cmdline 2>/dev/null || true; } | cut -d/ -f3 | grep -vx "$$" || true; }

# own PIDFILE: whether the process of that file runs and is one of this engine.
own() { alive "$1" && grep -qsF "$DIR/" "/proc/$(cat "$1" 2>/dev/null)/cmdline"; }

start_engine() {
  answers && return 0
  [ "$(id -u)" = 0 ] || die "cannot start dockerd: not root. Set DOCKER_HOST to use an engine that runs."
  local daemon
  daemon=$(PATH=$ENGINE_PATH command -v dockerd) || die "there is no dockerd in $ENGINE_PATH"
  mkdir -p "$DIR"
  # Files of a daemon that was killed: the next one refuses to start over the first, and waits for the
  # containerd of the second, although that one is gone.
  local file
  for file in "$DIR/dockerd.pid" "$DIR/exec/containerd/containerd.pid"; do own "$file" || rm -f "$file"; done
  make_bridge
  say "Starting $daemon (log: $DIR/dockerd.log)"
  # --live-restore: containers outlive the daemon, as production engines are set up.
  # The lock's descriptor is closed, else the daemon would hold it for as long as it runs. The environment
  # is its own, so that nothing of the caller's tells of it but how to get out.
  setsid nohup env -i PATH="$ENGINE_PATH" HOME="$DIR" \
    HTTP_PROXY="${HTTP_PROXY:-}" HTTPS_PROXY="${HTTPS_PROXY:-}" NO_PROXY="${NO_PROXY:-}" \
    "$daemon" --data-root "$DIR/data" --exec-root "$DIR/exec" --pidfile "$DIR/dockerd.pid" \
    --live-restore --bridge "$BRIDGE" --host "unix://$SOCKET" \
    --containerd-namespace "$BRIDGE" --containerd-plugins-namespace "$BRIDGE-plugins" \
    >"$DIR/dockerd.log" 2>&1 </dev/null 9>&- &
  local starting=$!
  for _ in $(seq 600); do
    answers && return 0
    kill -0 "$starting" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 5 "$DIR/dockerd.log" >&2
  die "dockerd ended, or did not answer within 60 s"
}

make_bridge() {
  ip link show "$BRIDGE" >/dev/null 2>&1 && return 0
  ip link add name "$BRIDGE" type bridge && ip address add "$ADDRESS/24" dev "$BRIDGE" && ip link set "$BRIDGE" up ||
    die "cannot make the network bridge $BRIDGE with address $ADDRESS"
}

stop_engine() {
  # Of a daemon that was killed, containers may still run: only a daemon can end them.
  if ! answers && [ -n "$(engine_processes)" ] && ! own "$DIR/dockerd.pid"; then start_engine; fi
  if own "$DIR/dockerd.pid"; then
    local pid
    pid=$(cat "$DIR/dockerd.pid")
    # --live-restore would leave them running. What tests left behind is not kept for the next run either;
    # named images are.
    engine_cli ps -q | xargs -r env DOCKER_HOST="unix://$SOCKET" docker kill >/dev/null
    engine_cli system prune --force --volumes >/dev/null
    kill "$pid"
    for _ in $(seq 300); do
      own "$DIR/dockerd.pid" || break
      sleep 0.1
    done
    ! own "$DIR/dockerd.pid" || die "dockerd (process $pid) did not stop within 30 s"
  fi
  awk -v dir="$DIR/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount
  ! ip link show "$BRIDGE" >/dev/null 2>&1 || ip link delete "$BRIDGE"
}

engine_command() {
  export LOCK_DIR=$STATE_DIR
  case ${1:-} in
    up)
      locked "$ENGINE" start_engine
      printf 'unix://%s\n' "$SOCKET"
      ;;
    down) locked "$ENGINE" stop_engine ;;
    # What had to be built was built before.
    build) ;;
    # For scripts that stop only what they started.
    status)
      answers || exit 1
      printf 'unix://%s\n' "$SOCKET"
      ;;
    *) die "usage: $ENGINE.sh up|down|build" ;;
  esac
}
