//! Slack's Socket Mode: keeps one connection open, and a second while Slack wants the first replaced.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;
use shiftbell_chat::slack::{Envelope, NotOpened, Received, SocketMode, Told, acknowledgement, read_received};
use shiftbell_chat::socket::{Broken, Frame, Socket};
use shiftbell_chat::{CannotBuild, Outlet};
use shiftbell_metrics::time::Instant;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Semaphore, oneshot};

use super::met::{Meeting, Met, Way};
use super::pace::Pace;
use crate::answer;
use crate::companies::Company;
use crate::program::Program;
use crate::readiness::Standing;

/// Requests worked on at once; more wait in the connection.
const AT_ONCE: usize = 64;
/// How long a new connection may take to say hello.
const HELLO_WITHIN_MS: i64 = 10_000;
/// A connection that was silent for this long is asked for a sign of life (Slack itself pings about as often) ...
const QUIET_MS: i64 = 30_000;
/// ... and is given up if it gives none within this.
const SIGN_WITHIN_MS: i64 = 10_000;
/// How long a connection that Slack wants replaced is still listened to. Slack closes it after about ten seconds.
const LEAVING_MS: i64 = 60_000;
/// The code of a goodbye in order.
const NORMAL: u16 = 1_000;

/// One app, and the companies that it belongs to.
#[derive(Debug)]
pub(super) struct Line {
    program: Arc<Program>,
    companies: Vec<Arc<Company>>,
    app: SocketMode,
    met: Met,
    places: Arc<Semaphore>,
}

/// Why a connection is to be replaced.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Slack asks for it, and still uses the old one: the usual case, every few hours.
    Refresh,
    Lost {
        why: String,
    },
}

impl Line {
    pub(super) fn new(
        program: &Arc<Program>,
        companies: Vec<Arc<Company>>,
        token: SecretString,
    ) -> Result<Line, CannotBuild> {
        let app = SocketMode::new(&program.config.slack_api_url, token)?;
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Line { program: Arc::clone(program), companies, app, met: Met::default(), places })
    }

    fn stands(&self, standing: &Standing) {
        for company in &self.companies {
            self.program.readiness.socket_stands(Outlet::Slack, company.name(), standing.clone());
        }
    }

    /// Notes that nobody can ask just now.
    fn lost(&self, why: String, after_ms: i64, needs_a_person: bool) -> (String, i64, bool) {
        self.stands(&Standing::Down { since: self.now(), why: why.clone() });
        (why, after_ms, needs_a_person)
    }

    fn now(&self) -> Instant {
        self.program.clock.now()
    }
}

/// Keeps a connection open until the program is asked to stop.
pub(super) async fn keep_open(line: Arc<Line>) {
    let mut pace = Pace::default();
    let stop = line.program.stop.clone();
    line.stands(&Standing::Down { since: line.now(), why: "it is being opened".to_owned() });
    while !stop.is_cancelled() {
        let opened = tokio::select! {
            () = stop.cancelled() => return,
            opened = open(&line) => opened,
        };
        let (why, after_ms, needs_a_person) = match opened {
            Ok(socket) => {
                let since = line.now();
                line.stands(&Standing::Up { since });
                metrics::counter!("shiftbell_socket_connections_total", "outlet" => "slack").increment(1);
                let (ending, ended) = oneshot::channel();
                line.program.tasks.spawn(listen(Arc::clone(&line), socket, ending));
                let end = ended.await;
                pace.lasted(line.now().since(since));
                match end {
                    // The old connection is used until the new one says hello.
                    Ok(End::Refresh) => ("slack wants a fresh connection".to_owned(), 0, false),
                    Ok(End::Lost { why }) => line.lost(why, 0, false),
                    Err(_) => line.lost("it ended with a mistake of ours".to_owned(), 0, false),
                }
            }
            Err(NotOpened { why, after_ms, needs_a_person }) => line.lost(why, after_ms, needs_a_person),
        };
        if stop.is_cancelled() {
            return;
        }
        let wait_ms = pace.failed(after_ms, line.program.chance.fraction());
        if needs_a_person {
            tracing::error!(why, wait_ms, "nobody can ask in Slack; it is tried again");
        } else {
            tracing::info!(why, wait_ms, "the connection to Slack is opened again");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = line.program.clock.wait_ms(wait_ms) => {}
        }
    }
}

