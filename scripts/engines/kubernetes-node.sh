# shellcheck shell=bash
# A one-node Kubernetes cluster on loopback, apart from any other on the machine. Expects ENGINE (its name),
# PROGRAMS (folder of kube-apiserver and the others) and ENGINE_PATH (where containerd and runc are found).

DIR=$STATE_DIR/$ENGINE
KEYS=$DIR/keys
# Clusters of several sets run side by side: each has a bridge, addresses, ports and a tree of cgroups of its own.
number=$(cksum <<<"$DIR" | cut -d' ' -f1)
BRIDGE=k8s$number
SUBNET=10.$((150 + number % 50)).$((number / 50 % 256))
ADDRESS=$SUBNET.1
PORT=$((20000 + number % 1200 * 10))
# shellcheck source=scripts/engines/kubernetes-keys.sh
source "$here/kubernetes-keys.sh"

parts=(etcd containerd apiserver controller-manager scheduler kubelet)

# programs_are VERSION: whether all are there and of that version.
programs_are() {
  local program
  for program in kube-apiserver kube-controller-manager kube-scheduler kubelet; do
    [ "$("$PROGRAMS/$program" --version 2>/dev/null)" = "Kubernetes $1" ] || return 1
  done
}
# What a cluster needs beside its own programs; kubectl is for people and tests.
node_tools() {
  install_packages containernetworking-plugins openssl iproute2 curl
  # Whole packages would start services.
  debian_file etcd-server /usr/bin/etcd "$BIN_DIR/etcd"
  debian_file kubernetes-client /usr/bin/kubectl "$BIN_DIR/kubectl"
}

# api PATH [CURL OPTIONS]
api() {
  local path=$1
  shift
  curl -fsS --max-time 10 --cacert "$KEYS/ca.crt" --cert "$KEYS/admin.crt" --key "$KEYS/admin.key" "https://127.0.0.1:$PORT$path" "$@" 2>/dev/null
}
own() { alive "$DIR/pid/$1" && grep -qsF "$DIR/" "/proc/$(cat "$DIR/pid/$1" 2>/dev/null)/cmdline"; }
none_runs() { [ -z "$(engine_processes)" ]; }
# Parts, and shims of containers, whose command line names this cluster's directory.
engine_processes() {
  local pid
  { grep -lF "$DIR/" /proc/[0-9]*/cmdline 2>/dev/null || true; } | cut -d/ -f3 | while read -r pid; do
    # Others name it too: a kubectl, an agent.
    ! grep -qsxE 'etcd|containerd|containerd-shim|kube-apiserver|kube-controller|kube-scheduler|kubelet' "/proc/$pid/comm" || echo "$pid"
  done
}
# Processes in its containers.
container_processes() { find /sys/fs/cgroup{,/pids}/"$BRIDGE" -name cgroup.procs -exec cat {} + 2>/dev/null || true; }
ctr_of_engine() { PATH=$ENGINE_PATH ctr --address "$DIR/containerd.sock" --namespace k8s.io "$@"; }

api_answers() { api /readyz >/dev/null; }
containerd_answers() { ctr_of_engine version >/dev/null 2>&1; }
has_service_account() { api /api/v1/namespaces/default/serviceaccounts/default >/dev/null; }
node_ready() { api /api/v1/nodes/node1 | tr -d ' \n' | grep '"type":"Ready","status":"True"' >/dev/null; }
answers() {
  local part
  for part in "${parts[@]}"; do own "$part" || return 1; done
  api_answers && node_ready
}

# start PART COMMAND...: unless it runs. Its environment is its own, so that nothing of the caller's tells.
start() {
  local part=$1
  shift
  own "$part" && return 0
  # The lock's descriptor is closed, else the part would hold it for as long as it runs.
  (cd "$KEYS" && exec setsid nohup env -i PATH="$ENGINE_PATH" HOME="$DIR" "$@" >>"$DIR/log/$part.log" 2>&1 </dev/null 9>&-) &
  echo $! >"$DIR/pid/$part"
}

