#!/usr/bin/env bash
# The first figures: N events generated, imported, asked about and added to, beside DuckDB and PostgreSQL that answer the same
# question from the same raw events in the same run, and durable ingest beside a bare insert with the same fsync policy.
#
#   tests/load/run.sh [EVENTS ...]        default: 1000000 10000000
#
# Everything runs on this machine: servers on 127.0.0.1, files in a temporary folder (about 12 GB for 10 M events) that is
# removed at the end. DuckDB comes from PyPI into a folder of target/; PostgreSQL is private, as for tests/run.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/postgres.sh

sizes=("$@")
[ "${#sizes[@]}" -gt 0 ] || sizes=(1000000 10000000)
folder=$(mktemp -d "${TMPDIR:-/tmp}/shiftbell-load.XXXXXX")
server=""
python=target/load-python/bin/python

stop_server() { if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=""; fi; }
stop_all() { stop_server; stop_postgres; rm -rf "$folder"; }
trap stop_all EXIT
trap 'exit 130' INT TERM

say "building (release)"
cargo build --locked --release -p shiftbell -p shiftbell-tests --bins
bin=target/release
if [ ! -x "$python" ]; then python3 -m venv target/load-python; fi
"$python" -c 'import duckdb' 2>/dev/null || "$python" -m pip install --quiet duckdb
start_postgres
export LOAD_POSTGRES="$TEST_POSTGRES_URL"

# A workspace as it would be served, with secrets of its own.
mkdir "$folder/workspaces"
# The sample company, in which the one who asks is known to Slack by the id of the load generator.
sed 's/^"sales.lead@clowns.example"\( *\)= { /&slack = "U0LOAD", /' deploy/clowns-to-go.toml >"$folder/workspaces/clowns-to-go.toml"
grep -q U0LOAD "$folder/workspaces/clowns-to-go.toml"
export CLOWNS_SLACK_SIGNING_SECRET=load-slack CLOWNS_HUBSPOT_SECRET=load-hubspot CLOWNS_EVENTS_SECRET=whsec_bG9hZC1ldmVudHMtc2VjcmV0LTI0Yg==
export SHIFTBELL_WORKSPACES="$folder/workspaces" SHIFTBELL_LOG_LEVEL=error SHIFTBELL_BACKLOG_MAX=100000000
port=$(free_port)
url="http://127.0.0.1:$port"
export SHIFTBELL_LISTEN="127.0.0.1:$port" SHIFTBELL_PUBLIC_URL="$url"

# Runs a command and prints how long it took and its largest memory.
timed() { "$python" tests/load/timed.py "$@"; }

start_server() {
  "$bin/shiftbell" serve >"$folder/serve.log" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    if "$python" - "$url/readyz" <<'PY' 2>/dev/null; then return 0; fi
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2)
PY
    sleep 0.1
  done
  cat "$folder/serve.log" >&2
  return 1
}

for events in "${sizes[@]}"; do
  say "$events events"
  file="$folder/events-$events.ndjson"
  export SHIFTBELL_DATABASE_URL="sqlite:$folder/load-$events.db"
  "$bin/generate" "$events" >"$file"
  echo "  raw events: $(du -h "$file" | cut -f1)"

  echo "import into an empty database, to final numbers"
  timed "$bin/shiftbell" import "$file" --workspace clowns-to-go --source anything >"$folder/import.log"
  tail -1 "$folder/import.log"

  echo "the question, three times"
  "$bin/shiftbell" ask --workspace clowns-to-go --at 2026-11-19T22:00:00Z --json '/kpi mql-conversion b2b' >"$folder/answer.json"
  read -r starts until num den < <("$python" - "$folder/answer.json" <<'PY'
import json, sys
answer = json.load(open(sys.argv[1]))
answer = answer["answers"][0]["answer"]
import datetime, zoneinfo
zone = zoneinfo.ZoneInfo(answer["period"]["zone"])
day = lambda n: datetime.datetime.combine(datetime.date(1970, 1, 1) + datetime.timedelta(n), datetime.time(), zone).isoformat()
rate = answer["figure"]["rate"]
print(day(answer["period"]["from"]), day(answer["period"]["until"]), rate["num"], rate["den"])
PY
)
  read -r mrr_at mrr < <("$bin/shiftbell" ask --workspace clowns-to-go --at 2026-11-19T22:00:00Z --json '/kpi mrr 2026-10' | "$python" -c '
import json, sys
money = json.load(sys.stdin)["answers"][0]["answer"]["figure"]["amounts"][0]
print("2026-11-01T00:00:00-04:00", money["amount"] if isinstance(money, dict) and "amount" in money else money)')
  echo "  shiftbell: $num of $den; MRR at the end of October $mrr"
  duckdb=$("$python" tests/load/compare.py duckdb "$file" "$starts" "$until" 60 "$mrr_at" 5)
  postgres=$("$python" tests/load/compare.py postgres "$file" "$starts" "$until" 60 "$mrr_at" "$([ "$events" -gt 1000000 ] && echo 1 || echo 3)")
  echo "  $duckdb"
  echo "  $postgres"

  echo "answers over HTTP, signed, whole request"
  start_server
  "$bin/load" answers "$url" load-slack 2000 '/kpi mql-conversion b2b 2026-06-15..2026-09-13'
  echo "answers with two filters (segments)"
  "$bin/load" answers "$url" load-slack 200 '/kpi mql-conversion b2b 2026-06-15..2026-09-13 product:corporate-events source:list'

  echo "the rest of what can be asked, whole requests"
  for asked in '/kpi mrr 2026-10' '/mrr 2026-10 by product' '/kpi grr b2b' '/kpi mql-to-sql b2b by month' \
    '/kpi sales-cycle b2b last quarter' '/kpi first-reply last month' '/kpi next-steps' '/kpi at-risk-contacted' \
    '/kpi closed-win-rate b2b last quarter' '/bowtie b2b last quarter' '/whatif mql-to-sql +5pt b2b'; do
    echo "  $asked"
    "$bin/load" answers "$url" load-slack 20 "$asked" | sed 's/^/  /' | cut -c1-160
  done

  echo "durable ingest: signed batches of 100 changes, acknowledged after fsync"
  hubspot=/hooks/clowns-to-go/hubspot-main
  full=$("$bin/load" ingest "$url" $hubspot load-hubspot 0 1000 32 0)
  echo "$full"
  echo "deriving what was acknowledged"
  "$bin/load" drained "$url" 100000
  rm -f "$folder/bare.db"
  "$bin/load" bare "$folder/bare.db" 1000
  echo "1,000 events a second for twenty seconds: how long after the last one all are in the numbers"
  "$bin/load" ingest "$url" $hubspot load-hubspot 1000 200 16 10
  "$bin/load" drained "$url" 120000
  echo "one late event after another: signed, durable"
  "$bin/load" late "$url" /hooks/clowns-to-go/anything bG9hZC1ldmVudHMtc2VjcmV0LTI0Yg== 500
  batches=$(echo "$full" | awk '{print int($1 * 0.8 / 100)}')
  echo "acknowledgements at 80 % of the full load: $batches batches a second for two seconds"
  "$bin/load" ingest "$url" $hubspot load-hubspot 2000 $((batches * 2)) 64 "$batches"
  stop_server
  rm -f "$folder"/load-* "$file"
done
