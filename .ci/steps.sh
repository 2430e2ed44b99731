# shellcheck shell=bash
# How .ci/run counts. Expects ROOT (the clone) and WORK (a directory for temporary files of all steps).

# What carries this in its environment was started by a step.
export CI_RUN_DIR=$WORK
# Engines of these steps: not those that somebody may have started for other work.
export SCALR_SDK_ENGINES_STATE_DIR=$WORK/engines

passed=0 failed=0 failures=()
say() { printf '\n=== %s (%s s)\n' "$*" "$SECONDS"; }
fail() {
  failed=$((failed + 1))
  failures+=("$1")
  printf 'FAILED: %s\n' "$1"
}

# processes: ids of what the steps started and what still runs. A workload has an environment of its
# own, and is known by its directory.
processes() (
  # Else this would find its own helpers.
  unset CI_RUN_DIR
  {
    # With those of its tracks.
    grep -lzxE "CI_RUN_DIR=$WORK(/[0-9]+)?" /proc/[0-9]*/environ
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$WORK/*"
  } 2>/dev/null | cut -d/ -f3 | sort -un
)

# How long a step's processes may take to end after it, in tenths of a second.
GRACE=${GRACE:-100}

# nothing_left NAME: a step that left processes behind has failed; they are ended.
nothing_left() {
  local left i
  for i in $(seq "$GRACE"); do
    left=$(processes)
    [ -z "$left" ] && return 0
    sleep 0.1
  done
  for i in $left; do
    printf 'left behind by %s: %s %s\n' "$1" "$i" "$(tr '\0' ' ' <"/proc/$i/cmdline" 2>/dev/null | cut -c1-200)"
    kill -KILL "$i" 2>/dev/null
  done
  fail "$1: left processes behind"
}

# step NAME SECONDS COMMAND...: one command that counts as one.
step() {
  local name=$1 limit=$2
  shift 2
  say "$name"
  if timeout --kill-after=30 "$limit" "$@"; then passed=$((passed + 1)); else fail "$name (exit code $?)"; fi
  nothing_left "$name"
}

# step_ending NAME SECONDS PATTERN COMMAND...: as `step`, and the last line must match as well.
step_ending() {
  local name=$1 limit=$2 pattern=$3 code last
  shift 3
  say "$name"
  # Through a file: a process left behind could hold a pipe open for ever.
  timeout --kill-after=30 "$limit" "$@" >"$WORK/output" 2>&1
  code=$?
  cat "$WORK/output"
  last=$(sed '/^[[:space:]]*$/d' "$WORK/output" | tail -n 1)
  if [ $code -ne 0 ]; then
    fail "$name (exit code $code)"
  elif [[ ! $last =~ $pattern ]]; then
    fail "$name (its last line is not as it should be: $last)"
  else
    passed=$((passed + 1))
  fi
  nothing_left "$name"
}

# tests NAME SECONDS COMMAND...: a run of vitest. Every test counts, and so does how the run ended.
tests() {
  local name=$1 limit=$2 code counts p f
  shift 2
  say "$name"
  rm -f "$WORK/summary.json"
  TEST_SUMMARY_FILE=$WORK/summary.json timeout --kill-after=30 "$limit" "$@"
  code=$?
  if [ ! -s "$WORK/summary.json" ]; then
    fail "$name (exit code $code, and it told no result)"
  elif ! counts=$(node_modules/.bin/node scripts/ci/count-tests.ts "$WORK/summary.json" .ci/allowed-skips.json); then
    fail "$name (its result cannot be read)"
  else
    sed '$d' <<<"$counts"
    read -r p f <<<"$(tail -n 1 <<<"$counts")"
    echo "$name: $p passed, $f failed"
    passed=$((passed + p))
    failed=$((failed + f))
    [ "$f" -eq 0 ] || failures+=("$name: $f")
    [ $code -eq 0 ] || [ "$f" -ne 0 ] || fail "$name (exit code $code though no test failed)"
  fi
  nothing_left "$name"
}

# track NAME COMMAND...: steps that go on beside those of other tracks, until `join_tracks`. What they print
# comes in one piece, at their end.
tracks=() track_pids=()
track() {
  local name=$1
  # Short, for the sockets that lie far below.
  local directory=$WORK/${#tracks[@]}
  shift
  mkdir "$directory"
  chmod 1777 "$directory"
  (
    trap - EXIT INT TERM
    tracks=() passed=0 failed=0 failures=()
    WORK=$directory
    export WORK CI_RUN_DIR=$WORK TMPDIR=$WORK
    "$@"
    printf '%s\n' "$passed" "$failed" "${failures[@]+"${failures[@]}"}" >"$WORK/counts"
  ) >"$directory/log" 2>&1 &
  track_pids+=($!)
  tracks+=("$name")
  say "track $name goes on beside the others"
}

# join_tracks: waits for all tracks, and counts what they counted.
join_tracks() {
  local i lines
  wait "${track_pids[@]+"${track_pids[@]}"}"
  for i in "${!tracks[@]}"; do
    say "track ${tracks[i]}"
    cat "$WORK/$i/log"
    mapfile -t lines <"$WORK/$i/counts" || lines=()
    if [ "${#lines[@]}" -lt 2 ]; then
      fail "track ${tracks[i]} (it broke off)"
    else
      passed=$((passed + lines[0]))
      failed=$((failed + lines[1]))
      failures+=("${lines[@]:2}")
    fi
  done
  tracks=() track_pids=()
}

# docker_engine NAME TOOL: everything that runs in containers, on one engine of scripts/engines, with that
# tool. Leaves the engine's address in DOCKER_HOST to its steps alone.
docker_engine() {
  local engine=$1 iac=$2 host suites
  step_ending "engine: $engine" 1500 '^(unix|tcp)://' "${PNPM[@]}" engines up "$engine"
  host=$(tail -n 1 "$WORK/output")
  [[ $host =~ ^(unix|tcp):// ]] || return 0
  export DOCKER_HOST=$host TEST_DOCKER_HOST=$host TEST_IAC=$iac
  step "images, $engine" 300 "${PNPM[@]}" engines up docker-images
  # The executor itself and runs on both; of the rest of the system each part once.
  suites=(packages/executor-docker docker-runs)
  if [ "$engine" = docker ]; then
    suites+=(docker-kill docker-memory docker-caches docker-bad-input docker-demo)
  else
    suites+=(docker-signal-matrix docker-serverless docker-canaries)
  fi
  tests "engine tests, $engine" 1200 vitest run --project engines --maxWorkers=1 "${suites[@]}"
  step_ending "kit, $engine" 900 '^[1-9][0-9]* passed, 0 failed, [0-9]+ skipped$' "${PNPM[@]}" kit --executor docker --parallel 3
  # A given one may hold what is none of ours.
  [ "$host" = "$given_engine" ] || step "nothing left in $engine" 60 bash -c nothing_left_in_engine
  unset DOCKER_HOST TEST_DOCKER_HOST TEST_IAC
  step "engine: $engine, down" 120 "${PNPM[@]}" engines down "$engine"
}

# nothing_left_in_engine: what tests made in the engine of DOCKER_HOST is gone.
nothing_left_in_engine() (
  left=$(
    docker ps --all --format 'container {{.Names}} ({{.Image}}, {{.Status}})'
    docker volume ls --quiet | sed 's/^/volume /'
    docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -vE '^(local|scalr)/' | sed 's/^/image /'
  )
  [ -z "$left" ] || { printf '%s\n' "$left" && false; }
)
# For `timeout`, which runs programs alone.
export -f nothing_left_in_engine

# kubernetes_cluster NAME TOOL: everything that runs in pods, on one cluster of scripts/engines, with that tool.
# All of the system on the current one; on the oldest, the executor itself and whole runs.
kubernetes_cluster() {
  local cluster=$1 iac=$2 config suites
  step_ending "engine: $cluster" 1500 '^/' "${PNPM[@]}" engines up "$cluster"
  config=$(tail -n 1 "$WORK/output")
  [ -s "$config" ] || return 0
  export KUBECONFIG=$config TEST_KUBECONFIG=$config TEST_IAC=$iac
  step "images, $cluster" 300 "${PNPM[@]}" engines up kubernetes-images
  suites=(packages/executor-k8s test/kubernetes-runs)
  # Clusters that are killed, fifty jobs and an API server on a bad day take minutes: `pnpm test:engines`.
  if [ "$cluster" = kubernetes ]; then
    suites+=(test/kubernetes-refusals test/kubernetes-bad-input test/kubernetes-canaries test/kubernetes-evictions)
    suites+=(test/kubernetes-kill-agent test/kubernetes-long-log test/kubernetes-serverless)
  fi
  tests "engine tests, $cluster" 1200 vitest run --project engines --maxWorkers=1 "${suites[@]}"
  step "kit, $cluster" 1200 bash -c kit_in_cluster
  if [ "$cluster" = kubernetes ]; then
    step_ending "demo, $cluster" 600 '^Demo finished:' "${PNPM[@]}" demo --data-dir "$WORK/demo" --executor kubernetes
  fi
  step "nothing left in $cluster" 60 bash -c nothing_left_in_cluster
  unset KUBECONFIG TEST_KUBECONFIG TEST_IAC
  step "engine: $cluster, down" 120 "${PNPM[@]}" engines down "$cluster"
}

# kit_in_cluster: the conformance kit in parts, each in a namespace of its own; together all of it. It waits
# more than it works, the longer the older the cluster.
kit_in_cluster() (
  export PATH=$PATH:$(source scripts/engines/lib.sh && echo "$BIN_DIR")
  parts=6 pids=() names=() code=0
  for part in $(seq "$parts"); do
    names+=("kit-$part")
    kubectl create namespace "kit-$part" >/dev/null || exit 1
    cp "$KUBECONFIG" "$WORK/kit-$part.config"
    kubectl --kubeconfig "$WORK/kit-$part.config" config set-context --current --namespace "kit-$part" >/dev/null || exit 1
    KUBECONFIG=$WORK/kit-$part.config node --conditions=@scalr-agent/source scripts/kit.ts --executor kubernetes --shard "$part/$parts" \
      >"$WORK/kit-$part" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || code=1; done
  for name in "${names[@]}"; do
    cat "$WORK/$name"
    tail -n 1 "$WORK/$name" | grep -qE '^[1-9][0-9]* passed, 0 failed, [0-9]+ skipped$' || code=1
  done
  kubectl delete namespace "${names[@]}" --wait=false >/dev/null
  exit $code
)
export -f kit_in_cluster

# nothing_left_in_cluster: what tests made in the cluster of KUBECONFIG is gone.
nothing_left_in_cluster() (
  export PATH=$PATH:$(source scripts/engines/lib.sh && echo "$BIN_DIR")
  # Namespaces that tests are done with go in their own time.
  for _ in $(seq 45); do
    left=$(kubectl get jobs,pods,poddisruptionbudgets,networkpolicies --all-namespaces --no-headers 2>&1 | grep -v '^No resources found')
    [ -n "$left" ] || exit 0
    sleep 1
  done
  printf '%s\n' "$left"
  exit 1
)
export -f nothing_left_in_cluster

finish() {
  local pid
  # A run that is ended from outside: no further step of a track.
  [ "${#track_pids[@]}" -eq 0 ] || kill "${track_pids[@]}" 2>/dev/null
  # Those that a step was to stop, and did not.
  [ ! -d "$SCALR_SDK_ENGINES_STATE_DIR" ] || bash scripts/engines/engines.sh down docker docker-current kubernetes kubernetes-1.20 gitea
  for pid in $(processes); do kill -KILL "$pid" 2>/dev/null; done
  rm -rf "$WORK"
}

# total: what failed, and the last line. True when nothing did, and something was done.
total() {
  local failure
  for failure in "${failures[@]+"${failures[@]}"}"; do echo "FAILED: $failure"; done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