# until_true PART COMMAND...: waits for as long as that part runs, at most a minute.
until_true() {
  local part=$1
  shift
  for _ in $(seq 600); do
    "$@" && return 0
    alive "$DIR/pid/$part" || break
    sleep 0.1
  done
  tail -n 10 "$DIR/log/$part.log" >&2
  die "the $part of $ENGINE ended, or was not ready within 60 s (log: $DIR/log/$part.log)"
}

start_engine() {
  [ "$(id -u)" = 0 ] || die "cannot start a cluster: not root. Set KUBECONFIG to use one that runs."
  # What a machine left that was switched off: a store that was never flushed, and pods long gone.
  if none_runs; then
    clear_engine
    rm -rf "$DIR/log"
  fi
  mkdir -p "$DIR"/{log,pid}
  keys_fit || make_keys
  make_bridge
  make_cgroups
  say "Starting Kubernetes from $PROGRAMS (logs: $DIR/log)"
  start_control_plane
  start_node
}

start_control_plane() {
  local etcd=http://127.0.0.1:$((PORT + 1)) peer=http://127.0.0.1:$((PORT + 2)) gates=()
  start etcd "$BIN_DIR/etcd" --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
  start_containerd
  # Admission plugins are the server's defaults and the one that every distribution adds.
  start apiserver "$PROGRAMS/kube-apiserver" --etcd-servers="$etcd" --bind-address=127.0.0.1 --advertise-address="$ADDRESS" \
    --secure-port="$PORT" --anonymous-auth=false --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --tls-cert-file="$KEYS/apiserver.crt" --tls-private-key-file="$KEYS/apiserver.key" --client-ca-file="$KEYS/ca.crt" \
    --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 \
    --service-account-key-file="$KEYS/tokens.pub" --service-account-signing-key-file="$KEYS/tokens.key" \
    --kubelet-certificate-authority="$KEYS/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --kubelet-client-certificate="$KEYS/kubelet-client.crt" --kubelet-client-key="$KEYS/kubelet-client.key" \
    --allow-privileged=true --endpoint-reconciler-type=none
  until_true apiserver api_answers
  [ "$MINOR" -ge 23 ] || gates=(--port=0)
  local common=(--leader-elect=false --bind-address=127.0.0.1 "${gates[@]}")
  start controller-manager "$PROGRAMS/kube-controller-manager" $(as_user controller-manager) --secure-port=$((PORT + 3)) "${common[@]}" \
    --use-service-account-credentials=true --service-account-private-key-file="$KEYS/tokens.key" --root-ca-file="$KEYS/ca.crt"
  start scheduler "$PROGRAMS/kube-scheduler" $(as_user scheduler) --secure-port=$((PORT + 4)) "${common[@]}"
}
as_user() { printf -- "--%s=$KEYS/$1.kubeconfig\n" kubeconfig authentication-kubeconfig authorization-kubeconfig; }

start_containerd() {
  mkdir -p "$DIR"/{cni,containerd,registries}
  cat >"$DIR/cni/10-bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "$BRIDGE", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$SUBNET.0/24"}]], "dataDir": "$DIR/addresses"}}]}
JSON
  # registries/HOST:PORT/hosts.toml says how a registry is reached; tests write there.
  cat >"$DIR/containerd.toml" <<TOML
version = 2
root = "$DIR/containerd/root"
state = "$DIR/containerd/state"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "$DIR/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$DIR/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "local/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DIR/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$DIR/registries"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "$DIR/containerd/runc"
TOML
  start containerd HTTP_PROXY="${HTTP_PROXY:-}" HTTPS_PROXY="${HTTPS_PROXY:-}" NO_PROXY="${NO_PROXY:-}" \
    containerd --config "$DIR/containerd.toml"
}

