//! The sample company with a year of events, a clock that stands still until it is moved, and the timer.

use std::sync::Arc;

use shiftbell::clock::{Chance, Clock};
use shiftbell::companies::{Companies, Company};
use shiftbell::config::Config;
use shiftbell::program::Program;
use shiftbell::work::derive::{Incoming, derive};
use shiftbell::work::letter::Letter;
use shiftbell::work::timer::Timer;
use shiftbell_metrics::definitions::{RolloutStep, read};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::rollout::Said;
use shiftbell_metrics::time::Instant;
use shiftbell_store::outbox::{self, Listed};
use shiftbell_store::rollout;
use shiftbell_tests::db::TestDb;
use shiftbell_tests::sample::{DEFINITIONS, vocabulary};

pub(crate) const COMPANY: &str = "clowns-to-go";

pub(crate) fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap_or_else(|| panic!("{text} is no instant"))
}

/// The file of the sample company without a change.
pub(crate) fn as_it_is(text: &str) -> String {
    text.to_owned()
}

/// The step of the roll-out in the sample company's file.
const STEP: &str = "step     = \"focus\"";

/// The file of the sample company in another step of the roll-out.
pub(crate) fn in_step(step: RolloutStep) -> impl Fn(&str) -> String {
    move |text| {
        assert!(text.contains(STEP));
        text.replace(STEP, &format!("step = \"{}\"", step.word()))
    }
}

/// The sample company, after a change of its file; with everybody rolled out, unless that was changed.
pub(crate) fn company(change: impl Fn(&str) -> String) -> Company {
    let text = change(DEFINITIONS).replace(STEP, "step = \"grow\"");
    let checked = read("clowns-to-go.toml", &text, &vocabulary());
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    let none = |_: &str| None;
    Company::new(COMPANY.into(), text, checked.definitions.unwrap(), &none).0
}

/// A process: everything that one replica has.
pub(crate) struct World {
    pub(crate) program: Arc<Program>,
    pub(crate) timer: Timer,
}

impl World {
    pub(crate) async fn new(db: &TestDb, now: Instant, change: impl Fn(&str) -> String) -> World {
        World::with_clock(db, Clock::at(now), 1, change).await
    }

    pub(crate) async fn with_clock(db: &TestDb, clock: Clock, seed: u64, change: impl Fn(&str) -> String) -> World {
        let config = Config { database_url: db.url.clone(), ..Config::default() };
        let companies = Companies::new([company(change)]);
        let program = Program::new(config, clock, Chance::seeded(seed), companies).await.unwrap();
        World { timer: Timer::new(Arc::clone(&program)), program }
    }

    pub(crate) fn company(&self) -> Arc<Company> {
        Arc::clone(self.program.companies.get(COMPANY).unwrap())
    }

    /// Derives events as an import does: nobody is told.
    pub(crate) async fn know(&self, events: impl IntoIterator<Item = Event>) {
        let company = self.company();
        let all: Vec<Event> = events.into_iter().collect();
        for chunk in all.chunks(500) {
            let batch: Vec<Incoming> = chunk
                .iter()
                .map(|event| Incoming {
                    source: "anything".into(),
                    by: company.workspace.role_of(event.owner.as_deref()),
                    event: event.clone(),
                    delivery: None,
                })
                .collect();
            let now = self.program.clock.now();
            let (tx, _) = derive(&self.program.db, &company.workspace, &batch, now).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    /// Moves the clock and lets the timer turn.
    pub(crate) async fn tick(&mut self, to: &str) -> usize {
        self.tick_at(at(to)).await
    }

    pub(crate) async fn tick_at(&mut self, to: Instant) -> usize {
        let by_ms = to.since(self.program.clock.now());
        assert!(by_ms >= 0, "the clock only goes forward");
        self.program.clock.advance_ms(by_ms);
        self.timer.turn().await
    }

    /// Somebody says something about the roll-out.
    pub(super) async fn says(&self, said: Said) {
        let file = self.company().defs().rollout.step;
        let change = rollout::Change { said, by: rollout::OPERATOR.into(), at_ms: self.program.clock.now().as_ms() };
        let mut tx = self.program.db.write().await.unwrap();
        rollout::say(&mut tx, COMPANY, &change, file).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody says which step the roll-out is to be in.
    pub(super) async fn moves_to(&self, step: RolloutStep) {
        self.says(Said::Step { step, file: self.company().defs().rollout.step }).await;
    }

    /// What became of everything in the outbox, oldest first.
    pub(super) async fn listed(&self) -> Vec<Listed> {
        let mut snapshot = self.program.db.read().await.unwrap();
        let mut listed = outbox::latest(&mut snapshot, COMPANY, 10_000).await.unwrap();
        listed.reverse();
        listed
    }

    /// Everything in the outbox, oldest first: to whom, which revision, and the letter.
    pub(crate) async fn letters(&self) -> Vec<(String, i64, Letter)> {
        let mut snapshot = self.program.db.read().await.unwrap();
        let mut letters = Vec::new();
        for listed in outbox::latest(&mut snapshot, COMPANY, 10_000).await.unwrap() {
            let facts = outbox::facts(&mut snapshot, COMPANY, listed.id).await.unwrap().unwrap();
            letters.push((listed.destination, listed.revision, Letter::read(&facts).unwrap()));
        }
        letters.reverse();
        letters
    }

    /// The same, of one kind of message.
    pub(crate) async fn of(&self, kind: &str) -> Vec<(String, i64, Letter)> {
        self.letters().await.into_iter().filter(|(.., letter)| letter.notice.name() == kind).collect()
    }

    /// Who was sent a scorecard, in the order in which they were.
    pub(crate) async fn scorecards_to(&self) -> Vec<String> {
        self.of("scorecard").await.into_iter().map(|(to, ..)| to).collect()
    }
}

/// The words of a letter.
pub(crate) fn words(letter: &Letter) -> String {
    shiftbell_render::plain::text(&letter.document().unwrap())
}

/// A call that was accepted, as the sample company's events say it.
pub(crate) fn call(n: usize, owner: &str, at: &str) -> Event {
    Event::from_json(&format!(
        r#"{{"id":"call-{n}","type":"call","at":"{at}","contact":"c-{n}","owner":"{owner}","outcome":"accepted",
            "direction":"out","follow_up":true,"set":{{"contact":{{"email":"someone-{n}@party.example"}}}}}}"#
    ))
    .unwrap()
}
