//! How long a large account takes, on a clock that is only counted: as long as HubSpot's limits make it, and no longer.

use std::collections::{BTreeMap, VecDeque};

use shiftbell_metrics::time::{Instant, MS_PER_SECOND};
use shiftbell_sources::SourceSettings;
use shiftbell_sources::hubspot::poll::{Answer, Ask, Poll, Position, Request, Ticket, Wanted};
use shiftbell_tests::vast_portal::VastPortal;

use super::start;

/// What a private app of a paid account may ask: so much in ten seconds, so many searches in one.
const PER_TEN_SECONDS: usize = 190;
const SEARCHES_PER_SECOND: usize = 5;
/// How long an answer is on its way.
const LATENCY_MS: i64 = 200;

/// What a load took.
#[derive(Debug)]
struct Load {
    took_ms: i64,
    requests: u64,
    searches: u64,
    read: u64,
    /// The most records that were in hand at one time: found, and not given on as a page.
    most_in_hand: u64,
    most_under_way: usize,
}

/// The fewest requests that give all of this, with pages as large as HubSpot makes them: how many, and how many are searches.
fn fewest(portal: &VastPortal) -> (u64, u64) {
    let (mut requests, mut searches) = (0, 0);
    for kind in ["companies", "contacts", "deals", "calls", "emails", "meetings", "tasks"] {
        let n = portal.count(kind);
        let pages = n.div_ceil(200);
        // Two hundred are found at once, fifty read with their history, and asked for each kind that they may belong to.
        let reads = if ["calls", "emails"].contains(&kind) { 0 } else { n.div_ceil(50) };
        let links = match kind {
            "companies" | "contacts" => 0,
            "deals" => 2,
            _ => 3,
        };
        requests += pages + reads + links * pages;
        searches += pages;
    }
    (requests, searches)
}

/// Checks that no limit is ever met, as HubSpot would.
#[derive(Default)]
struct Limits {
    sent: VecDeque<Instant>,
    searched: VecDeque<Instant>,
}

impl Limits {
    fn take(&mut self, request: &Request, now: Instant) {
        let count = |sent: &mut VecDeque<Instant>, window_ms: i64| {
            while sent.front().is_some_and(|at| now.since(*at) >= window_ms) {
                sent.pop_front();
            }
            sent.push_back(now);
            sent.len()
        };
        assert!(count(&mut self.sent, 10 * MS_PER_SECOND) <= PER_TEN_SECONDS, "too many requests at {now}");
        if request.is_search {
            assert!(count(&mut self.searched, MS_PER_SECOND) <= SEARCHES_PER_SECOND, "too many searches at {now}");
        }
    }
}

fn load(portal: &VastPortal) -> Load {
    let events = ["call", "email", "meeting", "task"].map(str::to_owned);
    let wanted = Wanted { fields: BTreeMap::new(), events: events.into() };
    let mut poll = Poll::new(SourceSettings::new("hubspot-main"), wanted, Position::default());
    let (began, mut now) = (start(), start());
    let mut limits = Limits::default();
    // By when the answer is there: latency is the same for all, so that they come in their order.
    let mut under_way: VecDeque<(Instant, Ticket, Request)> = VecDeque::new();
    let mut result = Load { took_ms: 0, requests: 0, searches: 0, read: 0, most_in_hand: 0, most_under_way: 0 };
    let mut found = 0;
    let most = PER_TEN_SECONDS.to_string();
    poll.begin(now, false);
    loop {
        while let Some(page) = poll.page() {
            result.read = page.position.read;
        }
        result.most_in_hand = result.most_in_hand.max(found - result.read);
        let wait = match poll.ask(now) {
            Ask::Done => break,
            Ask::Send(ticket, request) => {
                limits.take(&request, now);
                result.requests += 1;
                result.searches += u64::from(request.is_search);
                under_way.push_back((now.plus_ms(LATENCY_MS), ticket, request));
                result.most_under_way = result.most_under_way.max(under_way.len());
                continue;
            }
            Ask::Wait(until) => until,
            Ask::Page => continue,
            Ask::Answer => Instant(i64::MAX),
        };
        match under_way.front() {
            Some((at, _, _)) if *at <= wait => {
                let (at, ticket, request) = under_way.pop_front().unwrap();
                now = now.max(at);
                let body = request.body.clone().unwrap_or_default();
                let text = portal.answer(&request.path, &body).unwrap();
                if request.is_search && body["limit"] == 200 {
                    found += text.matches(r#""id":"#).count() as u64;
                }
                let header = |name: &str| (name == "x-hubspot-ratelimit-max").then_some(most.as_str());
                poll.take(ticket, &Answer { status: 200, header: &header, body: text.as_bytes() }, now).unwrap();
            }
            None if wait == Instant(i64::MAX) => panic!("it waits for an answer and has asked nothing"),
            _ => now = wait,
        }
    }
    result.took_ms = now.since(began);
    result
}

#[test]
fn an_account_loads_in_the_time_that_the_limits_allow_and_in_the_same_memory_whatever_its_size() {
    let whole = VastPortal {
        companies: 10_000,
        contacts: 100_000,
        deals: 20_000,
        calls: 120_000,
        emails: 120_000,
        meetings: 30_000,
        tasks: 30_000,
        now: start(),
    };
    let loaded = load(&whole);
    let (requests, searches) = fewest(&whole);
    let allowed_ms = (requests * 10_000 / PER_TEN_SECONDS as u64).max(searches * 1_000 / SEARCHES_PER_SECOND as u64);
    println!("{loaded:?}; the limits allow {allowed_ms} ms for {requests} requests");
    assert_eq!(loaded.read, 430_000);
    assert!(loaded.requests <= requests + 30, "{loaded:?}, where {requests} are enough");
    assert!(
        loaded.took_ms <= i64::try_from(allowed_ms * 110 / 100).unwrap(),
        "{loaded:?}: {allowed_ms} ms are allowed"
    );

    let tenth = load(&VastPortal {
        companies: 1_000,
        contacts: 10_000,
        deals: 2_000,
        calls: 12_000,
        emails: 12_000,
        meetings: 3_000,
        tasks: 3_000,
        ..whole
    });
    assert!(loaded.most_in_hand <= tenth.most_in_hand.max(1_000), "{loaded:?} {tenth:?}");
}
