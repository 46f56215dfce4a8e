//! The last days of the demo, sent as a source sends them: signed, in batches, over HTTP, to our own door.

use anyhow::Context;
use serde_json::{Value, json};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::Secret;
use shiftbell_sources::generic::signature::sign;

use crate::clock::Clock;

/// Events in one request.
const BATCH: usize = 50;

/// What the door answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) events: usize,
    pub(super) kept: usize,
    pub(super) known: usize,
}

/// Sends events to a webhook address. The first batch is sent twice, as senders do that missed our answer.
pub(super) async fn send(url: &str, secret: &Secret, events: &[Event], clock: &Clock) -> anyhow::Result<Sent> {
    let client = reqwest::Client::builder().build().context("make a client for our own door")?;
    let mut sent = Sent { events: events.len(), ..Sent::default() };
    let mut batches: Vec<(usize, &[Event])> = events.chunks(BATCH).enumerate().collect();
    batches.extend(batches.first().copied());
    for (number, batch) in batches {
        let body = envelope(batch).to_string();
        let id = format!("demo-{number}");
        let at = clock.now();
        let signature = sign(secret, &id, at, body.as_bytes()).context("sign a batch")?;
        let response = client
            .post(url)
            .header("content-type", "application/cloudevents-batch+json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds(at))
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await
            .context("send a batch to our own door")?;
        match response.status().as_u16() {
            202 => sent.kept += 1,
            200 => sent.known += 1,
            status => anyhow::bail!("our own door answered {status}: {}", response.text().await.unwrap_or_default()),
        }
    }
    Ok(sent)
}

fn envelope(batch: &[Event]) -> Value {
    batch
        .iter()
        .map(|event| {
            json!({
                "specversion": "1.0", "id": event.id, "source": "demo", "type": event.kind,
                "time": event.at.to_string(), "datacontenttype": "application/json", "data": event.to_json(),
            })
        })
        .collect()
}

fn seconds(at: Instant) -> String {
    at.as_ms().div_euclid(1_000).to_string()
}
