//! Discord's gateway: commands and clicks come over a connection that this side opens. What is sent when, as a function of what
//! came; the program holds the connection and the clock.
//!
//! <https://docs.discord.com/developers/events/gateway>

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use serenity::http::Route;
use shiftbell_metrics::time::Instant;

use super::client::{Call, DiscordClient};
use super::interaction::{Interaction, read_interaction};
use crate::refused::Unreadable;
use crate::socket::{Broken, Socket};
use crate::{Outcome, Outlet, ReplyTo};

const DISPATCH: u64 = 0;
const HEARTBEAT: u64 = 1;
const IDENTIFY: u64 = 2;
const RESUME: u64 = 6;
const RECONNECT: u64 = 7;
const INVALID_SESSION: u64 = 9;
const HELLO: u64 = 10;
const HEARTBEAT_HEARD: u64 = 11;

/// Any other than 1000 and 1001, which would end the session at Discord's side: it is to be resumed.
pub const TO_RESUME: u16 = 4_900;
/// A goodbye for good.
pub const FOR_GOOD: u16 = 1_000;

/// What one frame means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made once per frame and taken apart at once")]
pub enum Beat {
    /// The connection begins: send this, and from now on a heartbeat every so many milliseconds.
    Hello {
        say: String,
        every_ms: i64,
    },
    /// The session is in use. A new one says which application the bot is of.
    Ready {
        application: Option<String>,
    },
    /// Discord wants a heartbeat now.
    HeartbeatWanted,
    HeartbeatHeard,
    Interaction(Result<Interaction, Unreadable>),
    /// Leave this connection and open another; the session remembers whether it can be resumed.
    Leave {
        why: &'static str,
    },
    Nothing,
}

/// What Discord remembers of us from one connection to the next.
#[derive(Clone, Default)]
pub struct Session {
    id: Option<String>,
    resume_url: Option<String>,
    /// The number of the latest event.
    number: Option<u64>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("is_resumable", &self.id.is_some()).field("number", &self.number).finish()
    }
}

#[derive(Debug, Deserialize)]
struct Wire {
    op: Option<u64>,
    s: Option<u64>,
    t: Option<String>,
    d: Option<Value>,
}

impl Session {
    /// What one text frame means. `token` is the bot's: it is said once in each connection.
    ///
    /// # Errors
    /// If it is no JSON object.
    pub fn heard(&mut self, text: &str, token: &secrecy::SecretString) -> Result<Beat, Unreadable> {
        let wire: Wire = serde_json::from_str(text)
            .map_err(|problem| Unreadable::NotJson { outlet: Outlet::Discord, why: problem.to_string() })?;
        let data = wire.d.unwrap_or_default();
        if let Some(number) = wire.s {
            self.number = Some(number);
        }
        Ok(match wire.op {
            Some(HELLO) => {
                let every_ms = data["heartbeat_interval"].as_i64().filter(|ms| *ms > 0);
                Beat::Hello { say: self.introduction(token), every_ms: every_ms.unwrap_or(41_250) }
            }
            Some(HEARTBEAT) => Beat::HeartbeatWanted,
            Some(HEARTBEAT_HEARD) => Beat::HeartbeatHeard,
            Some(RECONNECT) => Beat::Leave { why: "discord wants a fresh connection" },
            Some(INVALID_SESSION) => {
                if data != Value::Bool(true) {
                    self.forget();
                }
                Beat::Leave { why: "discord does not know the session any more" }
            }
            Some(DISPATCH) => match wire.t.as_deref() {
                Some("READY") => {
                    self.id = data["session_id"].as_str().map(str::to_owned);
                    self.resume_url = data["resume_gateway_url"].as_str().map(str::to_owned);
                    Beat::Ready { application: data["application"]["id"].as_str().map(str::to_owned) }
                }
                Some("RESUMED") => Beat::Ready { application: None },
                Some("INTERACTION_CREATE") => Beat::Interaction(read_interaction(data.to_string().as_bytes())),
                Some(_) | None => Beat::Nothing,
            },
            Some(_) | None => Beat::Nothing,
        })
    }

