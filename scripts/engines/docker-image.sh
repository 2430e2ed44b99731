# shellcheck shell=bash
# Makes images without a registry and without a builder: a directory becomes the image's only layer.

# busybox_static: prints where a busybox is that needs no libraries.
busybox_static() {
  local file=$BIN_DIR/busybox-static own
  if own=$(command -v busybox) && ! grep -qa 'ld-linux\|ld-musl' "$own"; then
    printf '%s\n' "$own"
    return
  fi
  debian_file busybox-static /bin/busybox "$file"
  printf '%s\n' "$file"
}

# shell_root DIRECTORY: lays out what programs expect of a system: a shell, users, a place to write to.
shell_root() {
  local root=$1 busybox applet
  busybox=$(busybox_static)
  mkdir -p "$root"/{bin,etc/ssl/certs,tmp,root,usr/local/bin,opt}
  chmod 1777 "$root/tmp"
  cp "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"; done
  printf 'root:x:0:0:root:/root:/bin/sh\nscalr:x:1000:1000:scalr:/tmp:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nscalr:x:1000:\n' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
  if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  fi
}

# engine_architecture: of the programs that this machine runs, in the engine's words.
engine_architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# Where images go: into the containerd of CONTAINERD_ADDRESS (as its CLI understands it) where that is set,
# else into the engine of DOCKER_HOST.
image_key() {
  if [ -z "${CONTAINERD_ADDRESS:-}" ]; then
    docker image inspect --format '{{index .Config.Labels "org.scalr-agent.content"}}' "$1" 2>/dev/null || true
  else
    ctr --namespace k8s.io images list "name==docker.io/$1" | sed -n 's/.*org\.scalr-agent\.content=\([0-9a-f]*\).*/\1/p'
  fi
}
# store_image NAME KEY: of an archive on standard input.
store_image() {
  if [ -z "${CONTAINERD_ADDRESS:-}" ]; then
    docker load >/dev/null
    # The one that had the name before.
    docker image prune --force --filter label=org.scalr-agent.content >/dev/null
  else
    ctr --namespace k8s.io images import - >/dev/null
    ctr --namespace k8s.io images label "docker.io/$1" "org.scalr-agent.content=$2" >/dev/null
  fi
}

# load_image NAME ROOT ARCHITECTURE CONFIG: stores a directory as an image. CONFIG holds fields of the
# image's configuration, as JSON without braces. An image that is there with the same content stays, so that
# nothing piles up.
load_image() (
  name=$1 root=$2 architecture=$3 config=$4
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tar -C "$root" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$work/layer.tar" .
  layer=$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
  key=$(sha256sum <<<"$layer $architecture $config" | cut -c1-32)
  if [ "$(image_key "$name")" != "$key" ]; then
    say "Loading the image $name"
    printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":{%s,"Labels":{"org.scalr-agent.content":"%s"}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"1970-01-01T00:00:00Z"}]}' \
      "$architecture" "$config" "$key" "$layer" >"$work/config.json"
    printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" >"$work/manifest.json"
    tar -C "$work" -c manifest.json config.json layer.tar | store_image "$name" "$key"
  fi
  printf '%s\n' "$name"
)
