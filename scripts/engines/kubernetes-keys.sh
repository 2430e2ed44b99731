# shellcheck shell=bash
# Keys, certificates and kubeconfigs of a one-node cluster. Expects KEYS (their directory), PORT, ADDRESS.

# certificate NAME COMMON_NAME ORGANISATION [ALTERNATIVE NAMES]
certificate() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -subj "/O=$3/CN=$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$1.crt" \
    -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s\n' "${4:+subjectAltName=$4}")
}

# kubeconfig NAME FILE: with the certificate of that name.
kubeconfig() {
  (
    umask 077
    cat >"$2" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: $ENGINE, cluster: {server: "https://127.0.0.1:$PORT", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}}]
contexts: [{name: $ENGINE, context: {cluster: $ENGINE, user: $1}}]
current-context: $ENGINE
YAML
  )
}

make_keys() {
  rm -rf "$KEYS"
  mkdir -p -m 700 "$KEYS"
  (
    cd "$KEYS"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt -subj "/CN=$ENGINE" -days 365
    openssl genrsa -out tokens.key 2048
    openssl rsa -in tokens.key -pubout -out tokens.pub
    certificate apiserver kube-apiserver system \
      "IP:127.0.0.1,IP:$ADDRESS,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
    certificate admin admin system:masters
    certificate controller-manager system:kube-controller-manager system
    certificate scheduler system:kube-scheduler system
    certificate node system:node:node1 system:nodes "DNS:node1,IP:$ADDRESS"
    certificate kubelet-client kube-apiserver-kubelet system:masters
    kubeconfig admin "$DIR/kubeconfig"
    local name
    for name in controller-manager scheduler node; do kubeconfig "$name" "$name.kubeconfig"; done
    # Last: what says that all are there.
    touch complete
  ) >/dev/null 2>"$DIR/log/keys.log" || die "cannot make the keys of a cluster: $(tail -n 3 "$DIR/log/keys.log")"
}

# keys_fit: whether they are there, and good for another day.
keys_fit() {
  [ -f "$KEYS/complete" ] && openssl x509 -checkend 86400 -noout -in "$KEYS/ca.crt" >/dev/null 2>&1
}
