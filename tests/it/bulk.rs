//! The fast import into an empty database gives every row that the ordinary one gives.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use shiftbell::demo::generate::{Plan, generate};
use shiftbell::work::Workspace;
use shiftbell::work::bulk::fill;
use shiftbell::work::derive::{Incoming, derive};
use shiftbell::work::import::{File, Imported, import};
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::file;
use shiftbell_store::{Bulk, Db};
use shiftbell_tests::db::{TestDb, sqlite};
use shiftbell_tests::sample::{DEFINITIONS, vocabulary};
use sqlx::{Connection as _, Row as _};

const FILE: File<'static> = File { source: "anything", key: "year.ndjson" };

fn now() -> Instant {
    Instant::parse("2026-11-19T22:00:00Z").unwrap()
}

fn workspace() -> Workspace {
    let checked = read("clowns-to-go.toml", DEFINITIONS, &vocabulary());
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    Workspace::new("clowns-to-go", checked.definitions.unwrap(), DEFINITIONS)
}

/// A generated year with everything that may go wrong in a file: repeats, also with other content, lines that are no event,
/// empty ones, events of the future and of before 1970, merges, moves, and people who are only named.
fn lines() -> String {
    let mut lines: Vec<String> =
        generate(&Plan { seed: 7, events: 5_000, until: now() }).map(|event| event.to_json().to_string()).collect();
    for n in (0..lines.len()).step_by(13) {
        let again = lines[n].clone();
        lines.push(again);
    }
    let odd = [
        r#"{"id":"same","type":"form","at":"2026-03-01T09:00:00Z","contact":"odd-1","company":"odd-a","form":"demo"}"#,
        r#"{"id":"same","type":"form","at":"2026-04-01T09:00:00Z","contact":"odd-1","company":"odd-b","form":"demo"}"#,
        r#"{"id":"m","type":"merged","at":"2026-04-01T09:00:00Z","contact":"odd-1","into":"odd-2"}"#,
        r#"{"id":"u","type":"unlinked","at":"2026-05-01T09:00:00Z","contact":"odd-3","company":"odd-a"}"#,
        r#"{"id":"d","type":"deal","at":"2026-05-02T09:00:00Z","deal":"odd-d","contact":"odd-4","company":"odd-a","set":{"deal":{"stage":"won","amount":"900 USD"},"contact":{"source":"ads"}}}"#,
        r#"{"id":"e","type":"deal","at":"2026-05-03T09:00:00Z","deal":"odd-d","contact":"odd-5"}"#,
        r#"{"id":"old","type":"form","at":"1969-05-03T09:00:00Z","contact":"odd-6"}"#,
        r#"{"id":"far","type":"form","at":"2027-05-03T09:00:00Z","contact":"odd-6"}"#,
        r#"{"id":"near","type":"form","at":"2026-11-19T22:30:00Z","contact":"odd-6"}"#,
        "",
        "{\"id\":",
        r#"{"id":"nobody","type":"form","at":"2026-05-03T09:00:00Z"}"#,
    ];
    lines.extend(odd.map(str::to_owned));
    lines.join("\n") + "\n"
}

async fn ordinary(text: &str) -> (TestDb, Imported) {
    let test = sqlite().await;
    let lines = text.as_bytes().split(|byte| *byte == b'\n').map(file::line);
    let imported = import(&test.db, &workspace(), FILE, lines, now(), |_| {}).await.unwrap();
    (test, imported)
}

async fn fast(text: &str) -> (TestDb, Imported) {
    let test = sqlite().await;
    test.db.close().await;
    let bulk = Bulk::begin(&test.url).await.unwrap().expect("it is empty and nobody has it open");
    let imported =
        fill(&bulk, &workspace(), FILE, Cursor::new(text.to_owned().into_bytes()), now(), |_| {}).await.unwrap();
    bulk.finish().await.unwrap();
    (test, imported)
}

fn path(test: &TestDb) -> &Path {
    Path::new(test.url.trim_start_matches("sqlite:"))
}

