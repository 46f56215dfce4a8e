#!/usr/bin/env python3
"""The same conversion from the same raw events, by DuckDB and by PostgreSQL: a second opinion, and a yardstick.

usage: compare.py duckdb|postgres EVENTS.ndjson FROM UNTIL WINDOW_DAYS [TIMES]
FROM and UNTIL are instants (RFC 3339) between which people became MQL in b2b. Prints one line of JSON.
"""
import json
import os
import subprocess
import sys
import time

AE = ("ae.one@clowns.example", "ae.two@clowns.example")

# What deploy/clowns-to-go.toml says about b2b, as one would write it by hand: whoever is further along was here too, a deal
# counts for those who brought it, later deals of a customer are expansion, and test contacts count nowhere.
QUESTION = """
WITH linked AS (
  SELECT contact, company FROM (
    SELECT contact, company, row_number() OVER (PARTITION BY contact ORDER BY happened DESC, company DESC) AS place
    FROM events WHERE contact IS NOT NULL AND company IS NOT NULL) AS links WHERE place = 1),
segments AS (
  SELECT company, segment FROM (
    SELECT company, segment, row_number() OVER (PARTITION BY company ORDER BY happened DESC) AS place
    FROM events WHERE segment IS NOT NULL AND company IS NOT NULL) AS named WHERE place = 1),
testers AS (SELECT DISTINCT contact FROM events WHERE domain = 'clowns.example' AND contact IS NOT NULL),
business AS (
  SELECT linked.contact FROM linked JOIN segments USING (company) LEFT JOIN testers USING (contact)
  WHERE segment = 'business' AND testers.contact IS NULL),
steps AS (
  SELECT contact,
    min(CASE WHEN type = 'contact_created' AND how = 'import' THEN happened END) AS lead,
    min(CASE WHEN type = 'form' AND form IN ('meeting-request', 'calendar-link') THEN happened END) AS mql,
    min(CASE WHEN type = 'meeting' AND status = 'confirmed' AND owner IN ({ae}) THEN happened END) AS sql
  FROM events WHERE contact IS NOT NULL AND type IN ('contact_created', 'form', 'meeting') GROUP BY contact),
deals AS (
  SELECT deal, min(happened) AS qualified, min(CASE WHEN stage = 'won' THEN happened END) AS won
  FROM events WHERE deal IS NOT NULL AND (bant = 'met' OR stage = 'won') GROUP BY deal),
deal_companies AS (SELECT deal, max(company) AS company FROM events WHERE deal IS NOT NULL AND company IS NOT NULL GROUP BY deal),
first_wins AS (
  SELECT company, min(won) AS first_won FROM deals JOIN deal_companies USING (deal) WHERE won IS NOT NULL GROUP BY company),
new_deals AS (
  SELECT deal, qualified FROM deals LEFT JOIN deal_companies USING (deal) LEFT JOIN first_wins USING (company)
  WHERE first_won IS NULL OR won = first_won OR (won IS NULL AND qualified < first_won)),
candidates AS (
  SELECT DISTINCT events.deal, events.contact, steps.lead, steps.mql, steps.sql
  FROM events JOIN new_deals USING (deal) LEFT JOIN steps ON steps.contact = events.contact WHERE events.contact IS NOT NULL),
ranked AS (
  SELECT deal, contact, sql, max(sql) OVER (PARTITION BY deal) AS anybody,
    row_number() OVER (PARTITION BY deal ORDER BY
      CASE WHEN mql IS NOT NULL THEN 0 WHEN lead IS NOT NULL THEN 1 ELSE 2 END, coalesce(mql, lead), contact) AS place
  FROM candidates),
brought AS (SELECT deal, contact FROM ranked WHERE sql IS NOT NULL OR (anybody IS NULL AND place = 1)),
people_deals AS (SELECT contact, min(qualified) AS qualified FROM brought JOIN new_deals USING (deal) GROUP BY contact),
people AS (
  SELECT business.contact, least(steps.mql, steps.sql, people_deals.qualified) AS mql,
    least(steps.sql, people_deals.qualified) AS sql
  FROM business LEFT JOIN steps USING (contact) LEFT JOIN people_deals USING (contact))
SELECT count(*) AS entered, count(CASE WHEN sql - mql <= INTERVAL '{days} days' THEN 1 END) AS reached
FROM people WHERE mql >= TIMESTAMPTZ '{start}' AND mql < TIMESTAMPTZ '{until}'
"""

