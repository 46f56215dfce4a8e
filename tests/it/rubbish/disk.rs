//! A disk that is full, for a program of its own that may write no file larger than a limit.
//!
//! The limit is `ulimit -f` (RLIMIT_FSIZE) with SIGXFSZ ignored, which needs no rights: a write beyond it fails like one on a
//! full disk, halfway through if need be.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use shiftbell_metrics::time::Instant;
use shiftbell_sources::Secret;
use shiftbell_sources::generic::signature::sign;
use shiftbell_tests::app::SHOP_SECRET;
use shiftbell_tests::child::{binary, free_port};
use shiftbell_tests::fake_server::FakeClock;
use shiftbell_tests::sample;

/// Blocks of 512 bytes in the largest file: the tables fit, a few deliveries too.
const BLOCKS_MAX: u32 = 6_000;
/// More of these than fit.
const DELIVERIES: u32 = 100;
const DELIVERY_BYTES: usize = 100_000;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program in a folder under a limit, and waits until it listens.
async fn start(folder: &Path, limit: &str, url: &str) -> Running {
    let child = Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec '{}' serve", binary().display())])
        .env_clear()
        .env("SHIFTBELL_LISTEN", url.trim_start_matches("http://"))
        .env("SHIFTBELL_PUBLIC_URL", url)
        .env("SHIFTBELL_DATABASE_URL", "sqlite:bell.db")
        .env("CLOWNS_SHOP_SECRET", SHOP_SECRET)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let running = Running(child);
    while reqwest::get(format!("{url}/readyz")).await.is_err() {
        tokio::task::yield_now().await;
    }
    running
}

/// Sends one delivery, signed now. Returns the status and the answer.
async fn sends(client: &reqwest::Client, url: &str, number: u32) -> (u16, String) {
    let note = "x".repeat(DELIVERY_BYTES);
    let body = format!(
        r#"{{"id":"e-{number}","type":"note","at":"2026-09-01T12:00:00Z","contact":"c-{number}","note":"{note}"}}"#
    );
    let (id, now): (String, Instant) = (format!("msg-{number}"), FakeClock::Machine.now());
    let signature = sign(&Secret::new(SHOP_SECRET), &id, now, body.as_bytes()).expect("a usable secret");
    let request = client
        .post(format!("{url}/hooks/acme/shop"))
        .header("webhook-id", id)
        .header("webhook-timestamp", (now.as_ms() / 1_000).to_string())
        .header("webhook-signature", signature);
    let answer = request.body(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("an answer"))
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("workspaces")).expect("a folder of workspaces");
    std::fs::write(folder.path().join("workspaces/acme.toml"), sample::DEFINITIONS).expect("write the definitions");
    let url = format!("http://127.0.0.1:{}", free_port());
    // A provider may have been installed by another test of the same process; that one is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::new();

    let full = start(folder.path(), &BLOCKS_MAX.to_string(), &url).await;
    let mut acknowledged = Vec::new();
    let mut refused = Vec::new();
    for number in 0..DELIVERIES {
        let (status, answer) = sends(&client, &url, number).await;
        match status {
            202 => acknowledged.push(number),
            503 => refused.push(answer),
            other => panic!("{other}: {answer}"),
        }
    }
    assert!(!acknowledged.is_empty(), "some fitted");
    assert!(
        refused.iter().any(|it| it.contains("could not keep this delivery just now; please try again")),
        "{refused:?}"
    );
    let alive = reqwest::get(format!("{url}/healthz")).await.expect("it lives");
    assert_eq!(alive.status().as_u16(), 200);
    drop(full);

    let _roomy = start(folder.path(), "unlimited", &url).await;
    for number in 0..DELIVERIES {
        let (status, answer) = sends(&client, &url, number).await;
        let expected = if acknowledged.contains(&number) { 200 } else { 202 };
        assert_eq!(status, expected, "delivery {number}: {answer}");
    }
}
