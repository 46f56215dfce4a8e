//! Discord's gateway: keeps one session alive, over as many connections as it takes.

use std::sync::Arc;

use futures_util::future::join_all;
use shiftbell_chat::discord::gateway::{Beat, FOR_GOOD, NoGateway, Session, TO_RESUME};
use shiftbell_chat::discord::{DiscordClient, Interaction};
use shiftbell_chat::socket::{Frame, Socket};
use shiftbell_chat::{Outcome, Outlet};
use shiftbell_metrics::time::Instant;
use shiftbell_store::{StoreError, requests};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::commands::register;
use super::pace::Pace;
use crate::answer;
use crate::companies::Company;
use crate::program::Program;
use crate::readiness::Standing;

/// Interactions worked on at once; more wait in the connection.
const AT_ONCE: usize = 64;
/// How long a new connection may take to say hello.
const HELLO_WITHIN_MS: i64 = 10_000;
/// Discord asks to wait from one to five seconds before a session is begun anew.
const ANEW_AFTER_MS: (i64, i64) = (1_000, 4_000);
/// Under which name several processes agree who follows an interaction: Discord brings it to each of them.
const TAKEN_AS: &str = "discord gateway";

/// One bot, and the companies in whose guilds it is.
#[derive(Debug)]
pub(super) struct Line {
    program: Arc<Program>,
    companies: Vec<Arc<Company>>,
    client: Arc<DiscordClient>,
    places: Arc<Semaphore>,
    /// Held by whoever registers the commands, so that sessions in quick succession do not each do it.
    registering: Arc<Mutex<()>>,
}

impl Line {
    /// `None`: the companies have no client, which was said when it could not be made.
    pub(super) fn new(program: &Arc<Program>, companies: Vec<Arc<Company>>) -> Option<Line> {
        let client = program.outlets.discord(companies.first()?.name())?;
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Some(Line { program: Arc::clone(program), companies, client, places, registering: Arc::default() })
    }

    /// Sees to it that the guilds of the companies know the commands, unless somebody is at it already.
    fn register(&self) {
        let Ok(turn) = Arc::clone(&self.registering).try_lock_owned() else { return };
        let all = self.companies.iter().map(|company| register(Arc::clone(&self.program), Arc::clone(company)));
        let all = join_all(all.collect::<Vec<_>>());
        self.program.tasks.spawn(async move {
            all.await;
            drop(turn);
        });
    }

    fn stands(&self, standing: &Standing) {
        for company in &self.companies {
            self.program.readiness.socket_stands(Outlet::Discord, company.name(), standing.clone());
        }
    }

    fn now(&self) -> Instant {
        self.program.clock.now()
    }
}

/// Keeps a session alive until the program is asked to stop.
pub(super) async fn keep_open(line: Arc<Line>) {
    let (mut pace, mut session) = (Pace::default(), Session::default());
    let stop = line.program.stop.clone();
    line.stands(&Standing::Down { since: line.now(), why: "it is being opened".to_owned() });
    while !stop.is_cancelled() {
        let since = line.now();
        let Some(NoGateway { why, after_ms, needs_a_person }) = connection(&line, &mut session).await else { return };
        pace.lasted(line.now().since(since));
        line.stands(&Standing::Down { since: line.now(), why: why.clone() });
        let wait_ms = pace.failed(after_ms, line.program.chance.fraction());
        if needs_a_person {
            tracing::error!(why, wait_ms, "nobody can ask in Discord; it is tried again");
        } else {
            tracing::info!(why, wait_ms, "the connection to Discord is opened again");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = line.program.clock.wait_ms(wait_ms) => {}
        }
    }
}

/// One connection, from its opening to its end, and why it ended; `None` where the program stops.
async fn connection(line: &Arc<Line>, session: &mut Session) -> Option<NoGateway> {
    let bytes_max = line.program.config.body_bytes_max;
    let opened = tokio::select! {
        () = line.program.stop.cancelled() => return None,
        opened = line.client.open_gateway(session, bytes_max, line.now()) => opened,
    };
    let socket = match opened {
        Ok(socket) => socket,
        Err(none) => return Some(none),
    };
    let due = line.now().plus_ms(HELLO_WITHIN_MS);
    let mut open = Open { line, session, socket, rhythm: Rhythm { every_ms: None, due, is_heard: true } };
    let end = open.run().await;
    let code = if end.is_some() { TO_RESUME } else { FOR_GOOD };
    open.socket.close(code).await;
    end
}

/// When a heartbeat is due, and whether the last one was heard.
#[derive(Debug)]
struct Rhythm {
    /// Not known before hello; until then `due` is when hello is overdue.
    every_ms: Option<i64>,
    due: Instant,
    is_heard: bool,
}

struct Open<'a> {
    line: &'a Arc<Line>,
    session: &'a mut Session,
    socket: Socket,
    rhythm: Rhythm,
}

fn passing(why: impl Into<String>) -> NoGateway {
    NoGateway { why: why.into(), after_ms: 0, needs_a_person: false }
}