/// Every row of every table, without counters of writes and times of the clock.
async fn tables(path: &Path) -> BTreeMap<&'static str, Vec<String>> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
    let mut all = BTreeMap::new();
    for (table, columns) in [
        ("workspaces", "workspace, live_generation"),
        ("events", "workspace, entity, source, external_id, at, kind, body, by_role, delivery"),
        ("held_events", "workspace, entity, source, external_id, at, kind, body, by_role, delivery"),
        ("set_aside", "workspace, source, external_id, at, reason, body"),
        (
            "entities",
            "workspace, entity, kind, external_id, company, company_at, contact, contact_at, same, same_at, account, version",
        ),
        ("generations", "workspace, generation, meaning, fold_version, state, built_to"),
        ("contributions", "workspace, generation, entity, account, fold_version, hex(body)"),
        ("segments", "workspace, generation, motion, series, day, chunk, hex(body)"),
        ("cells", "workspace, generation, motion, series, dimension, day, value, slot, hex(body)"),
        ("cursors", "workspace, name, position"),
        ("facts_seen", "workspace, source, fact, day, n, last_at"),
        // The indexes, which the fast way takes off and makes again.
        ("sqlite_schema", "type, name, tbl_name, sql"),
    ] {
        let quoted: Vec<String> = columns.split(", ").map(|column| format!("quote({column})")).collect();
        let sql = format!("SELECT {} AS row FROM {table} ORDER BY 1", quoted.join(" || ' ' || "));
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        all.insert(table, rows.into_iter().map(|row| row.get::<String, _>("row")).collect());
    }
    // Rows of `accounts` only serve as locks, and the ordinary way also locks accounts that are none in the end.
    let missing: (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM entities AS e WHERE NOT EXISTS (SELECT 1 FROM accounts AS a \
         WHERE a.workspace = e.workspace AND a.account = e.account)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(missing.0, 0);
    connection.close().await.unwrap();
    all
}

async fn assert_alike(one: &TestDb, other: &TestDb) {
    let (one, other) = (tables(path(one)).await, tables(path(other)).await);
    for (table, rows) in &one {
        let differs = rows.iter().zip(&other[table]).find(|(a, b)| a != b);
        assert!(rows.len() == other[table].len() && differs.is_none(), "{table}: {} {differs:?}", rows.len());
    }
    assert!(one["segments"].len() > 1_000 && one["cells"].len() > 1_000 && one["contributions"].len() > 500);
    assert_eq!((one["held_events"].len(), one["set_aside"].len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fast_import_gives_every_row_of_the_ordinary_one_and_goes_on_like_it() {
    let text = lines();
    let (slow, said_slowly) = ordinary(&text).await;
    let (quick, said_quickly) = fast(&text).await;
    assert_eq!(format!("{said_quickly:?}"), format!("{said_slowly:?}"));
    assert_alike(&slow, &quick).await;

    let late = [
        r#"{"id":"late-1","type":"form","at":"2026-02-01T09:00:00Z","contact":"odd-4","company":"odd-b","form":"demo"}"#,
        r#"{"id":"late-2","type":"deal","at":"2026-06-02T09:00:00Z","deal":"odd-d","set":{"deal":{"stage":"lost"}}}"#,
    ];
    let late: Vec<Incoming> = late
        .map(|line| Incoming {
            source: "anything".into(),
            event: Event::from_json(line).unwrap(),
            by: None,
            delivery: None,
        })
        .into();
    for test in [&slow, &quick] {
        let db = Db::open(&test.url).await.unwrap();
        let (tx, derived) = derive(&db, &workspace(), &late, now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(derived.appended, 2);
        db.close().await;
    }
    assert_alike(&slow, &quick).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fast_import_that_is_given_up_leaves_an_empty_database_and_no_files() {
    let test = sqlite().await;
    test.db.close().await;
    let before = tables(path(&test)).await;
    let text = lines();
    let bulk = Bulk::begin(&test.url).await.unwrap().unwrap();
    let workspace = workspace();
    {
        let filling = fill(&bulk, &workspace, FILE, Cursor::new(text.into_bytes()), now(), |_| {});
        let filling = std::pin::pin!(filling);
        assert!(futures_util::poll!(filling).is_pending());
    }
    drop(bulk);
    assert_eq!(tables(path(&test)).await, before);
    let left: Vec<_> =
        std::fs::read_dir(path(&test).parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["shiftbell.db"]);
}
