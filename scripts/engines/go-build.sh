#!/usr/bin/env bash
# Builds one program of a Go module: go-build.sh MODULE@VERSION PACKAGE OUTPUT
# The module's own `replace` lines and sums count, which `go install MODULE@VERSION` would not allow.
# From the environment: LDFLAGS, TAGS, CGO_ENABLED.
set -euo pipefail
# shellcheck source=scripts/engines/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

module=${1:?module@version} package=${2:?package} output=${3:?output file}
command -v go >/dev/null || die "cannot build $package: no Go on PATH. Install Go 1.24 or later."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$output")"

download=$(cd "$work" && go mod download -json "$module") || die "cannot download $module: $download"
source_dir=$(sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p' <<<"$download")
[ -d "$source_dir" ] || die "cannot find the sources of $module"

cp "$source_dir/go.mod" "$source_dir/go.sum" "$work/"
chmod u+w "$work"/go.*
cat >"$work/tools.go" <<GO
//go:build tools

package tools

import _ "$package"
GO
cd "$work"
go mod edit -module=local.test/build -require="$module"
say "Building $package $module (a few minutes the first time)"
# Into the same folder and then renamed: whoever looks meanwhile sees no half-written program.
go build -mod=mod -trimpath -tags "${TAGS:-}" -ldflags "-s -w ${LDFLAGS:-}" -o "$output.new.$$" "$package"
mv "$output.new.$$" "$output"