COLUMNS = ["type", "at", "contact", "company", "deal", "owner", "form", "status", "how"]


def question(start, until, days):
    return QUESTION.format(ae=", ".join(f"'{who}'" for who in AE), start=start, until=until, days=days)


def timed(call, times):
    took = []
    for _ in range(times):
        started = time.perf_counter()
        result = call()
        took.append((time.perf_counter() - started) * 1000)
    return result, sorted(took)[len(took) // 2]


def by_duckdb(path, sql, times):
    import duckdb

    base = duckdb.connect(config={"threads": 2})
    base.execute("SET TimeZone = 'UTC'")
    started = time.perf_counter()
    base.execute(
        f"""CREATE TABLE events AS SELECT type, "at"::TIMESTAMPTZ AS happened, contact, company, deal, owner, form, status, how,
            "set"->'company'->>'segment' AS segment, "set"->'deal'->>'bant' AS bant, "set"->'deal'->>'stage' AS stage,
            "set"->'contact'->>'email_domain' AS domain
        FROM read_json('{path}', format = 'newline_delimited', columns = {{{", ".join(f"'{c}': 'VARCHAR'" for c in COLUMNS)}, 'set': 'JSON'}})"""
    )
    load = time.perf_counter() - started
    (entered, reached), ms = timed(lambda: base.execute(sql).fetchone(), times)
    return entered, reached, ms, load


def by_postgres(path, sql, times):
    """Through psql and `\\copy`, as a person would load a file. LOAD_POSTGRES is a connection string."""
    url = os.environ["LOAD_POSTGRES"]

    def run(text, **more):
        return subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url, "-c", text], check=True, capture_output=True, text=True, **more
        ).stdout

    run("DROP TABLE IF EXISTS events; CREATE TABLE events (type text, happened timestamptz, contact text, company text, deal text, owner text, form text, status text, how text, segment text, bant text, stage text, domain text)")
    table = path + ".tsv"
    with open(path) as lines, open(table, "w") as out:
        for line in lines:
            event = json.loads(line)
            changed = event.get("set") or {}
            row = [event.get(column) for column in COLUMNS]
            row += [changed.get("company", {}).get("segment"), changed.get("deal", {}).get("bant"), changed.get("deal", {}).get("stage"), changed.get("contact", {}).get("email_domain")]
            out.write("\t".join("\\N" if value is None else str(value) for value in row) + "\n")
    started = time.perf_counter()
    run(f"\\copy events FROM '{table}'")
    run("CREATE INDEX ON events (contact, happened); CREATE INDEX ON events (type, happened)")
    load = time.perf_counter() - started
    os.unlink(table)
    run("ANALYZE events")
    # Its planner takes the CTEs for small and would join them row by row for minutes; this is what an expert would tell it.
    sql = "SET work_mem = '256MB'; SET enable_nestloop = off; " + sql
    out, ms = timed(lambda: run(sql), times)
    entered, reached = out.strip().split("|")
    return int(entered), int(reached), ms, load


def main():
    engine, path, start, until, days = sys.argv[1:6]
    times = int(sys.argv[6]) if len(sys.argv) > 6 else 3
    measure = {"duckdb": by_duckdb, "postgres": by_postgres}[engine]
    entered, reached, ms, load = measure(path, question(start, until, days), times)
    print(json.dumps({"engine": engine, "entered": entered, "reached": reached, "answer_ms": round(ms, 2), "load_s": round(load, 1)}))


if __name__ == "__main__":
    main()
