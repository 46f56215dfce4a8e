//! The PostgreSQL that tests use: the one at `TEST_POSTGRES_URL`, else a private one for this test process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use shiftbell_store::Db;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;

/// The database that was migrated once and is cloned for each test.
pub(super) const TEMPLATE: &str = "shiftbell_template";

/// Connections that all tests of a process may hold at once.
const CONNECTIONS_MAX: u32 = 400;

/// The URL without a database, ending in `/`.
static SERVER: OnceCell<String> = OnceCell::const_new();
/// The name of this process's template.
static MIGRATED: OnceCell<String> = OnceCell::const_new();

/// Creates a database and returns its URL.
pub(super) async fn create_database(name: &str, template: Option<&str>) -> String {
    let server = SERVER.get_or_init(server).await;
    let template = match template {
        Some(template) => MIGRATED.get_or_init(|| migrated(server, template)).await,
        None => "template0",
    };
    run(server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    format!("{server}{name}")
}

/// One template for each process: several test binaries may share one server.
async fn migrated(server: &str, template: &str) -> String {
    let name = format!("{template}_{}", std::process::id());
    run(server, &format!("DROP DATABASE IF EXISTS {name}")).await;
    run(server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    let db = Db::open(&format!("{server}{name}")).await.unwrap_or_else(|error| panic!("{error}"));
    db.migrate().await.expect("migrate the template");
    db.close().await;
    name
}

async fn run(server: &str, statement: &str) {
    let url = format!("{server}postgres");
    let mut admin = PgConnection::connect(&url).await.unwrap_or_else(|error| panic!("PostgreSQL at {server}: {error}"));
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(&mut admin)
        .await
        .expect("run a statement as administrator");
    let _ = admin.close().await;
}

async fn server() -> String {
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        let (server, _database) =
            url.rsplit_once('/').expect("TEST_POSTGRES_URL is like postgres://user@127.0.0.1:5432/postgres");
        return format!("{server}/");
    }
    tokio::task::spawn_blocking(start_private).await.expect("start a private PostgreSQL")
}

/// Starts a cluster in a temporary folder, and a watchdog that stops and removes it when this process has ended, however it
/// ends: the shell reads from a pipe that only this process holds open.
fn start_private() -> String {
    let bin = binaries();
    let folder = tempfile::Builder::new().prefix("shiftbell-pg-").tempdir().expect("make a temporary folder").keep();
    let port = free_port();
    let as_root = is_root();
    if as_root {
        // initdb refuses to run as root.
        let status = Command::new("chown").arg("postgres").arg(&folder).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "PostgreSQL refuses root, and there is no user `postgres`"
        );
    }
    let script = format!(
        "set -eu; cd '{folder}'; \
         '{bin}/initdb' -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >init.log; \
         '{bin}/pg_ctl' -D data -w -t 30 -l server.log -o \
         '-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c max_connections={CONNECTIONS_MAX} \
         -c shared_buffers=64MB -c fsync=off -c full_page_writes=off' start >start.log; \
         echo ready; \
         while read -r _; do :; done; \
         '{bin}/pg_ctl' -D data -m immediate stop >stop.log; cd /; rm -rf '{folder}'",
        folder = folder.display(),
        bin = bin.display(),
    );
    let mut command = if as_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", &script]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("start the shell that keeps PostgreSQL");
    wait_until_ready(&mut child, &folder);
    // Never waited for and never closed: the end of this process closes the pipe, and that ends the server.
    std::mem::forget(child);
    format!("postgres://postgres@127.0.0.1:{port}/")
}

fn wait_until_ready(child: &mut std::process::Child, folder: &Path) {
    use std::io::BufRead as _;
    let mut said = String::new();
    if let Some(out) = child.stdout.as_mut() {
        let _ = std::io::BufReader::new(out).read_line(&mut said);
    }
    assert_eq!(said.trim(), "ready", "PostgreSQL did not start; its logs are in {}", folder.display());
}

fn binaries() -> PathBuf {
    let in_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let debian =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut found: Vec<PathBuf> = debian
        .chain(in_path)
        .filter(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
        .collect();
    found.sort_by_key(|folder| std::cmp::Reverse(folder.starts_with("/usr/lib/postgresql")));
    found.into_iter().next().unwrap_or_else(|| {
        panic!("PostgreSQL is needed by the tests: install it (Debian: apt-get install postgresql) or set TEST_POSTGRES_URL")
    })
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("find a free port");
    listener.local_addr().expect("read the port").port()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}
