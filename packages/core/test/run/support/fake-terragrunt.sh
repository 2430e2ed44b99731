#!/bin/sh
# Stands in for Terragrunt, which cannot be had where the tests run: as its documentation says, it runs the
# tool of TG_TF_PATH in a copy of the unit below .terragrunt-cache, hands settings of `remote_state` to
# `init`, takes the lock file along in both directions, and outputs of other units from where these are.
case $1 in --version) echo "terragrunt version v0.99.1"; exit ;; esac
[ "$TG_NON_INTERACTIVE/$TG_NO_AUTO_INIT" = true/true ] || exit 90
echo "terragrunt says things" >&2
mkdir -p .terragrunt-cache/a/b ../other
(cd ../other && "$TG_TF_PATH" version >/dev/null && ls >"$HOME/other")
cp *.tf *.tfvars .terraform.lock.hcl .terragrunt-cache/a/b 2>/dev/null
here=$PWD
cd .terragrunt-cache/a/b
[ "$1" != init ] || set -- "$@" '-backend-config=bucket=my bucket'
"$TG_TF_PATH" "$@" &
trap 'echo "terragrunt got a signal"' INT TERM
wait $!
code=$?
if [ -f .terraform.lock.hcl ]; then cp .terraform.lock.hcl "$here"; fi
exit $code
