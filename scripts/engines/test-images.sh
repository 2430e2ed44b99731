# shellcheck shell=bash
# The images that tests need on every engine. Each function lays its image out in an empty DIRECTORY; expects
# `here` and docker-image.sh.

busybox_image() {
  shell_root "$1"
  load_image local/busybox:1 "$1" "$(engine_architecture)" '"Env":["PATH=/bin"],"Cmd":["sh"]'
}

no_shell_image() {
  mkdir "$1/programs"
  cp "$(busybox_static)" "$1/programs/busybox"
  load_image local/no-shell:1 "$1" "$(engine_architecture)" '"Entrypoint":["/programs/busybox"]'
}

# scalr/terraform and scalr/opentofu of this machine's programs.
tool_images() {
  local program
  if program=$(command -v terraform); then
    bash "$here/docker-tool-image.sh" terraform "$program"
  else
    say 'No image of terraform: it is not on PATH.'
  fi
  program=$(command -v tofu || true)
  [ ! -x "$BIN_DIR/tofu" ] || program=$BIN_DIR/tofu
  if [ -n "$program" ]; then
    bash "$here/docker-tool-image.sh" opentofu "$program"
  else
    say 'No image of OpenTofu: neither on PATH nor in the cache (engines up tofu).'
  fi
}
