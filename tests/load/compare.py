#!/usr/bin/env python3
"""The same answers from the same raw events, by DuckDB and by PostgreSQL: a second opinion, and a yardstick.

usage: compare.py duckdb|postgres EVENTS.ndjson FROM UNTIL WINDOW_DAYS MRR_AT [TIMES]
FROM and UNTIL are instants (RFC 3339) between which people became MQL in b2b; MRR_AT is the instant at which recurring
revenue is added up. Prints one line of JSON.
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

# What every subscription pays a month at an instant: the latest that was said of it, if it runs. Those of test contacts do not count.
MRR = """
SELECT sum(amount) FROM (
  SELECT subscription,
    (array_agg(sub_amount ORDER BY happened DESC) FILTER (WHERE sub_amount IS NOT NULL))[1] AS amount,
    (array_agg(sub_status ORDER BY happened DESC) FILTER (WHERE sub_status IS NOT NULL))[1] AS status
  FROM events WHERE type = 'subscription' AND subscription IS NOT NULL AND happened < TIMESTAMPTZ '{at}'
    AND (contact IS NULL OR contact NOT IN (SELECT contact FROM events WHERE domain = 'clowns.example' AND contact IS NOT NULL))
  GROUP BY subscription) AS plans
WHERE status IN ('active', 'leaving')
"""

COLUMNS = ["type", "at", "contact", "company", "deal", "subscription", "owner", "form", "status", "how"]


def question(start, until, days):
    return QUESTION.format(ae=", ".join(f"'{who}'" for who in AE), start=start, until=until, days=days)


def timed(call, times):
    took = []
    for _ in range(times):
        started = time.perf_counter()
        result = call()
        took.append((time.perf_counter() - started) * 1000)
    return result, sorted(took)[len(took) // 2]


def by_duckdb(path, questions, times):
    import duckdb

    base = duckdb.connect(config={"threads": 2})
    base.execute("SET TimeZone = 'UTC'")
    started = time.perf_counter()
    base.execute(
        f"""CREATE TABLE events AS SELECT type, "at"::TIMESTAMPTZ AS happened, contact, company, deal, subscription, owner, form, status, how,
            "set"->'company'->>'segment' AS segment, "set"->'deal'->>'bant' AS bant, "set"->'deal'->>'stage' AS stage,
            "set"->'contact'->>'email_domain' AS domain, "set"->'subscription'->>'status' AS sub_status,
            ("set"->'subscription'->'items'->0->'amount'->>'amount')::DECIMAL(18, 2) AS sub_amount
        FROM read_json('{path}', format = 'newline_delimited', columns = {{{", ".join(f"'{c}': 'VARCHAR'" for c in COLUMNS)}, 'set': 'JSON'}})"""
    )
    load = time.perf_counter() - started
    return [timed(lambda: base.execute(sql).fetchone(), times) for sql in questions], load


def by_postgres(path, questions, times):
    """Through psql and `\\copy`, as a person would load a file. LOAD_POSTGRES is a connection string."""
    url = os.environ["LOAD_POSTGRES"]

    def run(text, **more):
        return subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url, "-c", text], check=True, capture_output=True, text=True, **more
        ).stdout

    run("DROP TABLE IF EXISTS events; CREATE TABLE events (type text, happened timestamptz, contact text, company text, deal text, subscription text, owner text, form text, status text, how text, segment text, bant text, stage text, domain text, sub_status text, sub_amount numeric)")
    table = path + ".tsv"
    with open(path) as lines, open(table, "w") as out:
        for line in lines:
            event = json.loads(line)
            changed = event.get("set") or {}
            plan = changed.get("subscription", {})
            items = plan.get("items") or [{}]
            row = [event.get(column) for column in COLUMNS]
            row += [changed.get("company", {}).get("segment"), changed.get("deal", {}).get("bant"), changed.get("deal", {}).get("stage"), changed.get("contact", {}).get("email_domain")]
            row += [plan.get("status"), items[0].get("amount", {}).get("amount")]
            out.write("\t".join("\\N" if value is None else str(value) for value in row) + "\n")
    started = time.perf_counter()
    run(f"\\copy events FROM '{table}'")
    run("CREATE INDEX ON events (contact, happened); CREATE INDEX ON events (type, happened)")
    load = time.perf_counter() - started
    os.unlink(table)
    run("ANALYZE events")
    # Its planner takes the CTEs for small and would join them row by row for minutes; this is what an expert would tell it.
    settings = "SET work_mem = '256MB'; SET enable_nestloop = off; "
    answers = [timed(lambda: run(settings + sql), times) for sql in questions]
    return [(tuple(out.strip().split("|")), ms) for out, ms in answers], load


def main():
    engine, path, start, until, days, at = sys.argv[1:7]
    times = int(sys.argv[7]) if len(sys.argv) > 7 else 3
    measure = {"duckdb": by_duckdb, "postgres": by_postgres}[engine]
    questions = [question(start, until, days), MRR.format(at=at)]
    (((entered, reached), ms), ((mrr,), mrr_ms)), load = measure(path, questions, times)
    print(json.dumps({"engine": engine, "entered": int(entered), "reached": int(reached), "answer_ms": round(ms, 2), "mrr": str(mrr), "mrr_ms": round(mrr_ms, 2), "load_s": round(load, 1)}))


if __name__ == "__main__":
    main()
