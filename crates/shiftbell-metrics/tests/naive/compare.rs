//! Asks both sides the same, and says where they differ.

use rust_decimal::Decimal;
use shiftbell_metrics::answer::{Answer, Asked as Asking, Figure, Someone, UNKNOWN, WITHIN_TARGET};
use shiftbell_metrics::definitions::{Definitions, KpiKind};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::period::{Period, Unit};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Zone};

use super::answer::{Ask, Naive};
use super::chance::Chance;
use super::engine::Engine;
use super::generator::{Company, FIRST};
use super::parts::largest;

const PEOPLE: [&[&str]; 3] =
    [&["ann@naive.example"], &["bob@naive.example", "cy@naive.example"], &["nobody@naive.example"]];

/// Values of each dimension by which questions filter.
const VALUES: [(&str, &[&str]); 4] = [
    ("product", &["small-parties", "corporate-events", UNKNOWN]),
    ("source", &["ads", "list", "call", UNKNOWN, "never-heard-of"]),
    ("country", &["US", "DE", UNKNOWN]),
    ("owner", &["ann@naive.example", "bob@naive.example", "cy@naive.example", UNKNOWN]),
];

/// A question with the names of the person that it is about.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) names: Vec<String>,
}

/// Every KPI, in turn in each motion and in all of them, each filtered, split and limited in its own way.
pub(crate) fn questions(definitions: &Definitions, company: &Company) -> Vec<Asked> {
    let mut chance = Chance::new(company.seed ^ 0x5eed);
    let mut asked = Vec::new();
    let active = definitions.kpis.iter().filter(|kpi| kpi.not_active.is_none());
    for (index, kpi) in active.enumerate() {
        let motion = [None, Some("b2b"), Some("b2c")][(company.seed as usize + index) % 3];
        // What rests on many sums has a value of few filters only.
        let often = if matches!(&kpi.kind, KpiKind::Standard { .. }) { 7 } else { 5 };
        let filters = match chance.below(10) {
            none if none < often => vec![],
            0..9 => vec![filter(&mut chance)],
            _ => vec![filter(&mut chance), filter(&mut chance)],
        };
        let by = chance.percent(40).then(|| chance.pick(&VALUES).0.to_owned());
        let has_past =
            !matches!(&kpi.kind, KpiKind::Stock { .. }) && !["coverage", "stalled-worked"].contains(&kpi.slug.as_str());
        let each = (by.is_none() && has_past && chance.percent(8)).then(|| chance.pick(&[Unit::Week, Unit::Month]));
        let person = chance.percent(12).then(|| chance.pick(&PEOPLE));
        let question = Question {
            kpi: kpi.slug.clone(),
            motion: motion.map(str::to_owned),
            filters,
            // How things stand has no past.
            period: period(&mut chance, definitions, company).filter(|_| !matches!(&kpi.kind, KpiKind::Stock { .. })),
            versus: None,
            top: by.as_ref().filter(|_| chance.percent(40)).map(|_| chance.below(3) as u32 + 1),
            by,
            each,
            in_period: chance.percent(12),
            person: None,
        };
        let names = person.into_iter().flatten().map(|name| (*name).to_owned()).collect();
        asked.push(Asked { question, names });
    }
    asked
}

fn filter(chance: &mut Chance) -> (String, String) {
    let (dimension, values) = chance.pick(&VALUES);
    (dimension.to_owned(), chance.pick(values).to_owned())
}

/// A day, week, month, quarter, any other span, all of history, one before anything happened, one in another zone, or the default.
fn period(chance: &mut Chance, definitions: &Definitions, company: &Company) -> Option<Period> {
    let workspace = &definitions.workspace;
    let today = workspace.zone.day_of(company.now);
    let first = workspace.zone.day_of(FIRST);
    let any = first.plus(chance.below((today.0 - first.0 + 1) as usize) as i32);
    // Half of the periods begin or end on a day on which something happened, often in its first moment.
    let happened = &company.events[chance.below(company.events.len())].event;
    let day = if chance.percent(50) { workspace.zone.day_of(happened.at).max(first.plus(-200)) } else { any };
    let of = |unit| Some(Period::containing(day, unit, workspace));
    match chance.below(17) {
        0 => of(Unit::Day),
        1 => of(Unit::Week),
        2 | 3 => of(Unit::Month),
        4 | 5 => of(Unit::Quarter),
        6 => Some(Period::of_days(first.plus(-30), day, &workspace.zone)),
        7..10 => Some(Period::of_days(first.plus(-30), today.plus(1), &workspace.zone)),
        10 => Some(Period::of_days(first.plus(-200), today.plus(30), &workspace.zone)),
        11 => Some(Period::of_days(first.plus(-60), first.plus(-31), &workspace.zone)),
        12 => Some(Period::of_days(day, today.plus(1), &workspace.zone)).filter(|period| period.until > period.from),
        13 => Some(Period::of_days(day.plus(-20), day.plus(20), &Zone::named("Pacific/Auckland")?)),
        _ => None,
    }
}

