//! How notifications are sent: batches, signatures, ten requests at once, and again until they are taken.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value as Json, json};
use shiftbell_metrics::time::Instant;
use shiftbell_sources::Secret;
use shiftbell_sources::hubspot::signature::{OLD, OLD_VERSION, TIMESTAMP, V3, sign_v1, sign_v2, sign_v3};

use super::FakeHubSpot;

/// Most notifications in one request.
const BATCH_MAX: usize = 100;
/// Most requests at once.
const CONCURRENT_MAX: usize = 10;
/// How often a batch is tried again; the real one spreads these over a day, here they follow at once.
const RETRIES_MAX: u32 = 10;
/// How long an answer may take for a whole batch.
const ANSWER_SECONDS_MAX: u64 = 5;

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    V1,
    V2,
    /// v3, and v1 along with it as the real one does.
    V3,
}

/// What became of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Notifications in it.
    pub count: usize,
    /// The last answer; `None` if there was none in time.
    pub status: Option<u16>,
    /// What the last answer said.
    pub answer: String,
    /// How often it was sent.
    pub tries: u32,
}

impl Sent {
    pub fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

impl FakeHubSpot {
    /// Takes the pending notifications as bodies of at most 100 each.
    pub fn batches(&mut self) -> Vec<Vec<Json>> {
        let pending = std::mem::take(&mut self.pending);
        pending.chunks(BATCH_MAX).map(<[Json]>::to_vec).collect()
    }

    /// The headers with which a body is sent to a URL at this time.
    pub fn headers(&self, url: &str, body: &str, now: Instant) -> Vec<(&'static str, String)> {
        let (secret, body) = (Secret::new(self.secret.as_str()), body.as_bytes());
        let v1 = vec![(OLD, sign_v1(&secret, body)), (OLD_VERSION, "v1".to_owned())];
        let mut headers = match self.signature {
            Signature::V1 => v1,
            Signature::V2 => vec![(OLD, sign_v2(&secret, "POST", url, body)), (OLD_VERSION, "v2".to_owned())],
            Signature::V3 => {
                let v3 = [(V3, sign_v3(&secret, "POST", url, body, now)), (TIMESTAMP, now.as_ms().to_string())];
                v1.into_iter().chain(v3).collect()
            }
        };
        headers.push(("content-type", "application/json".to_owned()));
        headers
    }

    /// Sends everything pending to a URL and waits until each batch is taken or given up.
    ///
    /// `signed_url` is what the app was told (the public URL); `url` is where it is really reached.
    pub async fn deliver_to(&mut self, url: &str, signed_url: &str, now: Instant) -> Vec<Sent> {
        let client = client();
        let batches = self.batches();
        let sender = &*self;
        let sends = batches.into_iter().map(|batch| sender.send(&client, url, signed_url, batch, now));
        futures_util::stream::iter(sends).buffer_unordered(CONCURRENT_MAX).collect().await
    }

    /// Sends everything pending to the URL that the app was told.
    pub async fn deliver(&mut self, url: &str, now: Instant) -> Vec<Sent> {
        self.deliver_to(url, url, now).await
    }

    async fn send(
        &self,
        client: &reqwest::Client,
        url: &str,
        signed_url: &str,
        mut batch: Vec<Json>,
        now: Instant,
    ) -> Sent {
        let mut sent = Sent { count: batch.len(), status: None, answer: String::new(), tries: 0 };
        for attempt in 0..=RETRIES_MAX {
            for notification in &mut batch {
                notification["attemptNumber"] = json!(attempt);
            }
            let body = Json::from(batch.clone()).to_string();
            let mut request = client.post(url).body(body.clone());
            for (name, value) in self.headers(signed_url, &body, now) {
                request = request.header(name, value);
            }
            sent.tries = attempt + 1;
            (sent.status, sent.answer) = match request.send().await {
                Ok(answer) => (Some(answer.status().as_u16()), answer.text().await.unwrap_or_default()),
                Err(error) => (None, error.to_string()),
            };
            if sent.is_taken() {
                break;
            }
        }
        sent
    }
}

/// Follows no redirect: a 3xx is not taken.
fn client() -> reqwest::Client {
    // A provider may have been installed by another test of the same process; that one is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
        .build()
        .expect("a client without any certificate can be built")
}
