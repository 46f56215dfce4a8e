//! The connection to the API of a source: one request out, one answer back. It never repeats and never waits.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use shiftbell_sources::hubspot::poll::{Answer, Method, Request};

/// How long an answer may take: a read of fifty records with their history is slow.
const ANSWER_SECONDS_MAX: u64 = 30;

/// One account, with the token that opens it.
#[derive(Clone, Debug)]
pub struct Connection {
    client: reqwest::Client,
    base: String,
    token: SecretString,
}

/// What came back.
#[derive(Debug)]
pub struct Said {
    /// 0: there was no answer.
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Connection {
    /// # Errors
    /// A sentence, if the token cannot be sent at all.
    pub fn new(base: &str, token: &SecretString) -> Result<Connection, String> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| "the token holds a character that no token has; copy it again".to_owned())?;
        bearer.set_sensitive(true);
        // The one provider of the whole program; where it is installed already, that is the same one.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .build()
            .map_err(|error| format!("no connection can be made: {error}"))?;
        Ok(Connection { client, base: base.trim_end_matches('/').to_owned(), token: token.clone() })
    }

    pub async fn send(&self, request: &Request) -> Said {
        let url = format!("{}{}", self.base, request.path);
        let sent = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url),
            Method::TellToken => {
                self.client.post(url).json(&serde_json::json!({"tokenKey": self.token.expose_secret()}))
            }
        };
        let sent = match &request.body {
            Some(body) => sent.json(body),
            None => sent,
        };
        match answered(sent).await {
            Ok(said) => said,
            // Without its address, which would be the longest part of the sentence.
            Err(error) => Said::failed(&error.without_url()),
        }
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Said, reqwest::Error> {
    let answer = request.send().await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Ok(Said { status, headers, body: answer.bytes().await?.to_vec() })
}

impl Said {
    fn failed(error: &reqwest::Error) -> Said {
        let what = if error.is_timeout() {
            format!("no answer within {ANSWER_SECONDS_MAX} seconds")
        } else if error.is_connect() {
            "it cannot be reached".to_owned()
        } else {
            format!("the connection broke: {error}")
        };
        Said { status: 0, headers: HeaderMap::new(), body: what.into_bytes() }
    }

    /// Gives it to whoever judges it.
    pub fn read<T>(&self, judge: impl FnOnce(&Answer<'_>) -> T) -> T {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        judge(&Answer { status: self.status, header: &header, body: &self.body })
    }
}
