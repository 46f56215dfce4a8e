# A private PostgreSQL on loopback, for scripts that source this file: `start_postgres` sets TEST_POSTGRES_URL, and
# `stop_postgres` ends what it started. With TEST_POSTGRES_URL set, that server is used and nothing is started.

cluster=""        # folder of the private PostgreSQL, while it exists
pg_bin=""

say() { printf "\n== %s\n" "$*"; }

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

stop_postgres() {
  if [ -n "$cluster" ]; then
    as_postgres "$pg_bin/pg_ctl" -D "$cluster/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$cluster"
    cluster=""
  fi
}
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
  echo "$0: PostgreSQL is missing and could not be installed from here." >&2
  echo "Install it (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql)" >&2
  echo "or set TEST_POSTGRES_URL to a server on which databases may be created." >&2
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
  echo "$0: the private PostgreSQL did not start; its log is above" >&2
  return 1
}
