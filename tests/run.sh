#!/usr/bin/env bash
# Everything that must hold before a change is merged, in one command. Exit status 0: all of it held.
#
# Installs what is missing when it may (root, apt-get), says exactly what to install when it may not, starts a private
# PostgreSQL on loopback and stops it again. A missing PostgreSQL is a failure, never a silent skip.
# With TEST_POSTGRES_URL set, that server is used instead and nothing is started.
set -euo pipefail
cd "$(dirname "$0")/.."

. tests/postgres.sh
results=()
failed=0



trap stop_postgres EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

need_compiler() {
  command -v cargo >/dev/null || { echo "tests/run.sh: cargo is missing: install Rust 1.94 or newer from https://rustup.rs" >&2; return 1; }
  command -v cc >/dev/null && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "a C compiler is missing (the bundled SQLite needs one): installing it with apt-get"
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc libc6-dev || true
    command -v cc >/dev/null && return 0
  fi
  echo "tests/run.sh: a C compiler is missing (the bundled SQLite needs one): apt-get install gcc libc6-dev" >&2
  return 1
}

# Runs one step, keeps its outcome for the summary, and goes on to the next.
step() {
  local name=$1 began=$SECONDS
  shift
  say "$name"
  if "$@"; then
    results+=("ok      $name ($((SECONDS - began)) s)")
  else
    results+=("FAILED  $name ($((SECONDS - began)) s)")
    failed=1
  fi
}

documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet; }

deny=""
need_cargo_deny() {
  if command -v cargo-deny >/dev/null; then deny=cargo-deny; return 0; fi
  deny="$PWD/target/tools/bin/cargo-deny"
  [ -x "$deny" ] && return 0
  echo "cargo-deny is missing: building it into target/tools (once, a few minutes)"
  cargo install --locked --quiet --debug --root target/tools --version '^0.20' cargo-deny
}

dependencies() {
  need_cargo_deny || { echo "install it with: cargo install --locked cargo-deny" >&2; return 1; }
  "$deny" --locked --log-level error --config .cargo/deny.toml check --hide-inclusion-graph bans licenses sources
}

# The advisory database is fetched over the network. Where it cannot be, that is said; where it can, findings fail.
advisories() {
  if ! timeout 120 "$deny" --locked --config .cargo/deny.toml fetch db >/dev/null 2>&1; then
    echo "the advisory database could not be fetched (no network to github.com?): advisories were NOT checked"
    results+=("not run dependencies: advisories (database could not be fetched)")
    return 0
  fi
  step "dependencies: advisories" "$deny" --locked --config .cargo/deny.toml check --hide-inclusion-graph advisories
}

need_compiler
start_postgres
step "format" cargo fmt --all --check
step "lints (clippy, warnings are errors)" cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
step "tests, on SQLite and PostgreSQL" cargo test --locked --workspace --no-fail-fast
step "documentation builds without warnings" documentation
step "dependencies: bans, licences, sources" dependencies
advisories
stop_postgres

say "summary ($((SECONDS / 60)) min $((SECONDS % 60)) s)"
printf '%s\n' "${results[@]}"
if [ "$failed" = 0 ]; then echo "all held"; else echo "something failed: see above"; fi
exit "$failed"
