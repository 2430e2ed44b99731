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

# import_image NAME ROOT [--platform P] [CHANGE]...: loads a directory as an image into the engine of
# DOCKER_HOST. One that is there with the same content stays, so that nothing piles up.
import_image() {
  local name=$1 root=$2 platform=() changes=() key present
  shift 2
  if [ "${1:-}" = --platform ]; then
    platform=(--platform "$2")
    shift 2
  fi
  local pack=(tar -C "$root" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -c .)
  key=$({ "${pack[@]}" && printf '%s\n' "${platform[@]}" "$@"; } | sha256sum | cut -c1-32)
  present=$(docker image inspect --format '{{index .Config.Labels "org.scalr-agent.content"}}' "$name" 2>/dev/null || true)
  if [ "$present" != "$key" ]; then
    say "Loading the image $name"
    local change
    for change in "$@" "LABEL org.scalr-agent.content=$key"; do changes+=(--change "$change"); done
    "${pack[@]}" | docker import "${platform[@]}" "${changes[@]}" - "$name" >/dev/null
    # The one that had the name before.
    docker image prune --force --filter label=org.scalr-agent.content >/dev/null
  fi
  printf '%s\n' "$name"
}
