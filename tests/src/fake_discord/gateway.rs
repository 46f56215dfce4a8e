//! The gateway of the stand-in: sessions over connections that the program opens, which it closes for what Discord closes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

use super::{APPLICATION, BOT_USER, FakeDiscord, Shared, TOKEN};

/// What Discord knows about the sessions of the bot.
#[derive(Debug, Default)]
pub(super) struct Gateway {
    pub(super) url: String,
    counter: u64,
    sessions: BTreeMap<String, Session>,
    /// How often a session was begun, and how often one was resumed.
    begun: usize,
    resumed: usize,
    heartbeats: usize,
    /// Heartbeats are not answered any more.
    is_mute: bool,
    /// The first answers to interactions that were brought over the gateway, by token.
    pub(super) called_back: BTreeMap<String, Value>,
}

#[derive(Debug, Default)]
struct Session {
    /// Events with their numbers, kept for a resumption.
    events: Vec<Value>,
    way: Option<UnboundedSender<Order>>,
}

#[derive(Clone, Debug)]
enum Order {
    Say(String),
    Close(u16),
    /// The network drops it without a word.
    Cut,
}

impl Gateway {
    /// What `GET /gateway/bot` answers.
    pub(super) fn address(&self) -> Value {
        json!({ "url": self.url, "shards": 1, "session_start_limit":
            { "total": 1_000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1 } })
    }

    fn say_event(session: &mut Session, kind: &str, data: &Value) {
        let event = json!({ "op": 0, "s": session.events.len() + 1, "t": kind, "d": data });
        session.events.push(event.clone());
        if let Some(way) = &session.way {
            let _ = way.send(Order::Say(event.to_string()));
        }
    }

    /// Tells every session, also one whose connection is gone: it hears it when it is resumed.
    pub(super) fn tell(&mut self, kind: &str, data: &Value) {
        for session in self.sessions.values_mut() {
            Gateway::say_event(session, kind, data);
        }
    }

    /// A connection introduces itself. Returns its session, or the code with which it is closed.
    fn begin(&mut self, said: &Value, way: &UnboundedSender<Order>) -> Result<Option<String>, u16> {
        if said["d"]["token"] != TOKEN {
            return Err(4_004);
        }
        match said["op"].as_u64() {
            Some(2) => {
                if said["d"]["intents"].as_u64().is_none() || !said["d"]["properties"]["os"].is_string() {
                    return Err(4_013);
                }
                self.counter += 1;
                self.begun += 1;
                let id = format!("session-{}", self.counter);
                let ready = json!({ "v": 10, "session_id": id, "resume_gateway_url": self.url, "user": { "id": BOT_USER },
                    "application": { "id": APPLICATION, "flags": 0 }, "guilds": [] });
                let mut session = Session { way: Some(way.clone()), ..Session::default() };
                Gateway::say_event(&mut session, "READY", &ready);
                self.sessions.insert(id.clone(), session);
                Ok(Some(id))
            }
            Some(6) => {
                let (id, number) = (said["d"]["session_id"].as_str().unwrap_or_default(), said["d"]["seq"].as_u64());
                let Some(session) = self.sessions.get_mut(id) else { return Ok(None) };
                let heard = usize::try_from(number.ok_or(4_007_u16)?).unwrap_or(usize::MAX);
                let missed = session.events.get(heard..).ok_or(4_007_u16)?.to_vec();
                session.way = Some(way.clone());
                for event in missed {
                    let _ = way.send(Order::Say(event.to_string()));
                }
                Gateway::say_event(session, "RESUMED", &json!({}));
                self.resumed += 1;
                Ok(Some(id.to_owned()))
            }
            _ => Err(4_003),
        }
    }

    /// A heartbeat in a session: whether it is answered, or the code with which it is closed.
    fn heartbeat(&mut self, session: &str, said: &Value) -> Result<bool, u16> {
        let events = self.sessions.get(session).map_or(0, |session| session.events.len());
        let heard = said["d"].as_u64().and_then(|number| usize::try_from(number).ok());
        if heard.is_none_or(|number| number > events) {
            return Err(4_007);
        }
        self.heartbeats += 1;
        Ok(!self.is_mute)
    }
}

/// Serves connections until the task is aborted.
pub(super) async fn serve(shared: Arc<Shared>) -> JoinHandle<()> {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
    shared.guild().gateway.url = format!("ws://{}", tcp.local_addr().expect("a bound port has an address"));
    tokio::spawn(async move {
        let mut lines = JoinSet::new();
        loop {
            let Ok((stream, _)) = tcp.accept().await else { continue };
            lines.spawn(connect(Arc::clone(&shared), stream));
            while lines.try_join_next().is_some() {}
        }
    })
}

async fn connect(shared: Arc<Shared>, stream: TcpStream) {
    let Ok(mut socket) = accept_async(stream).await else { return };
    let hello = json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": 41_250 } });
    if socket.send(Message::text(hello.to_string())).await.is_err() {
        return;
    }
    let (way, orders) = unbounded_channel();
    let session = talk(&shared, &mut socket, &way, orders).await;
    if let Some(known) = session.and_then(|id| shared.guild().gateway.sessions.get_mut(&id).map(|_| id)) {
        let gateway = &mut shared.guild().gateway;
        let known = gateway.sessions.get_mut(&known).expect("just looked up");
        if known.way.as_ref().is_some_and(|current| current.same_channel(&way)) {
            known.way = None;
        }
    }
    shared.said.notify_waiters();
}