impl Open<'_> {
    async fn run(&mut self) -> Option<NoGateway> {
        let (places, program) = (Arc::clone(&self.line.places), Arc::clone(&self.line.program));
        loop {
            let ended = tokio::select! {
                biased;
                () = program.stop.cancelled() => return None,
                () = program.clock.wait_until(self.rhythm.due) => self.beat().await,
                (place, frame) = async {
                    let place = Arc::clone(&places).acquire_owned().await;
                    (place, self.socket.next().await)
                } => match frame {
                    Ok(frame) => self.take(frame, place.ok()).await,
                    Err(broken) => Err(passing(broken.to_string())),
                },
            };
            if let Err(end) = ended {
                return Some(end);
            }
        }
    }

    /// The clock has reached the next heartbeat.
    async fn beat(&mut self) -> Result<(), NoGateway> {
        let Some(every_ms) = self.rhythm.every_ms else { return Err(passing("discord did not say hello")) };
        if !self.rhythm.is_heard {
            return Err(passing("the connection gave no sign of life"));
        }
        self.rhythm.is_heard = false;
        self.rhythm.due = self.line.now().plus_ms(every_ms);
        self.say(&self.session.heartbeat()).await
    }

    async fn say(&mut self, text: &str) -> Result<(), NoGateway> {
        self.socket.say(text).await.map_err(|broken| passing(broken.to_string()))
    }

    async fn take(&mut self, frame: Frame, place: Option<OwnedSemaphorePermit>) -> Result<(), NoGateway> {
        let text = match frame {
            Frame::Alive => return Ok(()),
            Frame::Closed { code } => {
                return Err(match self.session.closed(code) {
                    Ok(()) => passing("discord closed the connection"),
                    Err(why) => NoGateway { why, after_ms: 0, needs_a_person: true },
                });
            }
            Frame::Text(text) => text,
        };
        match self.session.heard(&text, self.line.client.token()) {
            Ok(Beat::Hello { say, every_ms }) => {
                // The first heartbeat comes at a random part of the rhythm, so that all bots do not beat together.
                let part = self.line.program.chance.fraction();
                let first_ms = (every_ms as f64 * part) as i64;
                self.rhythm =
                    Rhythm { every_ms: Some(every_ms), due: self.line.now().plus_ms(first_ms), is_heard: true };
                self.say(&say).await
            }
            Ok(Beat::Ready { application }) => {
                if let Some(application) = application {
                    self.line.client.is_of_application(&application);
                    self.line.register();
                }
                self.line.stands(&Standing::Up { since: self.line.now() });
                metrics::counter!("shiftbell_socket_connections_total", "outlet" => "discord").increment(1);
                Ok(())
            }
            Ok(Beat::HeartbeatWanted) => self.say(&self.session.heartbeat()).await,
            Ok(Beat::HeartbeatHeard) => {
                self.rhythm.is_heard = true;
                Ok(())
            }
            Ok(Beat::Interaction(Ok(interaction))) => {
                let line = Arc::clone(self.line);
                self.line.program.tasks.spawn(async move {
                    follow(&line, interaction).await;
                    drop(place);
                });
                Ok(())
            }
            Ok(Beat::Interaction(Err(unreadable))) => {
                tracing::warn!(%unreadable, "a request from Discord is not understood");
                Ok(())
            }
            Ok(Beat::Leave { why }) => {
                let (least, more) = ANEW_AFTER_MS;
                let chance = self.line.program.chance.fraction();
                let after_ms = if self.session.is_resumable() { 0 } else { least + (more as f64 * chance) as i64 };
                Err(NoGateway { after_ms, ..passing(why) })
            }
            Ok(Beat::Nothing) => Ok(()),
            Err(unreadable) => {
                tracing::warn!(%unreadable, "discord sent what cannot be read");
                Ok(())
            }
        }
    }
}

/// Answers one interaction, unless another process does.
async fn follow(line: &Line, interaction: Interaction) {
    let Some(reply_to) = interaction.reply().cloned() else { return };
    match is_ours(line, &interaction).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => tracing::warn!(%error, "it is not known whether another process answers; this one does"),
    }
    let reply = match answer::discord::to_interaction(&line.program, line.companies.clone(), interaction).await {
        Ok(reply) => reply,
        Err(problem) => {
            tracing::warn!(why = problem.sentence, "a request from Discord is for nobody here");
            return;
        }
    };
    let mut called = line.client.call_back(&reply_to, &reply.now, line.now()).await;
    if let Err(Outcome::RetryAt { .. } | Outcome::Unknown { .. }) = called {
        called = line.client.call_back(&reply_to, &reply.now, line.now()).await;
    }
    if let Err(outcome) = called {
        tracing::warn!(?outcome, "an answer did not arrive in Discord");
    }
    // Even if that is not known to have arrived: then the edit says so too.
    if let Some(afterwards) = reply.afterwards {
        afterwards.await;
    }
}

/// Several processes on one database each have a session, and Discord brings everything to each of them: whoever writes it
/// down first answers.
async fn is_ours(line: &Line, interaction: &Interaction) -> Result<bool, StoreError> {
    let program = &line.program;
    let (Some(company), Some(id)) = (line.companies.first(), interaction.id()) else { return Ok(true) };
    if program.db.slots() == 1 {
        return Ok(true);
    }
    let mut tx = program.db.write().await?;
    let is_first = requests::take(&mut tx, company.name(), TAKEN_AS, id, line.now().as_ms()).await?;
    tx.commit().await?;
    Ok(is_first)
}
