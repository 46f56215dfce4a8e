//! Socket Mode of the stand-in: connections that the program opens, envelopes in, acknowledgements out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{Message, http};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::person::Reply;
use super::{FakeSlack, Shared};

/// The app-level token that a fresh team accepts.
pub const APP_TOKEN: &str = "xapp-1-fake";

/// What Slack knows about the connections of the app.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    pub(super) url: String,
    counter: u64,
    tickets: BTreeSet<String>,
    /// Connections that are open and were said hello to, the newest last.
    lines: BTreeMap<u64, UnboundedSender<Order>>,
    /// Connections that stay open, and through which nothing goes.
    deaf: Vec<UnboundedSender<Order>>,
    /// How many were ever said hello to.
    opened: usize,
    envelopes: Vec<Sent>,
    wrong: Vec<String>,
}

#[derive(Debug)]
struct Sent {
    id: String,
    wire: Value,
    /// How often it was brought.
    times: usize,
    /// The connection that brought it last; none while there was none.
    line: Option<u64>,
    acknowledged: Option<Value>,
}

/// What a connection is told to do.
#[derive(Clone, Debug)]
enum Order {
    Say(String),
    Close,
    /// The network drops it without a word.
    Cut,
    /// It stays open, and nothing that is sent into it is heard.
    Deafen,
}

impl Sockets {
    /// Another address, good for one connection.
    pub(super) fn ticket(&mut self) -> String {
        self.counter += 1;
        let ticket = format!("ticket-{}", self.counter);
        self.tickets.insert(ticket.clone());
        format!("{}/link/?ticket={ticket}&app_id=A1", self.url)
    }

    /// Brings everything that nobody has acknowledged and no open connection has.
    fn bring(&mut self) {
        let Some((newest, way)) = self.lines.iter().next_back().map(|(line, way)| (*line, way.clone())) else { return };
        for sent in self.envelopes.iter_mut().filter(|sent| sent.acknowledged.is_none()) {
            if sent.line.is_some_and(|line| self.lines.contains_key(&line)) {
                continue;
            }
            sent.line = Some(newest);
            sent.wire["retry_attempt"] = json!(sent.times);
            sent.times += 1;
            let _ = way.send(Order::Say(sent.wire.to_string()));
        }
    }

    fn take(&mut self, text: &str) {
        let told: Value = serde_json::from_str(text).unwrap_or_default();
        let known = self.envelopes.iter_mut().find(|sent| told["envelope_id"] == sent.id.as_str());
        match known {
            Some(sent) if sent.acknowledged.is_none() => sent.acknowledged = Some(told["payload"].clone()),
            Some(sent) if sent.times > 1 => {}
            Some(_) => self.wrong.push(format!("acknowledged twice: {text}")),
            None => self.wrong.push(format!("acknowledged what was never sent: {text}")),
        }
    }
}

/// Serves connections until the task is aborted.
pub(super) async fn serve(shared: Arc<Shared>) -> JoinHandle<()> {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
    shared.team().sockets.url = format!("ws://{}", tcp.local_addr().expect("a bound port has an address"));
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
    let permitted = {
        let shared = Arc::clone(&shared);
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        move |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            let query = request.uri().query().unwrap_or_default();
            let ticket = query.split('&').find_map(|pair| pair.strip_prefix("ticket=")).unwrap_or_default();
            if shared.team().sockets.tickets.remove(ticket) {
                return Ok(response);
            }
            let refused = http::Response::builder().status(403).body(Some("no such ticket".to_owned()));
            Err(refused.expect("an answer"))
        }
    };
    let Ok(mut socket) = accept_hdr_async(stream, permitted).await else { return };
    let hello = json!({ "type": "hello", "num_connections": 1, "connection_info": { "app_id": "A1" },
        "debug_info": { "host": "applink-1", "approximate_connection_time": 18_060 } });
    if socket.send(Message::text(hello.to_string())).await.is_err() {
        return;
    }
    let (way, orders) = unbounded_channel();
    let line = {
        let sockets = &mut shared.team().sockets;
        sockets.counter += 1;
        sockets.opened += 1;
        sockets.lines.insert(sockets.counter, way);
        sockets.bring();
        sockets.counter
    };
    shared.said.notify_waiters();
    talk(&shared, &mut socket, orders).await;
    {
        let sockets = &mut shared.team().sockets;
        sockets.lines.remove(&line);
        sockets.bring();
    }
    shared.said.notify_waiters();
}

