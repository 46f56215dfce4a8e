//! The client against a portal that refuses what the real one refuses. No database is needed to see what it reads.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use secrecy::SecretString;
use shiftbell::work::poll::Connection;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND};
use shiftbell_sources::hubspot::poll::{Ask, Page, Poll, PollProblem, Position, Wanted};
use shiftbell_tests::fake_hubspot::{HubSpotApi, Object, TOKEN};
use shiftbell_tests::fake_server::{FakeClock, Fault, Moment};

use super::{portal, settings, start, workspace};

/// A reader at work: the portal's clock and the reader's are the same, and waiting moves it.
struct Reader {
    api: HubSpotApi,
    clock: FakeClock,
    connection: Connection,
    position: Position,
    waited_ms: i64,
}

fn wanted() -> Wanted {
    let plan = workspace().meaning.plan.fields_of(EntityKind::Contact).map(str::to_owned).collect();
    let events = ["call", "email", "meeting", "task"].map(str::to_owned);
    Wanted { fields: [(EntityKind::Contact, plan)].into(), events: events.into() }
}

impl Reader {
    async fn of(portal: shiftbell_tests::fake_hubspot::FakeHubSpot) -> Reader {
        let clock = FakeClock::at(portal.now);
        let api = HubSpotApi::start(portal, clock.clone()).await;
        let connection = Connection::new(api.url(), &SecretString::from(TOKEN)).unwrap();
        Reader { api, clock, connection, position: Position::default(), waited_ms: 0 }
    }

    /// Reads one round to its end.
    async fn round(&mut self) -> Result<Vec<Page>, PollProblem> {
        let mut settings = settings(&workspace());
        settings.asking.history_ms = None;
        let mut poll = Poll::new(settings, wanted(), self.position.clone());
        poll.begin(self.clock.now(), false);
        let mut pages = Vec::new();
        loop {
            while let Some(page) = poll.page() {
                self.position = page.position.clone();
                pages.push(page);
            }
            let now = self.clock.now();
            match poll.ask(now) {
                Ask::Done => return Ok(pages),
                Ask::Wait(until) => {
                    self.waited_ms += until.since(now);
                    self.clock.advance_ms(until.since(now));
                }
                Ask::Send(ticket, request) => {
                    let said = self.connection.send(&request).await;
                    said.read(|answer| poll.take(ticket, answer, now))?;
                }
                Ask::Page => {}
                Ask::Answer => panic!("every request is answered"),
            }
        }
    }
}

/// The ids of contacts, in the order in which they were read.
fn contacts(pages: &[Page]) -> Vec<u64> {
    let seen = pages.iter().flat_map(|page| &page.seen).filter(|seen| seen.key.kind == EntityKind::Contact);
    seen.map(|seen| seen.key.id.parse().unwrap()).collect()
}

#[tokio::test]
async fn twelve_thousand_records_of_one_millisecond_are_all_read_the_newest_first() {
    let mut portal = portal();
    let ids: Vec<u64> = (0..12_000).map(|_| portal.import_contact(&[("hs_lead_status", "NEW")])).collect();
    let mut reader = Reader::of(portal).await;
    reader.api.limit(1_000_000, 1_000_000, 1_000_000);
    let read = contacts(&reader.round().await.unwrap());
    assert_eq!(read, ids.iter().rev().copied().collect::<Vec<_>>());
    assert!(reader.api.deepest_search() <= 200, "{}", reader.api.deepest_search());
    assert_eq!((reader.position.rounds, reader.position.read), (1, 12_000));
}

#[tokio::test]
async fn what_is_changed_while_it_is_read_is_seen_by_this_round_or_the_next() {
    let mut portal = portal();
    let ids: Vec<u64> = (0..450).map(|n| portal.import_contact(&[("email", &format!("c{n}@x.example"))])).collect();
    let mut reader = Reader::of(portal).await;
    let (world, changed) = (reader.api.world(), [ids[449], ids[200], ids[0]]);
    let searches = AtomicU32::new(0);
    reader.api.faults().watch(move |method, moment| {
        let is_search = moment == Moment::Done && method.ends_with("contacts/search");
        if is_search && searches.fetch_add(1, Ordering::SeqCst) == 2 {
            let mut portal = world.lock().unwrap();
            portal.now = portal.now.plus_ms(MS_PER_SECOND);
            for id in changed {
                portal.set(Object::Contact, id, "hs_lead_status", "OPEN");
            }
            portal.import_contact(&[("hs_lead_status", "OPEN")]);
        }
    });
    let mut pages = reader.round().await.unwrap();
    assert_eq!(contacts(&pages).len(), 450, "a record that is new belongs to the next round");
    reader.clock.advance_ms(5 * MS_PER_MINUTE);
    pages.extend(reader.round().await.unwrap());
    let opened: BTreeSet<String> = pages
        .iter()
        .flat_map(|page| &page.events)
        .filter(|event| event.set.get(&EntityKind::Contact).is_some_and(|set| set.contains_key("status")))
        .map(|event| event.names[&EntityKind::Contact].clone())
        .collect();
    assert_eq!(opened.len(), 4, "{opened:?}");
}

#[tokio::test]
async fn what_the_search_shows_only_after_a_while_is_read_by_the_next_round() {
    let mut portal = portal();
    portal.search_lag_ms = 8 * MS_PER_MINUTE;
    portal.import_contact(&[]);
    let mut reader = Reader::of(portal).await;
    assert_eq!(contacts(&reader.round().await.unwrap()).len(), 0);
    reader.clock.advance_ms(9 * MS_PER_MINUTE);
    reader.api.portal().now = reader.clock.now();
    assert_eq!(contacts(&reader.round().await.unwrap()).len(), 1);
}

