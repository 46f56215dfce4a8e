#!/usr/bin/env bash
# Everything that must hold before a change is merged, in one command. Exit status 0: all of it held.
#
# Installs what is missing when it may (root, apt-get), says exactly what to install when it may not, starts a private
# PostgreSQL on loopback and stops it again. A missing PostgreSQL is a failure, never a silent skip.
# With TEST_POSTGRES_URL set, that server is used instead and nothing is started.
set -euo pipefail
cd "$(dirname "$0")/.."

cluster=""        # folder of the private PostgreSQL, while it exists
pg_bin=""
results=()
failed=0

say() { printf '\n== %s\n' "$*"; }

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

stop_all() {
  if [ -n "$cluster" ]; then
    as_postgres "$pg_bin/pg_ctl" -D "$cluster/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$cluster"
    cluster=""
  fi
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

find_postgres() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -1 || true)
  if [ -n "$found" ] && [ -x "$found/initdb" ]; then pg_bin=$found; return 0; fi
  if command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then
    pg_bin=$(dirname "$(readlink -f "$(command -v initdb)")"); return 0
  fi
  return 1
}

need_postgres() {
  find_postgres && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "PostgreSQL is missing: installing it with apt-get"
    # Only the programs are wanted: no cluster that starts with the machine.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql || true
    find_postgres && return 0
  fi
  echo "tests/run.sh: PostgreSQL is missing and could not be installed from here." >&2
  echo "Install it (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql)" >&2
  echo "or set TEST_POSTGRES_URL to a server on which databases may be created." >&2
  return 1
}

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

free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return 0; fi
  done
  return 1
}

start_postgres() {
  [ -n "${TEST_POSTGRES_URL:-}" ] && return 0
  need_postgres
  cluster=$(mktemp -d "${TMPDIR:-/tmp}/shiftbell-postgres.XXXXXX")
  if [ "$(id -u)" = 0 ]; then chown postgres "$cluster"; chmod 700 "$cluster"; fi
  (cd "$cluster" && as_postgres "$pg_bin/initdb" -D "$cluster/data" -U postgres --auth=trust --encoding=UTF8 --locale=C >"$cluster.log" 2>&1) \
    || { cat "$cluster.log" >&2; rm -f "$cluster.log"; return 1; }
  rm -f "$cluster.log"
  local port
  for _ in 1 2 3 4 5; do
    port=$(free_port)
    if (cd "$cluster" && as_postgres "$pg_bin/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w -t 60 \
      -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$cluster -c fsync=on -c max_connections=300" start >/dev/null); then
      export TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
      say "PostgreSQL $("$pg_bin/postgres" --version | awk '{print $3}') runs on 127.0.0.1:$port"
      return 0
    fi
  done
  cat "$cluster/log" >&2
  echo "tests/run.sh: the private PostgreSQL did not start; its log is above" >&2
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
stop_all

say "summary ($((SECONDS / 60)) min $((SECONDS % 60)) s)"
printf '%s\n' "${results[@]}"
if [ "$failed" = 0 ]; then echo "all held"; else echo "something failed: see above"; fi
exit "$failed"
