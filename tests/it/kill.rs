//! The program is killed at random points during ingest and delivery, and started again: nothing that was acknowledged is
//! lost, nothing is said twice.
//!
//! `SHIFTBELL_KILL_SEED` repeats a run as far as the machine lets it, `SHIFTBELL_KILLS` chooses how many kills there are.

mod company;
mod machine;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use shiftbell::clock::{Chance, Clock};
use shiftbell::work::rebuild::rebuild;
use shiftbell_store::outbox::{self, State};
use shiftbell_store::{Db, entities, events, inbox};
use shiftbell_tests::fake_discord::{self, FakeDiscord};
use shiftbell_tests::fake_server::{FakeClock, Fault};
use shiftbell_tests::fake_slack::{self, FakeSlack, HISTORY_SCOPES};
use tokio::sync::Semaphore;

use company::{CHANNELS, NAME, channel_of, discord_channel, name_of, slack_channel};
use machine::{Machine, Point};
use source::{Acknowledged, Source};

const SENDERS: usize = 3;
/// At the end everything must have been worked off; a program that hangs would otherwise hang the test.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_kills_on_sqlite_lose_nothing_and_repeat_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shiftbell.db").display());
    let run = Run::new(&url, folder, true).await;
    run.kill_often(200).await;
    let told = run.check().await;
    assert!(told.repeats_in_slack.is_empty(), "seen more than once: {:?}", told.repeats_in_slack);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_kills_on_postgres_lose_nothing_and_repeat_nothing() {
    let database = shiftbell_tests::db::postgres().await;
    let run = Run::new(&database.url, tempfile::tempdir().unwrap(), true).await;
    run.kill_often(40).await;
    let told = run.check().await;
    assert!(told.repeats_in_slack.is_empty(), "seen more than once: {:?}", told.repeats_in_slack);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_the_history_every_repeat_says_that_it_may_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shiftbell.db").display());
    let run = Run::new(&url, folder, false).await;
    run.kill_often(40).await;
    let told = run.check().await;
    for (deal, bodies) in &told.repeats_in_slack {
        for body in &bodies[1..] {
            assert!(body.contains("This may be a repeat"), "an unmarked repeat of {deal}: {body}");
        }
    }
}

/// As systemd and Kubernetes do it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asked_to_stop_it_ends_what_it_has_begun() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shiftbell.db").display());
    let run = Run::new(&url, folder, true).await;
    for _ in 0..5 {
        run.source.allowed.add_permits(4);
        run.machine.start();
        run.machine.wait_for(Point::SlackAsked).await;
        run.machine.stop().await;
        let db = Db::open(&url).await.unwrap();
        let counts = outbox::counts(&mut db.read().await.unwrap(), NAME).await.unwrap();
        let unsure = counts.iter().filter(|(state, _)| matches!(state, State::Sending | State::Unknown));
        assert_eq!(unsure.count(), 0, "a request was left without its answer: {counts:?}");
    }
    let told = run.check().await;
    assert!(told.repeats_in_slack.is_empty(), "seen more than once: {:?}", told.repeats_in_slack);
}

struct Run {
    url: String,
    /// The definitions, the log and the SQLite file.
    _folder: tempfile::TempDir,
    slack: FakeSlack,
    discord: FakeDiscord,
    machine: Arc<Machine>,
    source: Arc<Source>,
    senders: Vec<tokio::task::JoinHandle<Vec<Acknowledged>>>,
}

/// Deals that are visible more than once in Slack, with every body.
struct Told {
    repeats_in_slack: BTreeMap<u64, Vec<String>>,
}