/// Until the connection ends; the session that it carried.
async fn talk(
    shared: &Shared,
    socket: &mut WebSocketStream<TcpStream>,
    way: &UnboundedSender<Order>,
    mut orders: UnboundedReceiver<Order>,
) -> Option<String> {
    let mut session: Option<String> = None;
    loop {
        let answer = tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Say(text)) => Ok(Some(text)),
                Some(Order::Close(code)) => Err(code),
                Some(Order::Cut) | None => return session,
            },
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    let said: Value = serde_json::from_str(text.as_str()).unwrap_or_default();
                    let answer = hear(shared, &mut session, &said, way);
                    shared.said.notify_waiters();
                    answer
                }
                Some(Ok(Message::Close(frame))) => {
                    // A goodbye for good ends the session; any other code keeps it.
                    if let Some(id) = session.as_ref().filter(|_| frame.is_some_and(|it| [1_000, 1_001].contains(&u16::from(it.code)))) {
                        shared.guild().gateway.sessions.remove(id);
                    }
                    return session;
                }
                Some(Err(_)) | None => return session,
                Some(Ok(_)) => Ok(None),
            },
        };
        match answer {
            Ok(None) => {}
            Ok(Some(text)) => {
                if socket.send(Message::text(text)).await.is_err() {
                    return session;
                }
            }
            Err(code) => {
                let _ = socket.close(Some(CloseFrame { code: code.into(), reason: "".into() })).await;
                return session;
            }
        }
    }
}

/// What is answered to a text of the program, or the code with which the connection is closed.
fn hear(
    shared: &Shared,
    session: &mut Option<String>,
    said: &Value,
    way: &UnboundedSender<Order>,
) -> Result<Option<String>, u16> {
    let mut guild = shared.guild();
    let is_revoked = guild.is_token_revoked;
    let gateway = &mut guild.gateway;
    match (&*session, said["op"].as_u64()) {
        (None, Some(2 | 6)) if is_revoked => Err(4_004),
        (None, Some(2 | 6)) => {
            *session = gateway.begin(said, way)?;
            Ok(session.is_none().then(|| json!({ "op": 9, "d": false }).to_string()))
        }
        // Allowed while the session is not begun, and then without a number.
        (None, Some(1)) => Ok(Some(json!({ "op": 11 }).to_string())),
        (Some(id), Some(1)) => {
            let is_answered = gateway.heartbeat(id, said)?;
            Ok(is_answered.then(|| json!({ "op": 11 }).to_string()))
        }
        (None, Some(_)) => Err(4_003),
        (Some(_), Some(2 | 6)) => Err(4_005),
        (_, Some(_)) => Err(4_001),
        (_, None) => Err(4_002),
    }
}

impl FakeDiscord {
    /// Waits until this many sessions were begun and resumed, and one has a connection.
    pub async fn is_connected(&self, begun: usize, resumed: usize) {
        self.until(|| {
            let guild = self.shared.guild();
            let gateway = &guild.gateway;
            let is_open = gateway.sessions.values().any(|session| session.way.is_some());
            (is_open && gateway.begun >= begun && gateway.resumed >= resumed).then_some(())
        })
        .await;
    }

    /// How many sessions were begun, and how many resumptions there were.
    pub fn sessions(&self) -> (usize, usize) {
        let guild = self.shared.guild();
        (guild.gateway.begun, guild.gateway.resumed)
    }

    /// Waits until no session has a connection.
    pub async fn is_disconnected(&self) {
        self.until(|| {
            let guild = self.shared.guild();
            guild.gateway.sessions.values().all(|session| session.way.is_none()).then_some(())
        })
        .await;
    }

    /// Waits until this many heartbeats were heard.
    pub async fn hears_heartbeats(&self, heartbeats: usize) {
        self.until(|| (self.heartbeats() >= heartbeats).then_some(())).await;
    }

    /// Heartbeats that were heard so far.
    pub fn heartbeats(&self) -> usize {
        self.shared.guild().gateway.heartbeats
    }

    /// Answers no heartbeat any more, or does again.
    pub fn mutes_heartbeats(&self, is_mute: bool) {
        self.shared.guild().gateway.is_mute = is_mute;
    }

    /// Forgets every session, as Discord does after a while.
    pub fn forgets_sessions(&self) {
        self.shared.guild().gateway.sessions.clear();
    }

    /// The network drops every connection.
    pub fn cuts_connections(&self) {
        self.order(&Order::Cut);
    }

    /// Discord closes every connection with this code.
    pub fn closes_connections(&self, code: u16) {
        self.order(&Order::Close(code));
    }

    /// Discord sends these words over every connection.
    pub fn says_by_gateway(&self, text: &str) {
        self.order(&Order::Say(text.to_owned()));
    }

    fn order(&self, order: &Order) {
        for session in self.shared.guild().gateway.sessions.values() {
            if let Some(way) = &session.way {
                let _ = way.send(order.clone());
            }
        }
    }
}
