//! What the customers of the sample company really did, how its systems told it, and how many that are, counted here.

use serde_json::{Value, json};
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_HOUR};
use shiftbell_tests::app::{TestApp, instant};
use shiftbell_tests::fake_hubspot::{FakeHubSpot, Generation, Object, Signature};

/// Events in one delivery of the shop.
const SHOP_BATCH: usize = 60;

/// Somebody at a business, of an imported list.
#[derive(Clone, Debug)]
pub(super) struct Prospect {
    pub(super) asked_at: Instant,
    /// When an AE confirmed a meeting.
    pub(super) met_at: Option<Instant>,
    pub(super) lost_at: Option<Instant>,
    pub(super) is_corporate: bool,
    /// One of our own people, trying the form.
    pub(super) is_test: bool,
}

/// A family that wants a party.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) scored_at: Instant,
    pub(super) checkout_at: Option<Instant>,
}

/// Everybody.
#[derive(Clone, Debug)]
pub(super) struct Season {
    pub(super) prospects: Vec<Prospect>,
    pub(super) families: Vec<Family>,
}

/// Those who entered within a span, and those of them who went on in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) entered: usize,
    pub(super) reached: usize,
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({} of {})", self.reached, self.entered)
    }
}

fn day(date: &str) -> Instant {
    instant(&format!("{date} 00:00 America/New_York"))
}

/// Whoever entered from the beginning of one day to the beginning of another, by pairs of (entered, went on).
pub(super) fn count(
    pairs: impl Iterator<Item = (Instant, Option<Instant>)>,
    from: &str,
    until: &str,
    window_days: i64,
) -> Counted {
    let (from, until) = (day(from), day(until));
    let within: Vec<_> = pairs.filter(|(entered, _)| (from..until).contains(entered)).collect();
    let in_time = |at: &Instant, entered: &Instant| at.since(*entered) <= window_days * MS_PER_DAY;
    let reached = within.iter().filter(|(entered, on)| on.is_some_and(|on| in_time(&on, entered))).count();
    Counted { entered: within.len(), reached }
}

impl Season {
    /// A year of business in small: a good spring, a worse summer, corporate events worst, and edges of every span.
    pub(super) fn new() -> Season {
        let mut prospects = Vec::new();
        spread(&mut prospects, "2026-03-16", 99, |n| (n % 10 < 3).then_some(9), |n| n % 3 == 0);
        spread(&mut prospects, "2026-06-15", 64, |n| (n % 16 < 5).then_some(11), |_| false);
        spread(&mut prospects, "2026-06-15", 36, |n| (n % 36 < 7).then_some(20), |_| true);
        spread(&mut prospects, "2026-09-14", 48, |n| (n % 6 == 0).then_some(5), |n| n % 4 == 0);
        prospects.extend(edges());
        let families = (0..240_i64)
            .map(|n| {
                let scored_at = day("2026-05-04").plus_ms(n * 18 * MS_PER_HOUR);
                let days = match n % 10 {
                    0..=3 => Some(1),
                    4 => Some(15),
                    _ => None,
                };
                Family { scored_at, checkout_at: days.map(|days| scored_at.plus_ms(days * MS_PER_DAY)) }
            })
            .collect();
        Season { prospects, families }
    }

    fn asked(&self, wanted: impl Fn(&Prospect) -> bool) -> impl Iterator<Item = (Instant, Option<Instant>)> {
        let counted = self.prospects.iter().filter(move |one| !one.is_test && wanted(one));
        counted.map(|one| (one.asked_at, one.met_at))
    }

    /// MQL to SQL in b2b, of everybody or of corporate events only.
    pub(super) fn business(&self, from: &str, until: &str, is_corporate: Option<bool>) -> Counted {
        count(self.asked(|one| is_corporate.is_none_or(|it| it == one.is_corporate)), from, until, 60)
    }

    /// MQL to SQL in b2c.
    pub(super) fn of_families(&self, from: &str, until: &str) -> Counted {
        count(self.families.iter().map(|one| (one.scored_at, one.checkout_at)), from, until, 14)
    }

    /// How those who entered ended: lost within 60 days without having met, and met only later.
    pub(super) fn ended(&self, from: &str, until: &str) -> (usize, usize) {
        let (from, until) = (day(from), day(until));
        let counted = self.prospects.iter().filter(|one| !one.is_test && (from..until).contains(&one.asked_at));
        let within =
            |one: &Prospect, at: Option<Instant>| at.is_some_and(|at| at.since(one.asked_at) <= 60 * MS_PER_DAY);
        let missed: Vec<_> = counted.filter(|one| !within(one, one.met_at)).collect();
        let lost = missed.iter().filter(|one| within(one, one.lost_at)).count();
        let later = missed.iter().filter(|one| !within(one, one.lost_at) && one.met_at.is_some()).count();
        (lost, later)
    }

    /// HubSpot tells of every prospect: a third in each generation of payloads, signed in each version; shuffled, and some
    /// of it twice.
    pub(super) async fn told_by_hubspot(&self, app: &TestApp, portal: &mut FakeHubSpot) {
        let ways = [
            (Generation::First, Signature::V1),
            (Generation::Legacy, Signature::V2),
            (Generation::Generic, Signature::V3),
        ];
        let third = self.prospects.len().div_ceil(ways.len());
        for ((number, part), (generation, signature)) in self.prospects.chunks(third).enumerate().zip(ways) {
            (portal.generation, portal.signature) = (generation, signature);
            for (place, prospect) in part.iter().enumerate() {
                tell(portal, number * third + place, prospect);
            }
            if number == 0 {
                portal.duplicate_pending();
            }
            portal.shuffle_pending(number as u64);
            app.hears_from(portal).await;
        }
        portal.now = app.now();
    }

