//! The source: sends signed deliveries, and each again until it is acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shiftbell::clock::Clock;
use shiftbell_sources::Secret;
use shiftbell_sources::generic::signature::{ID, SIGNATURE, TIMESTAMP, sign};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::company::{NAME, SECRET, won};
use super::machine::{Machine, Point};

/// The most deals in one delivery.
const DEALS_MAX: u64 = 4;
/// How long a source waits for an answer before it sends again.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// One of so many deliveries is sent once more although it was acknowledged.
const SENT_TWICE_ONE_OF: u64 = 8;

/// A delivery that was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    /// Its number in the inbox, where the answer gave it.
    pub(super) number: Option<i64>,
    pub(super) body: String,
    pub(super) deals: Vec<u64>,
    /// How often it was sent.
    pub(super) sent: usize,
}

/// What several senders share.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) machine: Arc<Machine>,
    /// Deliveries that may be sent.
    pub(super) allowed: Semaphore,
    /// The number of the next deal.
    pub(super) next: AtomicU64,
}

impl Source {
    /// Sends as long as it is allowed to. Returns everything it sent: all of it was acknowledged in the end.
    pub(super) async fn send_all(self: Arc<Source>) -> Vec<Acknowledged> {
        let mut all = Vec::new();
        while let Ok(permit) = self.allowed.acquire().await {
            permit.forget();
            all.push(self.send().await);
        }
        all
    }

    async fn send(&self) -> Acknowledged {
        let count = 1 + self.machine.below(DEALS_MAX);
        let first = self.next.fetch_add(count, Ordering::SeqCst);
        let now = Clock::System.now();
        let deals: Vec<u64> = (first..first + count).collect();
        let body = serde_json::Value::from(deals.iter().map(|deal| won(*deal, now)).collect::<Vec<_>>()).to_string();
        let id = format!("msg-{first}");
        let mut sent = 0;
        let number = loop {
            sent += 1;
            if let Some(number) = self.try_once(&id, &body).await {
                break number;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        if self.machine.below(SENT_TWICE_ONE_OF) == 0 {
            sent += 1;
            self.try_once(&id, &body).await;
        }
        Acknowledged { number, body, deals, sent }
    }

    /// `Some`: acknowledged, with the number that it was given, if it was new.
    async fn try_once(&self, id: &str, body: &str) -> Option<Option<i64>> {
        let answer = tokio::time::timeout(ANSWER_WAIT, self.exchange(id, body)).await.ok()?.ok()?;
        let (head, content) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?;
        match status {
            "200" | "202" => {
                self.machine.reach(Point::DeliveryTaken);
                let content: serde_json::Value = serde_json::from_str(content).ok()?;
                Some(content["delivery"].as_i64())
            }
            // It stops, or its database was cut off.
            "503" | "500" => None,
            _ => panic!("a delivery was refused: {answer}"),
        }
    }

    async fn exchange(&self, id: &str, body: &str) -> std::io::Result<String> {
        let now = Clock::System.now();
        let signature = sign(&Secret::new(SECRET), id, now, body.as_bytes()).expect("a usable secret");
        let mut connection = TcpStream::connect(self.machine.address()).await?;
        let request = format!(
            "POST /hooks/{NAME}/crm HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n\
             {ID}: {id}\r\n{TIMESTAMP}: {}\r\n{SIGNATURE}: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
            now.as_ms() / 1_000,
            body.len()
        );
        connection.write_all(request.as_bytes()).await?;
        connection.flush().await?;
        if self.machine.springs(Point::DeliverySent) {
            // It may be reading, committing, or about to answer.
            tokio::time::sleep(Duration::from_micros(self.machine.below(6_000))).await;
            self.machine.kill(Point::DeliverySent);
        }
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