/// Opens a connection and waits until Slack says that it uses it.
async fn open(line: &Line) -> Result<Socket, NotOpened> {
    let mut socket = line.app.open(line.program.config.body_bytes_max).await?;
    let lost = |why: String| NotOpened { why, after_ms: 0, needs_a_person: false };
    let deadline = line.now().plus_ms(HELLO_WITHIN_MS);
    loop {
        let frame = tokio::select! {
            frame = socket.next() => frame.map_err(|broken| lost(broken.to_string()))?,
            () = line.program.clock.wait_until(deadline) => return Err(lost("slack did not say hello".to_owned())),
        };
        match frame {
            Frame::Alive => {}
            Frame::Closed { .. } => return Err(lost("slack closed the connection before it was used".to_owned())),
            Frame::Text(text) => match read_received(&text, line.app.api_url()) {
                Ok(Received::Hello) => return Ok(socket),
                Ok(Received::Disconnect { reason }) => return Err(not_wanted(&reason)),
                Ok(Received::Envelope(_) | Received::Unknown { .. }) | Err(_) => {
                    return Err(lost("slack began without hello".to_owned()));
                }
            },
        }
    }
}

fn not_wanted(reason: &str) -> NotOpened {
    let needs_a_person = reason == "link_disabled";
    let why = if needs_a_person {
        "Socket Mode is switched off for this app; switch it on in the app's settings (Socket Mode)".to_owned()
    } else {
        format!("slack says {reason}")
    };
    NotOpened { why, after_ms: 0, needs_a_person }
}

/// Listens to a connection that is in use. `ending` is told as soon as another is needed, which may be long before this one ends.
async fn listen(line: Arc<Line>, socket: Socket, ending: oneshot::Sender<End>) {
    let (way, acknowledgements) = unbounded_channel();
    let mut open = Open { line, socket, ending: Some(ending), heard_at: Instant(0), asked_at: None, leaves_at: None };
    open.heard_at = open.line.now();
    let why = match open.run(way, acknowledgements).await {
        Ok(why) => why,
        Err(broken) => broken.to_string(),
    };
    open.tell(End::Lost { why });
    open.socket.close(NORMAL).await;
}

/// A connection in use.
struct Open {
    line: Arc<Line>,
    socket: Socket,
    ending: Option<oneshot::Sender<End>>,
    heard_at: Instant,
    /// When it was asked for a sign of life that has not come.
    asked_at: Option<Instant>,
    /// When it is given up although Slack has not closed it.
    leaves_at: Option<Instant>,
}

