//! How long it takes to fold an account, to apply what changed, and to answer from cells and from segments.

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use divan::Bencher;
use shiftbell_metrics::answer::{Asked, Outcome, Read, Rows, ask};
use shiftbell_metrics::cell::{Cell, spread};
use shiftbell_metrics::contribution::{Contribution, Entry, delta};
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::segment::{Segment, SegmentChange};
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, Zone};
use support::{company, definitions, event};

fn main() {
    divan::main();
}

/// A business from list to first show, with so many page views before it.
fn journey(visits: usize) -> Vec<StoredEvent> {
    let mut events = vec![
        event(
            "2026-03-01",
            r#""type":"contact_created","contact":"c","company":"acme","set":{"company":{"segment":"business"},"contact":{"owner":"bdr@x.example","source":"list"}}"#,
        ),
        event("2026-03-05", r#""type":"form","contact":"c","form":"meeting-request""#),
        event("2026-03-06", r#""type":"email","contact":"c","direction":"out","owner":"bdr@x.example""#),
        event("2026-03-10", r#""type":"meeting","contact":"c","status":"confirmed","owner":"ae@x.example""#),
        event(
            "2026-03-20",
            r#""type":"deal","deal":"d","contact":"c","company":"acme","set":{"deal":{"bant":"met","product":"corporate-events","annual_amount":18000}}"#,
        ),
        event("2026-04-20", r#""type":"deal","deal":"d","set":{"deal":{"stage":"won"}}"#),
        event("2026-05-01", r#""type":"show_held","company":"acme""#),
    ];
    let visit = event("2026-02-01", r#""type":"page_view","visitor":"v","contact":"c""#);
    events.extend((0..visits).map(|index| {
        let mut visit = visit.clone();
        visit.event.id = index.to_string();
        visit.event.at = visit.event.at.plus_ms(index as i64);
        visit
    }));
    events
}

#[divan::bench(args = [0, 100, 10_000])]
fn fold(bencher: Bencher<'_, '_>, visits: usize) {
    let (plan, events) = (Plan::new(&definitions()), journey(visits));
    bencher.bench_local(|| plan.fold(company("acme"), &events));
}

const FIRST: Day = Day(20_000);
const DAYS: i32 = 90;

fn entries(count: i64) -> Vec<Entry> {
    let of = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect::<Vec<Arc<str>>>();
    let (products, sources) = (of(&["small-parties", "corporate-events"]), of(&["ads", "list"]));
    let owners: Vec<Arc<str>> = (0..20).map(|n| Arc::from(format!("bdr.{n}@x.example"))).collect();
    let (product, source, sql): (Arc<str>, Arc<str>, Arc<str>) = ("product".into(), "source".into(), "sql".into());
    let entry = |index: i64| {
        let spread = EntityId::of(shiftbell_metrics::id::EntityKind::Contact, &index.to_string());
        let pick = spread.0.unsigned_abs() as usize;
        let mut entry = Entry::new(spread, 0, Instant(i64::from(FIRST.0) * MS_PER_DAY + index % MS_PER_DAY));
        entry.owner = Some(Arc::clone(&owners[pick % 20]));
        entry.dims = vec![
            (Arc::clone(&product), Arc::clone(&products[pick % 2])),
            (Arc::clone(&source), Arc::clone(&sources[pick / 2 % 2])),
        ];
        if pick.is_multiple_of(3) {
            entry.lags.push((Arc::clone(&sql), (pick as i64 % 20) * MS_PER_DAY));
        }
        entry
    };
    (0..count).map(entry).collect()
}

fn question(filters: &[(&str, &str)]) -> Question {
    Question {
        kpi: "mql-to-sql".into(),
        motion: Some("b2b".into()),
        filters: filters.iter().map(|(of, value)| ((*of).to_owned(), (*value).to_owned())).collect(),
        period: Some(Period::of_days(FIRST, FIRST.plus(DAYS), &Zone::named("America/New_York").unwrap())),
        versus: None,
        by: None,
        each: None,
        top: None,
        in_period: false,
        person: None,
    }
}

/// So many entries of 90 days, in 16 chunks a day.
fn rows(question: &Question, count: i64) -> Rows {
    let definitions = definitions();
    let asked = Asked { defs: &definitions, question, now: Instant(i64::from(FIRST.0 + 200) * MS_PER_DAY), names: &[] };
    let Outcome::Need(reads) = ask(&asked, &Rows::default()) else { panic!("needs nothing") };
    let each = entries(count / i64::from(DAYS) / 16);
    let bytes = Segment::new(each.clone()).encode().unwrap();
    let mut cell = Cell::default();
    each.iter().for_each(|entry| cell.count(entry, 16));
    let mut rows = Rows::default();
    for read in reads {
        match &read {
            Read::Segments { from, until, .. } => {
                let days = (from.0.max(FIRST.0)..until.0.min(FIRST.0 + DAYS)).flat_map(|day| [Day(day); 16]);
                let packed = days.map(|day| (day, bytes.clone())).collect();
                rows.add_packed(read, packed);
            }
            Read::Cells { from, until, dimension, .. } => {
                let values: &[&str] = if dimension.is_empty() { &[""] } else { &["small-parties", "corporate-events"] };
                let days = (from.0..until.0).map(Day);
                let cells = days.flat_map(|day| values.iter().map(move |value| (day, (*value).to_owned())));
                let cells = cells.map(|(day, value)| (day, value, cell.clone())).collect();
                rows.add_cells(read, cells);
            }
        }
    }
    rows
}

fn answered(bencher: Bencher<'_, '_>, filters: &[(&str, &str)], count: i64) {
    let (definitions, question) = (definitions(), question(filters));
    let rows = rows(&question, count);
    let asked = Asked {
        defs: &definitions,
        question: &question,
        now: Instant(i64::from(FIRST.0 + 200) * MS_PER_DAY),
        names: &[],
    };
    bencher.bench_local(|| match ask(&asked, &rows) {
        Outcome::Answer(answer) => answer,
        other => panic!("{other:?}"),
    });
}

/// The whole and what stands out, from 90 days of cells.
#[divan::bench]
fn answer_from_cells(bencher: Bencher<'_, '_>) {
    answered(bencher, &[], 300_000);
}

/// Two dimensions at once, over so many entries.
#[divan::bench(args = [300_000, 3_300_000], sample_count = 10)]
fn answer_from_segments(bencher: Bencher<'_, '_>, count: i64) {
    answered(bencher, &[("product", "small-parties"), ("source", "ads")], count);
}

/// One more entry into the segment of a day that has so many: what a late event costs there.
#[divan::bench(args = [300, 3_000, 30_000])]
fn apply_to_a_segment(bencher: Bencher<'_, '_>, count: i64) {
    let mut all = entries(count + 1);
    let late = SegmentChange { removed: vec![], added: all.pop().into_iter().collect() };
    let bytes = Segment::new(all).encode().unwrap();
    bencher.with_inputs(|| late.clone()).bench_local_values(|late| {
        let mut segment = Segment::decode(&bytes).unwrap();
        segment.apply(late).unwrap();
        segment.encode()
    });
}

/// What one account adds, from its contributions to the segments and cells that they change.
#[divan::bench]
fn spread_an_account(bencher: Bencher<'_, '_>) {
    let (definitions, events) = (definitions(), journey(10));
    let plan = Plan::new(&definitions);
    let folded = plan.fold(company("acme"), &events);
    bencher.bench_local(|| {
        let changes = folded.iter().map(|(_, new)| delta(&Contribution::default(), new));
        changes.map(|change| spread(&change, &plan, &definitions.workspace.zone, 16)).collect::<Vec<_>>()
    });
}

/// Recurring revenue at an instant, from so many movements of a year.
#[divan::bench(args = [30_000, 300_000], sample_count = 10)]
fn answer_recurring_revenue(bencher: Bencher<'_, '_>, count: i64) {
    let definitions = definitions();
    let question = Question { motion: Some("b2b".into()), ..Question::of("mrr") };
    let now = Instant(i64::from(FIRST.0 + 400) * MS_PER_DAY);
    let asked = Asked { defs: &definitions, question: &question, now, names: &[] };
    let Outcome::Need(reads) = ask(&asked, &Rows::default()) else { panic!("needs nothing") };
    let mut each = entries(count / 365);
    for (index, entry) in each.iter_mut().enumerate() {
        entry.event = index as u64 + 1;
        let amount = format!("\"{}/12\"", 1_000 + index % 40);
        entry.state = vec![("amount".into(), amount.into()), ("currency".into(), "\"USD\"".into())];
    }
    let bytes = Segment::new(each).encode().unwrap();
    let mut rows = Rows::default();
    for read in reads {
        let is_new = matches!(&read, Read::Segments { series, .. } if series == "mrr/new");
        let days = (FIRST.0..FIRST.0 + 365).filter(|_| is_new);
        let packed = days.map(|day| (Day(day), bytes.clone())).collect();
        rows.add_packed(read, packed);
    }
    bencher.bench_local(|| match ask(&asked, &rows) {
        Outcome::Answer(answer) => answer,
        other => panic!("{other:?}"),
    });
}