/// One difference, in words.
pub(crate) fn differs(
    engine: &Engine,
    naive: &Naive<'_>,
    company: &Company,
    asked: &Asked,
    count: &mut usize,
) -> Option<String> {
    let definitions = naive.definitions;
    let question = &asked.question;
    let kpi = definitions.kpi(&question.kpi).expect("a KPI of the file");
    let known = |value: &str| Some(value.to_owned()).filter(|value| value != UNKNOWN);
    let filters = question.filters.iter().map(|(dimension, value)| (dimension.clone(), known(value)));
    let mut ask = Ask {
        kpi,
        motion: question.motion.as_deref(),
        filters: filters.collect(),
        names: asked.names.clone(),
        period: Period::of_days(Day(0), Day(0), &definitions.workspace.zone),
        in_period: question.in_period,
    };
    let answer = engine.ask(definitions, question, company.now, &asked.names);
    ask.period = match (&question.period, &answer) {
        (Some(period), _) => period.clone(),
        (None, Ok(answer)) if question.each.is_some() => answer.period.clone(),
        (None, _) => naive.default_period(&ask),
    };
    let figure = naive.figure(&ask);
    *count += 1;
    let (answer, figure) = match (answer, figure) {
        (Err(_), None) => return None,
        (Err(why), Some(figure)) => return Some(format!("engine cannot: {why}\nnaive: {figure:?}")),
        (Ok(answer), None) => return Some(format!("engine: {:?}\nnaive cannot", answer.figure)),
        (Ok(answer), Some(figure)) => (answer, figure),
    };
    if (answer.period.from, answer.period.until) != (ask.period.from, ask.period.until) {
        return Some(format!("engine: {:?}\nnaive: {:?}", answer.period, ask.period));
    }
    let mut found = Differences { naive, count, top: question.top.unwrap_or(0) as usize, said: Vec::new() };
    found.see("the whole", &answer.figure, &Some(figure));
    if question.top.is_some() {
        let all = Question { top: None, ..question.clone() };
        let all = engine.ask(definitions, &all, company.now, &asked.names).expect("what has a top has parts");
        found.see_parts(&all, &ask);
        found.see_largest(&answer, &all, &ask);
    } else {
        found.see_parts(&answer, &ask);
    }
    found.see_others(&answer, &ask);
    if question.by.is_none() && question.each.is_none() && !question.in_period {
        let asked = Asking { defs: definitions, question, now: company.now, names: &asked.names };
        found.see_people(&engine.who(&asked), &naive.people(&ask));
    }
    let said = std::mem::take(&mut found.said);
    (!said.is_empty()).then(|| said.join("\n"))
}

struct Differences<'n, 'd> {
    naive: &'n Naive<'d>,
    count: &'n mut usize,
    /// How many parts are asked for.
    top: usize,
    said: Vec<String>,
}

impl Differences<'_, '_> {
    fn see(&mut self, what: &str, engine: &Figure, naive: &Option<Figure>) {
        *self.count += 1;
        if !naive.as_ref().is_some_and(|naive| is_same(engine, naive)) {
            self.said.push(format!("{what}\n  engine: {engine:?}\n  naive:  {naive:?}"));
        }
    }

