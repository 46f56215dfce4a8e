//! The tables of both databases: mirrored, equal, and changed without loss.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shiftbell_store::migrations;
use shiftbell_tests::db::{both_databases, both_databases_empty, postgres, sqlite};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace").to_owned()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn migration_names_agree() {
    let wanted: Vec<String> = migrations::names().map(|(_, name)| format!("{name}.sql")).collect();
    assert_eq!(files(&root().join("migrations/sqlite")), wanted);
    assert_eq!(files(&root().join("migrations/postgres")), wanted);
    for (n, (number, name)) in (1..).zip(migrations::names()) {
        assert_eq!((number, &name[..5]), (n, format!("{n:04}_").as_str()), "numbers have no gap");
    }
}

/// Each migration brings rows, so that the next is tried on tables that are not empty.
#[tokio::test]
async fn every_migration_runs_on_tables_with_rows() {
    let rows = root().join("tests/fixtures/data/migrations");
    for test in both_databases_empty().await {
        for (number, name) in migrations::names() {
            test.db.migrate_to(number).await.unwrap_or_else(|error| panic!("{}: {error}", test.kind));
            let path = rows.join(format!("{name}.sql"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} brings no rows", path.display()));
            // The one value that the two write differently.
            let bytes = if test.kind == "sqlite" { "X'7B7D'" } else { "'\\x7B7D'" };
            run(&test.url, &text.replace("BYTES", bytes)).await;
        }
        test.db.migrate().await.expect("nothing is left to do");
    }
}

#[tokio::test]
async fn every_table_has_rows_in_the_fixtures() {
    let rows = root().join("tests/fixtures/data/migrations");
    let texts: String = migrations::names()
        .map(|(_, name)| std::fs::read_to_string(rows.join(format!("{name}.sql"))).unwrap_or_default())
        .collect();
    let missing: Vec<String> = sqlite_tables(&sqlite().await.url)
        .await
        .into_keys()
        .filter(|table| !texts.contains(&format!("INTO {table} ")))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "a later migration of these tables would be tried on nothing");
}

#[tokio::test]
async fn tables_that_are_newer_than_the_program_are_refused() {
    for test in both_databases().await {
        run(&test.url, "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1").await;
        let error = test.db.migrate().await.expect_err("an older program must not touch newer tables");
        assert!(error.to_string().starts_with("the tables could not be brought up to date"), "{error}");
    }
}

/// A table: its columns with type and whether they may be null, its keys and unique indexes by their columns.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, (String, bool)>,
    unique: Vec<(Vec<String>, bool)>,
}

#[tokio::test]
async fn schemas_agree() {
    let on_sqlite = sqlite_tables(&sqlite().await.url).await;
    let on_postgres = postgres_tables(&postgres().await.url).await;
    assert_eq!(on_sqlite.keys().collect::<Vec<_>>(), on_postgres.keys().collect::<Vec<_>>());
    for (name, table) in &on_sqlite {
        assert_eq!(table, &on_postgres[name], "table {name}: SQLite on the left");
    }
}

#[tokio::test]
async fn every_key_begins_with_the_workspace() {
    for (name, table) in sqlite_tables(&sqlite().await.url).await {
        assert!(!table.unique.is_empty(), "table {name} has no key");
        for (columns, _) in table.unique {
            assert_eq!(columns[0], "workspace", "a key of table {name}");
        }
    }
}

async fn run(url: &str, text: &str) {
    let text = AssertSqlSafe(text.to_owned());
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    }
}

async fn sqlite_tables(url: &str) -> BTreeMap<String, Table> {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let columns: Vec<(String, String, String, bool, i64)> = sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\", c.pk FROM pragma_table_list AS t \
         JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table' \
         AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '_sqlx%' ORDER BY t.name, c.cid",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (table, column, kind, not_null, _) in columns {
        let kind = match kind.as_str() {
            "INTEGER" => "bigint",
            "TEXT" => "text",
            "BLOB" => "bytea",
            other => panic!("column {table}.{column} is {other}"),
        };
        tables.entry(table).or_default().columns.insert(column, (kind.to_owned(), not_null));
    }
    for (name, table) in &mut tables {
        let indexes: Vec<(String, bool)> =
            sqlx::query_as("SELECT name, partial FROM pragma_index_list($1) WHERE \"unique\"")
                .bind(name)
                .fetch_all(&mut connection)
                .await
                .unwrap();
        for (index, partial) in indexes {
            let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_index_info($1) ORDER BY seqno")
                .bind(index)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            table.unique.push((columns.into_iter().map(|(column,)| column).collect(), partial));
        }
        table.unique.sort();
    }
    tables
}

async fn postgres_tables(url: &str) -> BTreeMap<String, Table> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let columns: Vec<(String, String, String, bool, String)> = sqlx::query_as(
        "SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT), format_type(a.atttypid, a.atttypmod), a.attnotnull, \
         COALESCE(CAST(l.collname AS TEXT), '') FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
         LEFT JOIN pg_collation AS l ON l.oid = a.attcollation WHERE c.relnamespace = 'public'::regnamespace \
         AND c.relkind = 'r' AND c.relname NOT LIKE '\\_sqlx%' AND a.attnum > 0 AND NOT a.attisdropped",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (table, column, kind, not_null, collation) in columns {
        if kind == "text" {
            assert_eq!(collation, "C", "text of {table}.{column} must sort as on SQLite");
        }
        tables.entry(table).or_default().columns.insert(column, (kind, not_null));
    }
    let indexes: Vec<(String, Vec<String>, bool)> = sqlx::query_as(
        "SELECT CAST(c.relname AS TEXT), ARRAY(SELECT CAST(a.attname AS TEXT) FROM unnest(i.indkey) WITH ORDINALITY AS k(n, place) \
         JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.place), i.indpred IS NOT NULL \
         FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid \
         WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    for (table, columns, partial) in indexes {
        if let Some(table) = tables.get_mut(&table) {
            table.unique.push((columns, partial));
            table.unique.sort();
        }
    }
    tables
}
