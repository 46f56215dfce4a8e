//! From a seed to a company: its definitions are one of the sets, its events are the stories of a few dozen accounts, told as
//! badly as sources tell them.

use shiftbell_metrics::definitions::{Definitions, KpiKind, Span};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::StoredEvent;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, Zone};

use super::chance::Chance;
use super::definitions::SETS;
use super::stories;

/// 2 March 2026, 00:00 UTC.
pub(crate) const FIRST: Instant = Instant(20_514 * MS_PER_DAY);
/// What happens happens within so many days, and then it is asked.
pub(crate) const DAYS: i64 = 110;

/// A company before anything is worked out of it.
#[derive(Debug)]
pub(crate) struct Company {
    pub(crate) seed: u64,
    pub(crate) set: u64,
    /// In the order in which they arrive.
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) now: Instant,
}

pub(crate) fn company(seed: u64, definitions: &Definitions) -> Company {
    let windows = definitions.kpis.iter().flat_map(|kpi| match &kpi.kind {
        KpiKind::Conversion { within, .. } => within.by_motion.values().chain(&within.every).copied().collect(),
        _ => Vec::new(),
    });
    let windows = windows.filter_map(Span::elapsed_ms).collect();
    let zone = &definitions.workspace.zone;
    let mut told = Teller { chance: Chance::new(seed), zone: zone.clone(), windows, events: Vec::new(), count: 0 };
    let accounts = 8 + told.chance.below(6);
    for account in 0..accounts {
        stories::account(&mut told, account);
    }
    let days = DAYS + told.chance.below(30) as i64;
    let now = match told.chance.below(3) {
        // A window of whole days that began with a day closes just now.
        0 => zone.start_of(zone.day_of(FIRST.plus_ms(days * MS_PER_DAY))),
        _ => FIRST.plus_ms(days * MS_PER_DAY + told.chance.below(24) as i64 * MS_PER_HOUR),
    };
    told.events.retain(|stored| stored.event.at <= now);
    told.merge(accounts, now);
    told.arrive_badly();
    Company { seed, set: seed % SETS, events: told.events, now }
}

/// Who tells the events of a company.
#[derive(Debug)]
pub(crate) struct Teller {
    pub(crate) chance: Chance,
    zone: Zone,
    /// Those of the conversions, in milliseconds.
    windows: Vec<i64>,
    events: Vec<StoredEvent>,
    count: usize,
}

impl Teller {
    /// Tells an event: its JSON without `id` and `at`.
    pub(crate) fn tell(&mut self, at: Instant, rest: &str) {
        self.count += 1;
        let text = format!(r#"{{"id":"e{}","at":"{at}",{rest}}}"#, self.count);
        let event = Event::from_json(&text).unwrap_or_else(|why| panic!("{text}: {why}"));
        let by = self.chance.pick(&[Some("ae"), Some("ae"), Some("bdr"), None]).map(str::to_owned);
        let source = self.chance.pick(&["crm", "crm", "crm", "site"]).to_owned();
        // Two sources may tell one change of state.
        if !event.set.is_empty() && self.chance.percent(8) {
            let event = Event { id: format!("again-{}", event.id), at: at.plus_ms(MS_PER_MINUTE), ..event.clone() };
            self.events.push(StoredEvent { source: "poll".into(), event, by: by.clone() });
        }
        self.events.push(StoredEvent { source, event, by });
    }

    /// As long after as some window is, or a moment more or less.
    pub(crate) fn window_later(&mut self, at: Instant) -> Instant {
        let window = self.windows[self.chance.below(self.windows.len())];
        at.plus_ms(window + self.chance.pick(&[0, 0, 0, -1, 1]))
    }

    /// Some time later, often in the first moment of a day.
    pub(crate) fn later(&mut self, at: Instant) -> Instant {
        let at = self.a_while_later(at);
        if self.chance.percent(15) { self.zone.start_of(self.zone.day_of(at).plus(1)) } else { at }
    }

    /// Often just as long as a window, a bucket or a day is.
    fn a_while_later(&mut self, at: Instant) -> Instant {
        let hours = [0, 1, 2, 20, 24, 24, 36, 48, 72, 7 * 24, 10 * 24, 250, 14 * 24, 21 * 24];
        if self.chance.percent(20) {
            return self.window_later(at);
        }
        let span = match self.chance.below(5) {
            0 => self.chance.below(30 * 24) as i64 * MS_PER_HOUR,
            1 => self.chance.below(100_000_000) as i64,
            2 => self.chance.pick(&[0, 90 * MS_PER_MINUTE, MS_PER_MINUTE, 1, 5 * MS_PER_DAY]),
            _ => self.chance.pick(&hours) * MS_PER_HOUR,
        };
        let off = if self.chance.percent(6) { self.chance.pick(&[-1, 1]) } else { 0 };
        at.plus_ms((span + off).max(0))
    }

    /// A time at which a story may begin.
    pub(crate) fn beginning(&mut self) -> Instant {
        FIRST.plus_ms(self.chance.below(80 * 24) as i64 * MS_PER_HOUR)
    }

    /// Some records turn out to be one when everything has happened: two people who are known to be of one company, or two
    /// companies.
    fn merge(&mut self, accounts: usize, now: Instant) {
        for account in 0..accounts {
            let (company, next) = (format!("a{account}"), format!("a{}", account + 1));
            let (kind, from, into) = match self.chance.below(8) {
                0..4 => ("contact", format!("c{account}-1"), format!("c{account}-0")),
                4 => ("company", company.clone(), next),
                _ => continue,
            };
            let is_fit = |id: &String| self.is_plain(id) && (kind == "company" || self.is_of(id, &company));
            if [&from, &into].into_iter().all(is_fit) {
                self.tell(now, &format!(r#""type":"merged","{kind}":"{from}","into":"{into}""#));
            }
        }
    }

    /// Whether an event names both.
    fn is_of(&self, id: &str, company: &str) -> bool {
        let names = |stored: &StoredEvent, wanted: &str| stored.event.names.values().any(|id| id == wanted);
        self.events.iter().any(|stored| {
            let links = stored.event.names.len() == 2 && names(stored, id) && names(stored, company);
            links && stored.event.entity().kind == EntityKind::Contact
        })
    }

    /// Whether something is told of somebody, and nothing of its being deleted, restored, a test or elsewhere.
    fn is_plain(&self, id: &str) -> bool {
        let mut own =
            self.events.iter().map(|stored| &stored.event).filter(|event| event.names.values().any(|of| of == id));
        let odd = ["deleted", "restored", "linked", "unlinked", "merged"];
        let is_odd = |event: &Event| odd.contains(&event.kind.as_str()) || event.to_text().contains("\"email\"");
        own.next().is_some_and(|first| !is_odd(first)) && !own.any(is_odd)
    }

    /// Late, out of order and more than once.
    fn arrive_badly(&mut self) {
        let repeats = self.events.len() / 15;
        for _ in 0..repeats {
            let again = self.events[self.chance.below(self.events.len())].clone();
            self.events.push(again);
        }
        if self.chance.percent(30) {
            self.events.sort_by_key(|stored| stored.event.at);
        } else {
            self.chance.shuffle(&mut self.events);
        }
    }
}