    /// The sign of life that Discord expects.
    pub fn heartbeat(&self) -> String {
        json!({ "op": HEARTBEAT, "d": self.number }).to_string()
    }

    /// Whether another connection goes on where the last one ended.
    pub fn is_resumable(&self) -> bool {
        self.id.is_some() && self.number.is_some()
    }

    fn introduction(&self, token: &secrecy::SecretString) -> String {
        let token = token.expose_secret().trim();
        if let (Some(id), Some(number)) = (&self.id, self.number) {
            return json!({ "op": RESUME, "d": { "token": token, "session_id": id, "seq": number } }).to_string();
        }
        // Interactions come without any intent; nothing else is wanted.
        json!({ "op": IDENTIFY, "d": { "token": token, "intents": 0,
            "properties": { "os": std::env::consts::OS, "browser": "shiftbell", "device": "shiftbell" } } })
        .to_string()
    }

    fn forget(&mut self) {
        *self = Session::default();
    }

    /// The connection was closed with this code. `Err`: what somebody must change before it can work.
    ///
    /// <https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>
    ///
    /// # Errors
    /// If Discord will not take another connection like this one.
    pub fn closed(&mut self, code: Option<u16>) -> Result<(), String> {
        match code {
            Some(4_004) => {
                Err("discord says 4004: the bot token is not valid; set the one that `token` names".to_owned())
            }
            Some(4_010..=4_014) => {
                self.forget();
                Err(format!("discord says {}: this version cannot be used with this bot", code.unwrap_or_default()))
            }
            // The session is over, or our count of it is wrong.
            Some(1_000 | 1_001 | 4_003 | 4_007 | 4_009) => {
                self.forget();
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Why no connection could be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoGateway {
    pub why: String,
    pub after_ms: i64,
    /// Whether somebody has to change something before it can work.
    pub needs_a_person: bool,
}

impl NoGateway {
    fn passing(why: String, after_ms: i64) -> NoGateway {
        NoGateway { why, after_ms, needs_a_person: false }
    }
}

impl DiscordClient {
    /// Opens a connection to where the session can be resumed, else to where Discord says.
    ///
    /// # Errors
    /// If Discord gives no address, no further session today, or cannot be connected to.
    pub async fn open_gateway(&self, session: &Session, bytes_max: usize, now: Instant) -> Result<Socket, NoGateway> {
        let url = match session.resume_url.as_ref().filter(|_| session.is_resumable()) {
            Some(url) => url.clone(),
            None => self.gateway_url(now).await?,
        };
        let url = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
        let opened = Socket::open(&url, &self.settings.api_url, bytes_max).await;
        opened.map_err(|broken: Broken| NoGateway::passing(broken.to_string(), 0))
    }

    async fn gateway_url(&self, now: Instant) -> Result<String, NoGateway> {
        let call = Call {
            method: reqwest::Method::GET,
            path: Route::GatewayBot.path().into_owned(),
            body: None,
            picture: None,
            major: "the gateway",
            route: "GET /gateway/bot".to_owned(),
        };
        let answer = self.call(call, now).await.map_err(|outcome| match outcome.of_idempotent_call() {
            Outcome::RetryAt { after_ms, why } => NoGateway::passing(why, after_ms),
            Outcome::Closed { why } | Outcome::Refused { why } => NoGateway { why, after_ms: 0, needs_a_person: true },
            Outcome::Unknown { why } => NoGateway::passing(why, 0),
            Outcome::Delivered { .. } => NoGateway::passing("discord named no gateway".to_owned(), 0),
        })?;
        let limit = &answer["session_start_limit"];
        if limit["remaining"].as_i64() == Some(0) {
            let after_ms = limit["reset_after"].as_i64().unwrap_or(60_000);
            return Err(NoGateway::passing("the bot has begun all sessions that it may today".to_owned(), after_ms));
        }
        match answer["url"].as_str() {
            Some(url) => Ok(url.to_owned()),
            None => Err(NoGateway::passing("discord named no gateway".to_owned(), 0)),
        }
    }

    /// Gives the first answer to an interaction that came over the gateway: what would be the response over HTTP. Possible once,
    /// within three seconds.
    ///
    /// # Errors
    /// If Discord did not take it.
    pub async fn call_back(&self, reply: &ReplyTo, response: &Value, now: Instant) -> Result<(), Outcome> {
        let ReplyTo::Discord { interaction, token, .. } = reply else {
            return Err(Outcome::Refused { why: "this request did not come from discord".to_owned() });
        };
        let number = super::client::number_of(interaction)?;
        let path = Route::InteractionResponse { interaction_id: number.into(), token }.path().into_owned();
        let call = Call {
            method: reqwest::Method::POST,
            path,
            body: Some(response.clone()),
            picture: None,
            major: "the answer to a command",
            route: "POST /interactions/callback".to_owned(),
        };
        self.call(call, now).await.map(|_| ())
    }

    /// The bot's token, which the gateway is told in words.
    pub fn token(&self) -> &secrecy::SecretString {
        &self.settings.token
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn hears(session: &mut Session, wire: &Value) -> Beat {
        session.heard(&wire.to_string(), &SecretString::from("bot-token")).unwrap()
    }

    fn hello(session: &mut Session) -> Value {
        match hears(session, &json!({ "op": 10, "d": { "heartbeat_interval": 41_250 } })) {
            Beat::Hello { say, every_ms: 41_250 } => serde_json::from_str(&say).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn ready() -> Value {
        json!({ "op": 0, "s": 1, "t": "READY", "d": { "session_id": "s-1", "resume_gateway_url": "wss://resume.example",
            "application": { "id": "200" } } })
    }

    #[test]
    fn it_introduces_itself_without_any_intent_and_afterwards_goes_on_where_it_was() {
        let mut session = Session::default();
        let said = hello(&mut session);
        assert_eq!(
            (&said["op"], &said["d"]["intents"], &said["d"]["token"]),
            (&json!(2), &json!(0), &json!("bot-token"))
        );
        assert_eq!(hears(&mut session, &ready()), Beat::Ready { application: Some("200".to_owned()) });
        assert_eq!(hears(&mut session, &json!({ "op": 0, "s": 7, "t": "GUILD_CREATE", "d": {} })), Beat::Nothing);
        assert_eq!(session.heartbeat(), r#"{"d":7,"op":1}"#);
        let said = hello(&mut session);
        assert_eq!(said, json!({ "op": 6, "d": { "token": "bot-token", "session_id": "s-1", "seq": 7 } }));
        assert!(!format!("{session:?}").contains("s-1"));
    }

    #[test]
    fn a_session_that_discord_forgot_is_begun_anew_and_one_that_it_knows_is_not() {
        for (wire, is_resumable) in
            [(json!({ "op": 9, "d": false }), false), (json!({ "op": 9, "d": true }), true), (json!({ "op": 7 }), true)]
        {
            let mut session = Session::default();
            hears(&mut session, &ready());
            assert!(matches!(hears(&mut session, &wire), Beat::Leave { .. }));
            assert_eq!(session.is_resumable(), is_resumable, "{wire}");
        }
        for (code, is_resumable) in
            [(None, true), (Some(4_000), true), (Some(4_007), false), (Some(4_009), false), (Some(1_000), false)]
        {
            let mut session = Session::default();
            hears(&mut session, &ready());
            assert_eq!((session.closed(code), session.is_resumable()), (Ok(()), is_resumable), "{code:?}");
        }
        for code in [4_004, 4_010, 4_013, 4_014] {
            assert!(Session::default().closed(Some(code)).unwrap_err().contains(&code.to_string()));
        }
    }

    #[test]
    fn what_it_does_not_know_is_nothing() {
        let mut session = Session::default();
        for wire in [json!({}), json!({ "op": 99 }), json!({ "op": 0 }), json!({ "op": 0, "t": "HOLOGRAM", "d": 7 })] {
            assert_eq!(hears(&mut session, &wire), Beat::Nothing);
        }
        let token = SecretString::from("bot-token");
        assert!(session.heard("{", &token).is_err());
        let interaction = hears(&mut session, &json!({ "op": 0, "s": 2, "t": "INTERACTION_CREATE", "d": {} }));
        assert!(matches!(interaction, Beat::Interaction(Err(_))), "{interaction:?}");
    }
}