impl Open {
    /// Until it ends; why, in words.
    async fn run(&mut self, way: Way, mut acknowledgements: UnboundedReceiver<String>) -> Result<String, Broken> {
        let (places, stop) = (Arc::clone(&self.line.places), self.line.program.stop.clone());
        loop {
            let due = self.due();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(acknowledgement) = acknowledgements.recv() => self.socket.say(&acknowledgement).await?,
                () = self.line.program.clock.wait_until(due) => {
                    if let Some(why) = self.overdue().await? {
                        return Ok(why);
                    }
                }
                (place, frame) = async {
                    let place = Arc::clone(&places).acquire_owned().await;
                    (place, self.socket.next().await)
                } => {
                    self.heard_at = self.line.now();
                    self.asked_at = None;
                    match frame? {
                        Frame::Alive => {}
                        Frame::Closed { .. } => return Ok("slack closed the connection".to_owned()),
                        Frame::Text(text) => {
                            if let Some(acknowledgement) = self.take(&text, &way, place.ok()) {
                                self.socket.say(&acknowledgement).await?;
                            }
                        }
                    }
                }
            }
        }
        // Asked to stop: nothing new is taken, what has begun is acknowledged. Each answer has its own end.
        drop(way);
        while let Some(acknowledgement) = acknowledgements.recv().await {
            self.socket.say(&acknowledgement).await?;
        }
        Ok("the program stops".to_owned())
    }

    fn due(&self) -> Instant {
        let quiet =
            self.asked_at.map_or_else(|| self.heard_at.plus_ms(QUIET_MS), |asked_at| asked_at.plus_ms(SIGN_WITHIN_MS));
        self.leaves_at.map_or(quiet, |leaves_at| leaves_at.min(quiet))
    }

    /// The clock has reached what was due: gives the connection up for a reason, or asks it for a sign of life.
    async fn overdue(&mut self) -> Result<Option<String>, Broken> {
        let now = self.line.now();
        if self.leaves_at.is_some_and(|leaves_at| leaves_at <= now) {
            return Ok(Some("slack did not close the connection that it wanted replaced".to_owned()));
        }
        if self.asked_at.is_some() {
            return Ok(Some("the connection gave no sign of life".to_owned()));
        }
        self.asked_at = Some(now);
        self.socket.ping().await?;
        Ok(None)
    }

    /// Takes one text. What is returned is sent back at once.
    fn take(&mut self, text: &str, way: &Way, place: Option<tokio::sync::OwnedSemaphorePermit>) -> Option<String> {
        match read_received(text, self.line.app.api_url()) {
            Ok(Received::Hello) => None,
            Ok(Received::Disconnect { reason }) => {
                match reason.as_str() {
                    "warning" | "refresh_requested" => self.tell(End::Refresh),
                    _ => self.tell(End::Lost { why: not_wanted(&reason).why }),
                }
                self.leaves_at = Some(self.line.now().plus_ms(LEAVING_MS));
                None
            }
            Ok(Received::Envelope(envelope)) => match self.line.met.meet(&envelope.id, way) {
                Meeting::Done(acknowledgement) => Some(acknowledgement),
                Meeting::AtWork => None,
                Meeting::First => {
                    let line = Arc::clone(&self.line);
                    self.line.program.tasks.spawn(async move {
                        let id = envelope.id.clone();
                        let acknowledgement = answered(&line, envelope).await;
                        line.met.done(&id, acknowledgement);
                        drop(place);
                    });
                    None
                }
            },
            Ok(Received::Unknown { kind }) => {
                tracing::debug!(kind, "slack sent what this version does not know");
                None
            }
            Err(unreadable) => {
                tracing::warn!(%unreadable, "slack sent what cannot be read");
                None
            }
        }
    }

    fn tell(&mut self, end: End) {
        if let Some(ending) = self.ending.take() {
            let _ = ending.send(end);
        }
    }
}

/// The acknowledgement of an envelope, after what it asks for was done or promised.
async fn answered(line: &Line, envelope: Envelope) -> String {
    let told = match envelope.told {
        Ok(told) => told,
        Err(unreadable) => {
            tracing::warn!(%unreadable, "a request from Slack is acknowledged without being understood");
            return acknowledgement(&envelope.id, None);
        }
    };
    let is_command = matches!(told, Told::Command(_));
    let answer = match answer::slack::to_told(&line.program, line.companies.clone(), told).await {
        Ok(answer) => answer,
        Err(problem) => {
            tracing::warn!(why = problem.sentence, "a request from Slack is for nobody here");
            is_command.then(|| json!({ "response_type": "ephemeral", "text": problem.sentence }))
        }
    };
    acknowledgement(&envelope.id, answer.as_ref().filter(|_| envelope.takes_answer))
}