    /// The shop tells of every family, in CloudEvents: a list in each delivery, the first of them twice.
    pub(super) async fn told_by_shop(&self, app: &TestApp) {
        let mut events = Vec::new();
        for (number, family) in self.families.iter().enumerate() {
            let mut event = |name: &str, kind: &str, at: Instant, data: Value| {
                events.push(json!({ "specversion": "1.0", "id": format!("{name}-{number}"), "source": "shop",
                    "type": kind, "time": at.to_string(), "datacontenttype": "application/json", "data": data }));
            };
            let contact = format!("family-{number}");
            let at = family.scored_at;
            event("form", "form", at.plus_ms(-MS_PER_DAY), json!({ "contact": contact, "form": "price-list" }));
            event("low", "contact", at.plus_ms(-MS_PER_HOUR), scored(&contact, 10));
            event("high", "contact", at, scored(&contact, 11));
            if let Some(at) = family.checkout_at {
                event("checkout", "checkout", at, json!({ "contact": contact }));
            }
        }
        let mut batches: Vec<_> = events.chunks(SHOP_BATCH).enumerate().collect();
        batches.push(batches[0]);
        let mut kept = 0;
        for (number, batch) in batches {
            let (status, answer) = app.shop_sends(&format!("msg-{number}"), &json!(batch).to_string()).await;
            assert!(matches!(status, 200 | 202), "{status}: {answer}");
            kept += usize::from(status == 202);
        }
        assert_eq!(kept, events.len().div_ceil(SHOP_BATCH), "the repeat was known");
    }
}

fn scored(contact: &str, score: u32) -> Value {
    json!({ "contact": contact, "set": { "contact": { "lead_score": score } } })
}

/// So many over the 13 weeks from a day, each at noon of its day; of those who never met every second one is lost.
fn spread(
    all: &mut Vec<Prospect>,
    from: &str,
    how_many: i64,
    met_after_days: impl Fn(i64) -> Option<i64>,
    is_corporate: impl Fn(i64) -> bool,
) {
    let last = instant("2026-11-18 12:00 America/New_York");
    for n in 0..how_many {
        let asked_at = day(from).plus_ms((n * 91 / how_many) * MS_PER_DAY + 12 * MS_PER_HOUR);
        let after = |days: i64| Some(asked_at.plus_ms(days * MS_PER_DAY)).filter(|at| *at < last);
        let met_at = met_after_days(n).and_then(after);
        let lost_at = if met_at.is_none() && n % 2 == 0 { after(30) } else { None };
        if asked_at < last {
            all.push(Prospect { asked_at, met_at, lost_at, is_corporate: is_corporate(n), is_test: false });
        }
    }
}

/// People at the edges of the period and of the window, one who met too late, and one of our own.
fn edges() -> Vec<Prospect> {
    let asked = |time: &str, met_after_ms: Option<i64>| {
        let asked_at = instant(&format!("{time} America/New_York"));
        let met_at = met_after_ms.map(|ms| asked_at.plus_ms(ms));
        Prospect { asked_at, met_at, lost_at: None, is_corporate: false, is_test: false }
    };
    vec![
        asked("2026-06-14 23:59:59.999", Some(1)),
        asked("2026-06-15 00:00", Some(60 * MS_PER_DAY)),
        asked("2026-07-01 08:00", Some(60 * MS_PER_DAY + 1)),
        asked("2026-09-13 23:59:59.999", None),
        asked("2026-09-14 00:00", Some(1)),
        Prospect { is_test: true, ..asked("2026-08-03 09:00", Some(1)) },
    ]
}

/// One prospect's way through HubSpot, by the people who work there.
fn tell(portal: &mut FakeHubSpot, number: usize, prospect: &Prospect) {
    let by = |portal: &mut FakeHubSpot, user: &str, at: Instant| {
        portal.now = at;
        user.clone_into(&mut portal.user);
    };
    by(portal, "userId:2001", prospect.asked_at.plus_ms(-3 * MS_PER_DAY));
    let domain = if prospect.is_test { "clowns.example" } else { "sample.example" };
    let email = format!("person.{number}@{domain}");
    let product = if prospect.is_corporate { "corporate-events" } else { "large-parties" };
    let contact = portal.import_contact(&[("email", &email), ("product", product), ("hubspot_owner_id", "1001")]);
    let name = format!("Sample {number}");
    let company = portal.create(Object::Company, &[("name", &name), ("segment", "Business")]);
    portal.associate((Object::Contact, contact), (Object::Company, company));
    by(portal, "userId:2001", prospect.asked_at);
    portal.set(Object::Contact, contact, "recent_conversion_event_name", "Contact us: Meeting request");
    if let Some(at) = prospect.met_at {
        by(portal, "userId:2004", at);
        portal.set(Object::Contact, contact, "meeting_status", "Scheduled");
    }
    if let Some(at) = prospect.lost_at {
        by(portal, "userId:2001", at);
        portal.set(Object::Contact, contact, "hs_lead_status", "UNQUALIFIED");
    }
}
