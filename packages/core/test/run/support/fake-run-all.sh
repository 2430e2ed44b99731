#!/bin/sh
# Stands in for Terragrunt's run-all, which cannot be had where the tests run. As its documentation and its
# sources say: units are the directories with a terragrunt.hcl below; each is copied below .terragrunt-cache
# and initialized when its turn comes; a plan goes to <out dir>/<unit>/tfplan.tfplan, which `apply` and
# `destroy` get as their last argument; a unit waits for those that it depends on ("# after: …"), the other way
# round for `destroy`, and does not run when one of them failed.
case $1 in --version) echo "terragrunt version v${FAKE_VERSION:-0.99.1}"; exit ;; esac
case ${FAKE_VERSION:-} in
  0.[0-6]*)
    [ "$1" = run-all ] || exit 91
    shift
    tool=$TERRAGRUNT_TFPATH out=$TERRAGRUNT_OUT_DIR
    ;;
  *)
    [ "$1 $2 $3" = 'run --all --' ] || exit 92
    shift 3
    tool=$TG_TF_PATH out=$TG_OUT_DIR
    [ "$TG_NON_INTERACTIVE" = true ] || exit 93
    ;;
esac
verb=$1
shift
root=$PWD
trap 'echo "terragrunt got a signal"' INT TERM

run_unit() {
  unit=$1
  shift
  cd "$root/$unit" || exit 1
  mkdir -p .terragrunt-cache/a/b "$out/$unit"
  cp ./*.tf .terraform.lock.hcl .terragrunt-cache/a/b 2>/dev/null
  cd .terragrunt-cache/a/b || exit 1
  "$tool" init -input=false || exit 1
  if [ -n "$FAKE_OUTPUTS" ]; then "$tool" output -json >/dev/null || exit 1; fi
  case $verb in
    plan) "$tool" plan -input=false "$@" "-out=$out/$unit/tfplan.tfplan" ;;
    *) "$tool" "$verb" -input=false -auto-approve "$@" "$out/$unit/tfplan.tfplan" ;;
  esac
}

first= second=
for file in */terragrunt.hcl */*/terragrunt.hcl; do
  [ -f "$file" ] || continue
  if grep -q '^# after:' "$file"; then second="$second ${file%/terragrunt.hcl}"
  else first="$first ${file%/terragrunt.hcl}"
  fi
done
[ "$verb" != destroy ] || { other=$first first=$second second=$other; }
failed=0
for group in "$first" "$second"; do
  [ "$failed" -eq 0 ] || [ -n "${FAKE_GOES_ON:-}" ] || break
  children=
  for unit in $group; do
    [ "$unit" != "${FAKE_LEFT_OUT:-}" ] || [ "$verb" = plan ] || continue
    (trap - INT TERM; run_unit "$unit" "$@") &
    children="$children $!"
  done
  for child in $children; do
    while :; do
      wait "$child"
      code=$?
      kill -0 "$child" 2>/dev/null || break
    done
    [ "$code" -eq 0 ] || failed=1
  done
done
exit "${FAKE_EXIT:-$failed}"
