//! Sends load to a running program on loopback and prints what it measured. `tests/load/run.sh` drives it.

use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    rustls::crypto::ring::default_provider().install_default().ok();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["answers", url, secret, count, text] => answers(url, secret, number(count), text).await,
        ["ingest", url, path, secret, first, batches, at_once, per_second] => {
            let batches = number(first)..number(first) + number(batches);
            ingest(url, path, secret, batches, number(at_once), number(per_second)).await
        }
        ["drained", url, events] => drained(url, number(events)).await,
        ["late", url, path, key, count] => late(url, path, key, number(count)).await,
        ["bare", file, batches] => bare(file, number(batches)).await,
        _ => Err("usage: load drained URL EVENTS | late URL PATH KEY N | answers URL SECRET N TEXT | ingest URL PATH SECRET FIRST BATCHES AT_ONCE PER_SECOND | bare FILE BATCHES".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("load: {why}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> u64 {
    text.replace('_', "").parse().unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a load generator measures real time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "signatures carry the real time")]
fn unix_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

fn mac(secret: &str, parts: &[&[u8]]) -> Result<Vec<u8>, Failure> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

/// Asks one slash command after another, signed as the chat system signs it, and prints latencies of the whole request.
async fn answers(url: &str, secret: &str, count: u64, text: &str) -> Result<(), Failure> {
    let client = reqwest::Client::new();
    let (command, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut took = Vec::new();
    for turn in 0..count {
        let timestamp = (unix_ms() / 1000).to_string();
        let body = [
            ("command", command),
            ("text", rest),
            ("team_id", "T0CLOWNS001"),
            ("user_id", "U0LOAD"),
            ("channel_id", "C0REVENUE01"),
            ("response_url", "https://hooks.slack.com/commands/1/2/3"),
            ("trigger_id", &format!("load-{turn}")),
        ];
        let body: String =
            body.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect::<Vec<_>>().join("&");
        let signature = hex::encode(mac(secret, &[b"v0:", timestamp.as_bytes(), b":", body.as_bytes()])?);
        let started = now();
        let answer = client
            .post(format!("{url}/slack/commands"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", &timestamp)
            .header("x-slack-signature", format!("v0={signature}"))
            .body(body)
            .send()
            .await?;
        let status = answer.status();
        let answer = answer.text().await?;
        took.push(started.elapsed());
        if turn == 0 {
            let json: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
            println!("  first answer ({status}): {}", json["text"].as_str().unwrap_or(&answer));
        }
        if !status.is_success() {
            return Err(format!("the program answered {status}: {answer}").into());
        }
    }
    println!("  {}", percentiles(&mut took));
    Ok(())
}

/// Posts signed batches of 100 events, `at_once` at a time; `per_second` batches a second, or as fast as it goes when 0.
async fn ingest(
    url: &str,
    path: &str,
    secret: &str,
    batches: Range<u64>,
    at_once: u64,
    per_second: u64,
) -> Result<(), Failure> {
    let (first, end) = (batches.start, batches.end);
    let next = Arc::new(AtomicU64::new(first));
    let started = now();
    let mut senders = Vec::new();
    for _ in 0..at_once {
        let (next, url, path, secret) = (Arc::clone(&next), url.to_owned(), path.to_owned(), secret.to_owned());
        senders.push(tokio::spawn(async move {
            let client = reqwest::Client::new();
            let mut took = Vec::new();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= end {
                    return Ok::<_, Failure>(took);
                }
                if let Some(due_us) = ((turn - first) * 1_000_000).checked_div(per_second) {
                    let due = Duration::from_micros(due_us);
                    tokio::time::sleep(due.saturating_sub(started.elapsed())).await;
                }
                let body = batch(turn);
                let timestamp = unix_ms().to_string();
                let uri = format!("{url}{path}");
                let signed = mac(&secret, &[b"POST", uri.as_bytes(), body.as_bytes(), timestamp.as_bytes()])?;
                let sent = now();
                let answer = client
                    .post(&uri)
                    .header("content-type", "application/json")
                    .header("x-hubspot-request-timestamp", &timestamp)
                    .header("x-hubspot-signature-v3", base64::engine::general_purpose::STANDARD.encode(signed))
                    .body(body)
                    .send()
                    .await?;
                if answer.status() != 202 {
                    return Err(format!("the program answered {}: {}", answer.status(), answer.text().await?).into());
                }
                took.push(sent.elapsed());
            }
        }));
    }
    let mut took = Vec::new();
    for sender in senders {
        took.extend(sender.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "  {:.0} events/s acknowledged durably; {}",
        (end - first) as f64 * 100.0 / seconds,
        percentiles(&mut took)
    );
    Ok(())
}

/// Waits until so many events have been derived since the server started, and prints how many a second that was.
async fn drained(url: &str, events: u64) -> Result<(), Failure> {
    let client = reqwest::Client::new();
    let started = now();
    let mut first = None;
    loop {
        let metrics = client.get(format!("{url}/metrics")).send().await?.text().await?;
        let total: f64 = metrics
            .lines()
            .filter(|line| {
                ["shiftbell_events_appended_total ", "shiftbell_events_already_known_total "]
                    .iter()
                    .any(|name| line.starts_with(name))
            })
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum();
        let (began_at, began_with) = *first.get_or_insert((started, total));
        if total >= events as f64 {
            let seconds = began_at.elapsed().as_secs_f64().max(1e-9);
            println!(
                "  {:.0} events/s derived ({:.0} were already when looking began, the rest took {seconds:.1} s)",
                (total - began_with) / seconds,
                began_with
            );
            return Ok(());
        }
        if started.elapsed() > Duration::from_secs(900) {
            return Err(format!("only {total} of {events} events are derived after 15 minutes").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Posts one event of last month after another, as a signed delivery of its own, and prints how long each took to be durable.
async fn late(url: &str, path: &str, key: &str, count: u64) -> Result<(), Failure> {
    let client = reqwest::Client::new();
    let key = base64::engine::general_purpose::STANDARD.decode(key)?;
    let mut took = Vec::new();
    for turn in 0..count {
        let body = format!(
            r#"{{"id":"late-{turn}","type":"form","at":"2026-10-19T12:00:00Z","contact":"contact-{}","form":"meeting-request"}}"#,
            2_000 + turn
        );
        let (id, timestamp) = (format!("msg-late-{turn}"), (unix_ms() / 1000).to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let sent = now();
        let answer = client
            .post(format!("{url}{path}"))
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", format!("v1,{signature}"))
            .body(body)
            .send()
            .await?;
        if answer.status() != 202 {
            return Err(format!("the program answered {}: {}", answer.status(), answer.text().await?).into());
        }
        took.push(sent.elapsed());
    }
    println!("  acknowledged: {}", percentiles(&mut took));
    Ok(())
}

/// The yardstick: the same events, one row each, 100 rows to a transaction, into a bare table with the same fsync policy.
async fn bare(file: &str, batches: u64) -> Result<(), Failure> {
    use sqlx::ConnectOptions;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
        .execute(&mut connection)
        .await?;
    let insert = format!("INSERT INTO bare (body) VALUES {}", vec!["(?)"; 100].join(","));
    let bodies: Vec<Vec<String>> = (0..batches).map(rows).collect();
    let started = now();
    for rows in bodies {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(insert.clone()));
        for row in rows {
            query = query.bind(row);
        }
        query.execute(&mut connection).await?;
    }
    println!(
        "  {:.0} events/s, bare insert, 100 rows to an fsynced transaction",
        batches as f64 * 100.0 / started.elapsed().as_secs_f64()
    );
    Ok(())
}

fn batch(turn: u64) -> String {
    format!("[{}]", rows(turn).join(","))
}

/// A hundred changes of properties as the CRM sends them; every turn another hundred.
fn rows(turn: u64) -> Vec<String> {
    let base = 1_767_225_600_000 + turn * 977;
    (0..100)
        .map(|row| {
            let object = 9_000_000 + (turn * 100 + row) % 50_000;
            format!(
                r#"{{"eventId":{},"subscriptionId":6547118,"portalId":10000001,"appId":39522895,"occurredAt":{},"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":{object},"propertyName":"hubspotscore","propertyValue":"{}","changeSource":"CRM_UI","sourceId":"userId:98499705"}}"#,
                turn * 100 + row,
                base + row,
                (turn + row) % 30
            )
        })
        .collect()
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn percentiles(took: &mut [Duration]) -> String {
    took.sort();
    let at = |share: f64| took.get(((took.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default();
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    format!("p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms of {}", ms(at(0.5)), ms(at(0.99)), ms(at(1.0)), took.len())
}