#[tokio::test]
async fn a_round_never_meets_the_limit_that_hubspot_tells() {
    let mut portal = portal();
    for _ in 0..2_000 {
        portal.import_contact(&[]);
    }
    let mut reader = Reader::of(portal).await;
    reader.api.limit(20, 5, 1_000_000);
    assert_eq!(contacts(&reader.round().await.unwrap()).len(), 2_000);
    assert_eq!(reader.api.slowed_down(), 0);
    // 7 descriptions, 7 counts, 17 searches and 40 reads, 15 in ten seconds.
    assert!((40 * MS_PER_SECOND..60 * MS_PER_SECOND).contains(&reader.waited_ms), "{}", reader.waited_ms);
}

#[tokio::test]
async fn somebody_else_may_use_up_the_limit_and_the_day() {
    let mut portal = portal();
    for _ in 0..100 {
        portal.import_contact(&[]);
    }
    let mut reader = Reader::of(portal).await;
    reader.api.faults().switch_on("batch/read", Fault::SlowDown { retry_after_s: 7 }, 2);
    assert_eq!(contacts(&reader.round().await.unwrap()).len(), 100);
    assert!(reader.waited_ms >= 14 * MS_PER_SECOND, "{}", reader.waited_ms);

    reader.position = Position::default();
    reader.waited_ms = 0;
    reader.api.limit(1_000, 1_000, 30);
    assert_eq!(contacts(&reader.round().await.unwrap()).len(), 100);
    assert!((MS_PER_DAY / 2..MS_PER_DAY).contains(&reader.waited_ms), "until midnight: {}", reader.waited_ms);
}

#[tokio::test]
async fn what_breaks_for_a_while_is_asked_again_at_the_same_place() {
    let mut portal = portal();
    let ids: Vec<u64> = (0..250).map(|_| portal.import_contact(&[])).collect();
    let mut reader = Reader::of(portal).await;
    let faults = reader.api.faults();
    faults.switch_on("properties", Fault::Status(502), 2);
    faults.switch_on("contacts/search", Fault::CutBefore, 2);
    faults.switch_on("contacts/batch/read", Fault::ActThenCut, 1);
    faults.switch_on("contacts/batch/read", Fault::Status(503), 3);
    let mut read = contacts(&reader.round().await.unwrap());
    read.reverse();
    assert_eq!(read, ids);
}

#[tokio::test]
async fn what_stays_broken_ends_the_round_and_the_next_one_goes_on_at_the_same_page() {
    let mut portal = portal();
    let ids: Vec<u64> = (0..250).map(|_| portal.import_contact(&[])).collect();
    let mut reader = Reader::of(portal).await;
    let reads_done = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&reads_done);
    reader.api.faults().watch(move |method, moment| {
        if moment == Moment::Done && method.ends_with("objects/contacts/batch/read") {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    reader.api.faults().switch_on("deals/batch/read", Fault::Status(500), usize::MAX);
    reader.api.portal().create(Object::Deal, &[]);
    let problem = reader.round().await.unwrap_err();
    assert_eq!(problem.to_string(), "HubSpot did not answer as it should, 8 times in a row; the last time: status 500");
    let reads = reads_done.load(Ordering::SeqCst);
    assert_eq!(reads, u32::try_from(ids.len().div_ceil(50)).unwrap());
    reader.api.faults().recover();
    let pages = reader.round().await.unwrap();
    assert_eq!(contacts(&pages), [0; 0]);
    assert_eq!(pages.iter().map(|page| page.seen.len()).sum::<usize>(), 1);
    assert_eq!(reads_done.load(Ordering::SeqCst), reads, "contacts were read once more");
}

#[tokio::test]
async fn a_wrong_token_and_a_missing_scope_are_named() {
    let mut reader = Reader::of(portal()).await;
    reader.api.allow(&["crm.objects.contacts.read", "crm.objects.companies.read"]);
    let problem = reader.round().await.unwrap_err();
    assert_eq!(
        problem.to_string(),
        "the token may not read the properties of deals: tick `crm.objects.deals.read` in the private app under Scopes, then take its token again"
    );
    reader.connection = Connection::new(reader.api.url(), &SecretString::from("pat-na1-wrong")).unwrap();
    let problem = reader.round().await.unwrap_err().to_string();
    assert!(problem.starts_with("HubSpot does not accept the token"), "{problem}");
    assert!(!problem.contains("wrong"), "a token is never repeated: {problem}");
}

#[tokio::test]
async fn both_ways_of_writing_the_version_are_asked() {
    for version in ["v3", "2026-03"] {
        let mut portal = portal();
        portal.create(Object::Deal, &[]);
        let reader = Reader::of(portal).await;
        reader.api.limit(1_000, 1_000, 1_000);
        let mut settings = settings(&workspace());
        settings.asking.version = version.to_owned();
        let mut poll = Poll::new(settings, wanted(), Position::default());
        poll.begin(start(), false);
        let (mut deals, mut now) = (0, start());
        loop {
            match poll.ask(now) {
                Ask::Done => break,
                Ask::Wait(until) => now = Instant(until.as_ms()),
                Ask::Send(ticket, request) => {
                    let said = reader.connection.send(&request).await;
                    said.read(|answer| poll.take(ticket, answer, now)).unwrap();
                }
                Ask::Page => {}
                Ask::Answer => panic!("every request is answered"),
            }
            while let Some(page) = poll.page() {
                deals += page.seen.len();
            }
        }
        assert_eq!(deals, 1, "{version}");
    }
}