impl Run {
    async fn new(url: &str, folder: tempfile::TempDir, has_history: bool) -> Run {
        let seed = std::env::var("SHIFTBELL_KILL_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| Chance::System.number());
        eprintln!("SHIFTBELL_KILL_SEED={seed}");
        let (slack, discord) = company::with_channels(
            FakeSlack::start(FakeClock::Machine).await,
            FakeDiscord::start(FakeClock::Machine).await,
        );
        let slack = if has_history { slack.with_scopes(&HISTORY_SCOPES) } else { slack };
        let workspaces = folder.path().join("workspaces");
        std::fs::create_dir(&workspaces).unwrap();
        std::fs::write(workspaces.join(format!("{NAME}.toml")), company::definitions()).unwrap();
        let environment = [
            ("SHIFTBELL_DATABASE_URL", url.to_owned()),
            ("SHIFTBELL_WORKSPACES", workspaces.display().to_string()),
            ("SHIFTBELL_SLACK_API_URL", slack.api_url()),
            ("SHIFTBELL_DISCORD_API_URL", discord.api_url()),
            ("SHIFTBELL_LOG_LEVEL", "warn".to_owned()),
            ("SHIFTBELL_LEASE_SECONDS", "3".to_owned()),
            ("SHIFTBELL_LOOK_AGAIN_SECONDS", "1".to_owned()),
            ("KILL_SECRET", company::SECRET.to_owned()),
            ("KILL_SLACK_TOKEN", fake_slack::TOKEN.to_owned()),
            ("KILL_DISCORD_TOKEN", fake_discord::TOKEN.to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let machine = Machine::new(environment, folder.path().join("log"), Chance::seeded(seed));
        machine.listen_to(slack.faults(), Point::SlackAsked, Point::SlackActed, Point::SlackAnswered);
        machine.listen_to(discord.faults(), Point::DiscordAsked, Point::DiscordActed, Point::DiscordAnswered);
        let allowed = Semaphore::new(0);
        let source = Arc::new(Source { machine: Arc::clone(&machine), allowed, next: AtomicU64::new(0) });
        let senders = (0..SENDERS).map(|_| tokio::spawn(Arc::clone(&source).send_all())).collect();
        Run { url: url.to_owned(), _folder: folder, slack, discord, machine, source, senders }
    }

    async fn kill_often(&self, kills: usize) {
        let kills = std::env::var("SHIFTBELL_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(kills);
        for _ in 0..kills {
            self.break_something();
            self.source.allowed.add_permits(usize::try_from(self.machine.below(4)).unwrap());
            self.machine.start();
            self.machine.kill_somewhere().await;
        }
    }

    /// Now and then a chat service fails by itself, so that the program is also killed while it copes with that.
    fn break_something(&self) {
        let faults = [Fault::ActThenCut, Fault::CutBefore, Fault::ActThenStatus(502), Fault::Status(503)];
        let fault = faults[usize::try_from(self.machine.below(4)).unwrap()].clone();
        match self.machine.below(6) {
            0 => self.slack.faults().switch_on("chat.postMessage", fault, 1),
            1 => self.slack.faults().switch_on("conversations.history", fault, 1),
            2 => self.discord.faults().switch_on("POST channels/messages", fault, 1),
            _ => {}
        }
    }

    /// Starts the program for the last time, lets it end its work, and looks at everything.
    async fn check(mut self) -> Told {
        self.machine.start();
        let sent = self.all_acknowledged().await;
        let db = Db::open(&self.url).await.unwrap();
        let worked_off = tokio::time::timeout(PATIENCE, worked_off(&db)).await;
        assert!(worked_off.is_ok(), "not worked off: {}; it said:\n{}", left(&db).await, self.machine.said());
        self.machine.stop().await;
        let deals: Vec<u64> = sent.iter().flat_map(|one| one.deals.iter().copied()).collect();
        every_delivery_is_kept(&db, &sent).await;
        every_event_is_there_once(&db, &deals).await;
        a_rebuild_changes_nothing(&db).await;
        let in_slack = tellings(&deals, |n| self.slack.bodies(&slack_channel(n)));
        let in_discord = tellings(&deals, |n| self.discord.bodies(&discord_channel(n)));
        let twice: Vec<_> = in_discord.iter().filter(|(_, bodies)| bodies.len() > 1).collect();
        assert!(twice.is_empty(), "seen more than once in Discord: {twice:?}");
        let repeats_in_slack: BTreeMap<_, _> = in_slack.into_iter().filter(|(_, bodies)| bodies.len() > 1).collect();
        eprintln!(
            "{} kills {:?}; {} deliveries, sent {} times; {} deals, each told in Slack and Discord; {} repeated in Slack",
            self.machine.kills().values().sum::<usize>(),
            self.machine.kills(),
            sent.len(),
            sent.iter().map(|one| one.sent).sum::<usize>(),
            deals.len(),
            repeats_in_slack.len()
        );
        Told { repeats_in_slack }
    }

    async fn all_acknowledged(&mut self) -> Vec<Acknowledged> {
        while self.source.allowed.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.source.allowed.close();
        let mut all = Vec::new();
        for sender in self.senders.drain(..) {
            let sent = tokio::time::timeout(PATIENCE, sender).await;
            let sent = sent.unwrap_or_else(|_| panic!("not acknowledged; it said:\n{}", self.machine.said()));
            all.extend(sent.expect("a sender does not fail"));
        }
        all
    }
}

async fn worked_off(db: &Db) {
    while !left(db).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What is still to be done, in words.
async fn left(db: &Db) -> String {
    let mut snapshot = db.read().await.unwrap();
    let backlog = inbox::backlog(&mut snapshot, NAME).await.unwrap();
    let counts = outbox::counts(&mut snapshot, NAME).await.unwrap();
    let mut left: Vec<String> = counts
        .iter()
        .filter(|(state, n)| *state != State::Delivered && *n > 0)
        .map(|(state, n)| format!("{n} messages are {}", state.word()))
        .collect();
    if backlog.waiting > 0 {
        left.push(format!("{} deliveries wait", backlog.waiting));
    }
    left.join(", ")
}

async fn every_delivery_is_kept(db: &Db, sent: &[Acknowledged]) {
    let mut snapshot = db.read().await.unwrap();
    let backlog = inbox::backlog(&mut snapshot, NAME).await.unwrap();
    assert_eq!((backlog.waiting, backlog.unreadable), (0, 0));
    for one in sent {
        let Some(number) = one.number else { continue };
        let kept = inbox::raw(&mut snapshot, NAME, number).await.unwrap();
        let (source, body) = kept.unwrap_or_else(|| panic!("delivery {number} was acknowledged and is not there"));
        assert_eq!((source.as_str(), String::from_utf8_lossy(&body).as_ref()), ("crm", one.body.as_str()));
    }
}

async fn every_event_is_there_once(db: &Db, deals: &[u64]) {
    let mut snapshot = db.read().await.unwrap();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut after = None;
    loop {
        let accounts = entities::accounts_after(&mut snapshot, NAME, after, 500).await.unwrap();
        let Some(last) = accounts.last().copied() else { break };
        for stored in events::of_accounts(&mut snapshot, NAME, &accounts).await.unwrap() {
            *found.entry(stored.external_id).or_default() += 1;
        }
        after = Some(last);
    }
    let wanted: BTreeMap<String, usize> = deals.iter().map(|deal| (format!("won-{deal}"), 1)).collect();
    assert_eq!(found, wanted, "events");
    assert_eq!(events::count(&mut snapshot, NAME).await.unwrap(), i64::try_from(deals.len()).unwrap());
}

async fn a_rebuild_changes_nothing(db: &Db) {
    let live = crate::rebuild::derived(db, NAME).await;
    assert!(!live.is_empty());
    rebuild(db, &company::workspace(), Clock::System.now(), |_| {}).await.unwrap();
    let again = crate::rebuild::derived(db, NAME).await;
    let wrong: Vec<&String> = live.keys().chain(again.keys()).filter(|key| live.get(*key) != again.get(*key)).collect();
    assert!(wrong.is_empty(), "{} rows differ from a rebuild, such as {:?}", wrong.len(), &wrong[..wrong.len().min(5)]);
}

/// Where each deal is told. Every one is, in its channel and in no other, and nothing else is there.
fn tellings(deals: &[u64], bodies: impl Fn(u64) -> Vec<serde_json::Value>) -> BTreeMap<u64, Vec<String>> {
    let by_channel: Vec<Vec<String>> =
        (0..CHANNELS).map(|n| bodies(n).iter().map(serde_json::Value::to_string).collect()).collect();
    let mut told = BTreeMap::new();
    for deal in deals {
        let channel = &by_channel[usize::try_from(channel_of(*deal)).unwrap()];
        let about: Vec<String> = channel.iter().filter(|body| body.contains(&name_of(*deal))).cloned().collect();
        assert!(!about.is_empty(), "deal {deal} was never told in channel {}", channel_of(*deal));
        told.insert(*deal, about);
    }
    let seen: usize = told.values().map(Vec::len).sum();
    assert_eq!(seen, by_channel.iter().map(Vec::len).sum::<usize>(), "something was said about nothing that we sent");
    told
}