start_node() {
  local flags=() more=''
  [ "$MINOR" -ge 23 ] || flags=(--container-runtime=remote)
  # Else both would clear each other's logs in /var/log/pods. Older ones cannot be told.
  [ "$MINOR" -lt 30 ] || more="podLogsDir: $DIR/pod-logs"
  [ "$MINOR" -lt 35 ] || more+=$'\nfailCgroupV1: false'
  cat >"$DIR/kubelet.yaml" <<YAML
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
address: $ADDRESS
port: $((PORT + 5))
healthzPort: $((PORT + 6))
authentication: {x509: {clientCAFile: "$KEYS/ca.crt"}, webhook: {enabled: true}, anonymous: {enabled: false}}
authorization: {mode: Webhook}
tlsCertFile: "$KEYS/node.crt"
tlsPrivateKeyFile: "$KEYS/node.key"
cgroupDriver: cgroupfs
cgroupRoot: /$BRIDGE
enforceNodeAllocatable: [pods]
evictionHard: {nodefs.available: "100Mi", imagefs.available: "100Mi", memory.available: "100Mi"}
imageGCHighThresholdPercent: 100
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
nodeStatusUpdateFrequency: 1s
kubeAPIQPS: 50
kubeAPIBurst: 100
volumeStatsAggPeriod: 5s
containerLogMaxSize: 10Mi
$more
YAML
  until_true containerd containerd_answers
  CONTAINERD_ADDRESS=$DIR/containerd.sock PATH=$ENGINE_PATH bash "$here/kubernetes-images.sh" pause >/dev/null
  start kubelet "$PROGRAMS/kubelet" --config="$DIR/kubelet.yaml" --kubeconfig="$KEYS/node.kubeconfig" --root-dir="$DIR/kubelet" \
    --cert-dir="$DIR/kubelet-keys" --volume-plugin-dir="$DIR/volume-plugins" --hostname-override=node1 --node-ip="$ADDRESS" \
    --container-runtime-endpoint="unix://$DIR/containerd.sock" "${flags[@]}"
  until_true controller-manager has_service_account
  until_true kubelet node_ready
}

make_bridge() {
  ip link show "$BRIDGE" >/dev/null 2>&1 && return 0
  ip link add name "$BRIDGE" type bridge && ip address add "$ADDRESS/24" dev "$BRIDGE" && ip link set "$BRIDGE" up ||
    die "cannot make the network bridge $BRIDGE with address $ADDRESS"
}

# A tree of its own: a kubelet removes from its tree whatever pods it does not know.
make_cgroups() {
  local controller
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    sed 's/[a-z]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
    mkdir -p "/sys/fs/cgroup/$BRIDGE"
  else
    for controller in /sys/fs/cgroup/*/; do
      [ "${controller%/unified/}" != "$controller" ] || mkdir -p "$controller$BRIDGE"
    done
  fi
}

# Ends all that runs and removes everything but the programs, the keys and the logs.
clear_engine() {
  # Nothing of it is kept, so nothing has to end in order.
  for _ in $(seq 100); do
    { engine_processes; container_processes; } | xargs -r kill -KILL 2>/dev/null || true
    [ -n "$(engine_processes)$(container_processes)" ] || break
    sleep 0.1
  done
  none_runs || die "these processes of $ENGINE do not end: $(engine_processes | xargs)"
  awk -v dir="$DIR/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount --lazy
  rm -rf "$DIR"/{etcd,containerd,kubelet,kubelet-keys,pod-logs,addresses,registries,cni,pid}
  find /sys/fs/cgroup -depth -type d -path "*/$BRIDGE*" -exec rmdir {} + 2>/dev/null || true
  ! ip link show "$BRIDGE" >/dev/null 2>&1 || ip link delete "$BRIDGE"
}

engine_command() {
  export LOCK_DIR=$STATE_DIR
  case ${1:-} in
    up)
      answers || locked "$ENGINE" start_engine
      printf '%s\n' "$DIR/kubeconfig"
      ;;
    down) locked "$ENGINE" clear_engine ;;
    # What had to be built was built before.
    build) ;;
    # For scripts that stop only what they started.
    status)
      answers || exit 1
      printf '%s\n' "$DIR/kubeconfig"
      ;;
    *) die "usage: $ENGINE.sh up|down|build" ;;
  esac
}