    /// A breakdown is the same question with one more filter for each value; a series is asked period by period.
    fn see_parts(&mut self, answer: &Answer, ask: &Ask<'_>) {
        let Some(by) = &answer.by else { return };
        if let Some(unit) = Unit::ALL.into_iter().find(|unit| unit.word() == by) {
            let periods = ask.period.split(unit, &self.naive.definitions.workspace);
            assert_eq!(periods.len(), answer.parts.len());
            for (period, part) in periods.into_iter().zip(&answer.parts) {
                let what = format!("{unit:?} {}", period.label);
                self.see(&what, &part.figure, &self.naive.figure(&Ask { period, ..ask.clone() }));
            }
            return;
        }
        // A formula is not split.
        if matches!(ask.kpi.kind, KpiKind::Formula { .. }) || ask.kpi.slug == "coverage" {
            assert!(answer.parts.is_empty());
            return;
        }
        let with = |value: Option<String>| {
            let mut ask = ask.clone();
            ask.filters.push((by.clone(), value));
            ask
        };
        let nothing = self.naive.part(&with(Some("of nobody".into())));
        let dims = self.naive.entries.iter().chain(self.naive.moved.iter().map(|one| &one.entry));
        let mut values: Vec<Option<String>> = dims.map(|entry| entry.dims.get(by).cloned()).collect();
        values.extend(answer.parts.iter().map(|part| part.value.clone()));
        values.sort();
        values.dedup();
        for value in values {
            let figure = self.naive.part(&with(value.clone()));
            let what = format!("{by} {value:?}");
            match answer.parts.iter().find(|part| part.value == value) {
                Some(part) => self.see(&what, &part.figure, &figure),
                None if figure == nothing => {}
                None => self.said.push(format!("{what}\n  engine: no such part\n  naive:  {figure:?}")),
            }
        }
    }

    /// Of the values that have a part, the largest and the others.
    fn see_largest(&mut self, answer: &Answer, all: &Answer, ask: &Ask<'_>) {
        let Some(by) = &all.by else { return };
        let figure = |value: &Option<String>| {
            let mut ask = ask.clone();
            ask.filters.push((by.clone(), value.clone()));
            self.naive.part(&ask).expect("a part of what has a figure")
        };
        let parts = all.parts.iter().map(|part| (part.value.clone(), figure(&part.value))).collect();
        let found = largest(ask.kpi, parts, self.top);
        if found.len() != answer.parts.len() {
            self.said.push(format!("{by}\n  engine: {} parts\n  naive:  {}", answer.parts.len(), found.len()));
        }
        for (part, (value, figure)) in answer.parts.iter().zip(found) {
            self.see(&format!("{by} {value:?} of the largest"), &part.figure, &Some(figure));
            if part.value != value {
                self.said.push(format!("{by}\n  engine: {:?}\n  naive:  {value:?}", part.value));
            }
        }
    }

    fn see_people(&mut self, engine: &[Someone], naive: &[Someone]) {
        *self.count += 1;
        // Who moved is in two accounts, with two ways.
        let sorted = |people: &[Someone]| {
            let mut people = people.to_vec();
            people.sort_by_key(|someone| (someone.entity, someone.at, someone.fate, someone.took));
            people
        };
        if sorted(engine) != sorted(naive) || !engine.is_sorted_by_key(|someone| (someone.entity, someone.at)) {
            self.said.push(format!("who\n  engine: {engine:?}\n  naive:  {naive:?}"));
        }
    }

    /// The figures beside the whole: how mature it is, and other periods.
    fn see_others(&mut self, answer: &Answer, ask: &Ask<'_>) {
        let within = self.naive.within_target(ask);
        if answer.inputs.get(WITHIN_TARGET) != within.as_ref() {
            let engine = answer.inputs.get(WITHIN_TARGET);
            self.said.push(format!("within target\n  engine: {engine:?}\n  naive:  {within:?}"));
        }
        if let Some(before) = &answer.before {
            self.see(
                "before",
                &before.figure,
                &self.naive.figure(&Ask { period: before.period.clone(), ..ask.clone() }),
            );
        }
        if let Some(newer) = &answer.newer {
            let figure = self.naive.figure(&Ask { period: newer.period.clone(), ..ask.clone() });
            self.see("newer", &Figure::Rate { rate: newer.rate }, &figure);
        }
        if let Some(maturity) = answer.maturity {
            let found = self.naive.maturity(ask);
            if found != Some(maturity) {
                self.said.push(format!("maturity\n  engine: {maturity:?}\n  naive:  {found:?}"));
            }
        }
    }
}

/// Equal to the last digit; quotients to nine places. Powers of them run out of digits in amounts that nobody pays.
fn is_same(engine: &Figure, naive: &Figure) -> bool {
    match (engine, naive) {
        (Figure::Number { value: Some(one), is_share }, Figure::Number { value: Some(other), is_share: also }) => {
            is_share == also && (one - other).abs() <= Decimal::new(1, 9)
        }
        (Figure::Money { amounts: one, records }, Figure::Money { amounts: other, records: also }) => {
            let is_close = |(one, other): (&Money, &Money)| {
                one.currency == other.currency
                    && one.minor.abs_diff(other.minor) <= one.minor.unsigned_abs() / 10_000_000_000_000
            };
            records == also && one.len() == other.len() && one.iter().zip(other).all(is_close)
        }
        _ => engine == naive,
    }
}