async fn talk(shared: &Shared, socket: &mut WebSocketStream<TcpStream>, mut orders: UnboundedReceiver<Order>) {
    let mut is_deaf = false;
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Say(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Some(Order::Close) => {
                    let _ = socket.close(None).await;
                    return;
                }
                Some(Order::Deafen) => is_deaf = true,
                Some(Order::Cut) | None => return,
            },
            frame = socket.next(), if !is_deaf => match frame {
                Some(Ok(Message::Text(text))) => {
                    shared.team().sockets.take(text.as_str());
                    shared.said.notify_waiters();
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

impl FakeSlack {
    /// A person types a slash command; Slack brings it over a connection of the program, again over the next one if the first
    /// goes before it is acknowledged.
    pub async fn types_by_socket(&self, line: &str, user: &str, channel: &str) -> Reply {
        let (form, id) = self.command(line, user, channel);
        let payload = form.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        self.brings("slash_commands", &Value::Object(payload), id).await
    }

    /// A person clicks; see [`FakeSlack::clicks`] and [`FakeSlack::types_by_socket`].
    pub async fn clicks_by_socket(&self, label: &str, user: &str, channel: &str) -> Reply {
        let (payload, id) = self.click(label, user, channel);
        self.brings("interactive", &payload, id).await
    }

    /// Slack brings something of a kind that the program may not know.
    pub async fn brings_kind(&self, kind: &str, payload: &Value) -> Reply {
        let id = format!("odd-{}", self.shared.team().next());
        self.brings(kind, payload, id).await
    }

    async fn brings(&self, kind: &str, payload: &Value, id: String) -> Reply {
        let envelope = format!("envelope-{id}");
        {
            let wire = json!({ "envelope_id": envelope, "type": kind, "accepts_response_payload": kind != "events_api",
                "payload": payload });
            let sockets = &mut self.shared.team().sockets;
            sockets.envelopes.push(Sent { id: envelope.clone(), wire, times: 0, line: None, acknowledged: None });
            sockets.bring();
        }
        self.shared.said.notify_waiters();
        let begun = tokio::time::Instant::now();
        let answer = self.until(|| {
            let team = self.shared.team();
            team.sockets.envelopes.iter().find(|sent| sent.id == envelope).and_then(|sent| sent.acknowledged.clone())
        });
        let body = answer.await;
        let within: Duration = begun.elapsed();
        self.shown(200, within, body.clone(), if body.is_null() { String::new() } else { body.to_string() }, id)
    }

    /// Slack brings the latest envelope once more, although it was acknowledged: the acknowledgement was lost on its side.
    pub fn brings_again(&self) {
        let sockets = &mut self.shared.team().sockets;
        let latest = sockets.envelopes.last_mut().expect("something was brought");
        (latest.acknowledged, latest.line) = (None, None);
        sockets.bring();
    }

    /// Waits until everything that was brought is acknowledged.
    pub async fn is_acknowledged(&self) {
        self.until(|| {
            let team = self.shared.team();
            team.sockets.envelopes.iter().all(|sent| sent.acknowledged.is_some()).then_some(())
        })
        .await;
    }

    /// Waits until the program has opened this many connections in all, and one is open.
    pub async fn is_connected(&self, opened: usize) {
        self.until(|| {
            let team = self.shared.team();
            (team.sockets.opened >= opened && !team.sockets.lines.is_empty()).then_some(())
        })
        .await;
    }

    /// Waits until only this many connections are open.
    pub async fn has_connections(&self, open: usize) {
        self.until(|| (self.connections() == open).then_some(())).await;
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.shared.team().sockets.lines.len()
    }

    /// Connections that were ever said hello to.
    pub fn connections_opened(&self) -> usize {
        self.shared.team().sockets.opened
    }

    /// How often envelopes were brought, repeats included.
    pub fn envelopes_brought(&self) -> usize {
        self.shared.team().sockets.envelopes.iter().map(|sent| sent.times).sum()
    }

    /// What the program sent that Slack would not understand.
    pub fn wrong_acknowledgements(&self) -> Vec<String> {
        self.shared.team().sockets.wrong.clone()
    }

    /// Slack asks for a fresh connection in place of each that is open: `warning`, `refresh_requested`, `link_disabled`.
    pub fn asks_for_fresh_connections(&self, reason: &str) {
        let text = json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "applink-1" } });
        self.order(&Order::Say(text.to_string()));
    }

    /// Slack sends these words over every connection that is open.
    pub fn says_by_socket(&self, text: &str) {
        self.order(&Order::Say(text.to_owned()));
    }

    /// Slack closes the oldest connection.
    pub fn closes_oldest_connection(&self) {
        let team = self.shared.team();
        let oldest = team.sockets.lines.values().next().expect("a connection is open");
        let _ = oldest.send(Order::Close);
    }

    /// The network drops every connection.
    pub fn cuts_connections(&self) {
        self.order(&Order::Cut);
    }

    /// Every open connection stays open, but nothing goes through it any more.
    pub fn deafens_connections(&self) {
        self.order(&Order::Deafen);
        let sockets = &mut self.shared.team().sockets;
        let lines = std::mem::take(&mut sockets.lines);
        sockets.deaf.extend(lines.into_values());
    }

    fn order(&self, order: &Order) {
        for way in self.shared.team().sockets.lines.values() {
            let _ = way.send(order.clone());
        }
    }
}
