//! A second, naive implementation agrees with the engine on 500 generated companies.
//!
//! The naive side knows no fold, no contributions, no segments, cells or ledger. It looks everything up in the list of events,
//! each time anew, and counts entry by entry. Of the engine it takes only what is not at stake: events, definitions that were
//! checked, the expression language, zones, calendar periods, ids, and the figure as the shape of an answer.
//!
//! Compared are the figure of the whole, of each value of a breakdown, of its largest parts with the others as one, and of each
//! period of a series; the period before, those who are newer than the default period, the maturity of a rate, how many came
//! within a target; and the records behind a number with what became of each. Each company asks for every KPI, the standard
//! ones too; motion, filters, breakdown, period and person are drawn anew for each, so that all of them meet over the 500.
//! Businesses are of subscriptions, of use, or sell for good.
//!
//! Contacts and companies are merged only when everything has happened, only two contacts that are known to be of one company,
//! and nobody who was deleted, moved or a test: a contact that is merged into one of another account stays itself in the
//! account of its deals, and a merge between other events is left to the property that any order ends in the same numbers.
//!
//! Not compared, because it is not in the stories: activities with ids of their own (other properties try those), money at
//! rates that change, rules that tell a role, and the words around a figure (targets, what stands out, what is chance, notes).

mod support;

#[path = "naive/account.rs"]
mod account;
#[path = "naive/answer.rs"]
mod answer;
#[path = "naive/chance.rs"]
mod chance;
#[path = "naive/compare.rs"]
mod compare;
#[path = "naive/coupons.rs"]
mod coupons;
#[path = "naive/deals.rs"]
mod deals;
#[path = "naive/definitions.rs"]
mod definitions;
#[path = "naive/economics.rs"]
mod economics;
#[path = "naive/engine.rs"]
mod engine;
#[path = "naive/entries.rs"]
mod entries;
#[path = "naive/facts.rs"]
mod facts;
#[path = "naive/generator.rs"]
mod generator;
#[path = "naive/hours.rs"]
mod hours;
#[path = "naive/ledger.rs"]
mod ledger;
#[path = "naive/merges.rs"]
mod merges;
#[path = "naive/open.rs"]
mod open;
#[path = "naive/parts.rs"]
mod parts;
#[path = "naive/people.rs"]
mod people;
#[path = "naive/plan.rs"]
mod plan;
#[path = "naive/plans.rs"]
mod plans;
#[path = "naive/revenue.rs"]
mod revenue;
#[path = "naive/sentences.rs"]
mod sentences;
#[path = "naive/stages.rs"]
mod stages;
#[path = "naive/stories.rs"]
mod stories;
#[path = "naive/times.rs"]
mod times;
#[path = "naive/waits.rs"]
mod waits;
#[path = "naive/windows.rs"]
mod windows;
#[path = "naive/worklists.rs"]
mod worklists;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::fold::Plan;

use compare::{Asked, differs, questions};
use engine::Engine;
use generator::Company;

const COMPANIES: u64 = 500;

/// What was asked, and how the answers differ.
#[derive(Debug)]
struct Difference {
    seed: u64,
    asked: Asked,
    said: String,
}

fn differences(definitions: &Definitions, plan: &Plan, company: &Company, count: &mut usize) -> Vec<Difference> {
    let accounts = account::accounts(definitions, &company.events);
    let naive = answer::naive(definitions, &accounts, company.now);
    let engine = Engine::of(definitions, plan, company);
    let all = questions(definitions, company).into_iter().filter_map(|asked| {
        let said = differs(&engine, &naive, company, &asked, count)?;
        Some(Difference { seed: company.seed, asked, said })
    });
    all.collect()
}

/// Leaves out event after event as long as the question still differs.
fn smallest(definitions: &Definitions, plan: &Plan, company: &Company, asked: &Asked) -> String {
    let said = |events: &[shiftbell_metrics::fold::StoredEvent]| {
        let part = Company { events: events.to_vec(), ..*company };
        let accounts = account::accounts(definitions, events);
        let naive = answer::naive(definitions, &accounts, company.now);
        differs(&Engine::of(definitions, plan, &part), &naive, &part, asked, &mut 0)
    };
    let mut events = company.events.clone();
    let mut length = events.len().div_ceil(2);
    while length > 0 {
        let mut from = 0;
        while from < events.len() {
            let mut fewer = events.clone();
            fewer.drain(from..(from + length).min(events.len()));
            if said(&fewer).is_some() { events = fewer } else { from += length }
        }
        length /= 2;
    }
    events.sort_by_key(|stored| stored.event.at);
    let told: Vec<String> = events
        .iter()
        .map(|stored| format!("{} by {:?}: {}", stored.source, stored.by, stored.event.to_text()))
        .collect();
    format!("of these events alone:\n{}\n{}", told.join("\n"), said(&events).unwrap_or_default())
}

/// The first difference in full, and how many there are of each KPI.
fn report(sets: &[(Definitions, Plan)], mut all: Vec<Difference>) -> String {
    all.sort_by_key(|difference| difference.seed);
    let mut by_kpi: BTreeMap<&str, usize> = BTreeMap::new();
    all.iter().for_each(|difference| *by_kpi.entry(&difference.asked.question.kpi).or_default() += 1);
    let Difference { seed, asked, said } = &all[0];
    let (definitions, plan) = &sets[(seed % definitions::SETS) as usize];
    let company = generator::company(*seed, definitions);
    let question = &asked.question;
    let period = question.period.as_ref().map_or("default", |period| period.label.as_str());
    format!(
        "{} answers differ: {by_kpi:?}\ncompany {seed} of set {}, at {}: {} in {:?}, {period}, where {:?}, by {:?}, each {:?}, \
         of {:?}, in period: {}\n{said}\n\n{}",
        all.len(),
        company.set,
        company.now,
        question.kpi,
        question.motion,
        question.filters,
        question.by,
        question.each,
        asked.names,
        question.in_period,
        smallest(definitions, plan, &company, asked),
    )
}

#[test]
fn plain_loops_over_all_events_give_the_same_answers() {
    let sets: Vec<(Definitions, Plan)> = (0..definitions::SETS).map(definitions::set).collect();
    let (next, compared) = (AtomicU64::new(0), AtomicUsize::new(0));
    let work = || {
        let (mut found, mut count) = (Vec::new(), 0);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= COMPANIES {
                compared.fetch_add(count, Ordering::Relaxed);
                return found;
            }
            let (definitions, plan) = &sets[(seed % definitions::SETS) as usize];
            let company = generator::company(seed, definitions);
            found.extend(differences(definitions, plan, &company, &mut count));
        }
    };
    let all: Vec<Difference> = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get().min(4));
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread that does not panic")).collect()
    });
    assert!(all.is_empty(), "{}", report(&sets, all));
    println!("{} figures compared", compared.load(Ordering::Relaxed));
}
