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

# load_image NAME ROOT ARCHITECTURE CONFIG: loads a directory as an image into the engine of DOCKER_HOST.
# CONFIG holds fields of the image's configuration, as JSON without braces. An image that is there with the
# same content stays, so that nothing piles up.
load_image() (
  name=$1 root=$2 architecture=$3 config=$4
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tar -C "$root" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$work/layer.tar" .
  layer=$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
  key=$(sha256sum <<<"$layer $architecture $config" | cut -c1-32)
  present=$(docker image inspect --format '{{index .Config.Labels "org.scalr-agent.content"}}' "$name" 2>/dev/null || true)
  if [ "$present" != "$key" ]; then
    say "Loading the image $name"
    printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":{%s,"Labels":{"org.scalr-agent.content":"%s"}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"1970-01-01T00:00:00Z"}]}' \
      "$architecture" "$config" "$key" "$layer" >"$work/config.json"
    printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" >"$work/manifest.json"
    tar -C "$work" -c manifest.json config.json layer.tar | docker load >/dev/null
    # The one that had the name before.
    docker image prune --force --filter label=org.scalr-agent.content >/dev/null
  fi
  printf '%s\n' "$name"
)
