#!/bin/sh
# Leaves what the job script looks for, and does nothing else: `dispatch` measures what comes before it.
case $1 in
init)
  mkdir -p .terraform
  echo '{ "backend": { "type": "http" } }' >.terraform/terraform.tfstate
  ;;
plan)
  for argument; do
    case $argument in -out=*) echo plan >"${argument#-out=}" ;; esac
  done
  ;;
show) echo '{"format_version":"1.2"}' ;;
esac
