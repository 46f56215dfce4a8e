//! Recurring revenue and deals on their way: the KPIs that exist without being written.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use shiftbell_metrics::answer::{Figure, Rate};
use shiftbell_metrics::definitions::{Definitions, KpiKind, Span, SpanUnit};
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::period::{Period, Unit};
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_metrics::value::Value;

use super::account::{Account, TODAY};
use super::answer::{Ask, Naive, number};
use super::entries::{Entry, Known, spelled};
use super::facts::{Occurrence, View, motion_at};
use super::ledger::Movement;
use super::plan::GRAINS;
use super::stages::Reached;

/// What stands beside recurring revenue.
pub(crate) const BESIDE: [&str; 2] = ["usage", "discount"];

/// What moved of one product of a customer.
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    /// The customer, as it is today.
    pub(crate) entry: Entry,
    pub(crate) kind: &'static str,
    pub(crate) currency: Currency,
    pub(crate) grains: i128,
}

pub(crate) fn moved(known: &Known<'_>, movements: &[Movement]) -> Vec<Moved> {
    let root = &known.account.root;
    let motion = motion_at(known.definitions, known.account, TODAY);
    let product = known.definitions.dimension("product").expect("a dimension of products");
    let mut found = Vec::new();
    for movement in movements {
        let parts = if BESIDE.contains(&movement.kind) {
            BTreeMap::from([(String::new(), movement.amount())])
        } else {
            movement.parts.clone()
        };
        for (name, grains) in parts {
            let mut entry = known.entry(root, "mrr", Reached { at: movement.at, place: TODAY, motion });
            let own = known.account.owner(root, TODAY);
            let deal = || known.account.owner(&known.first_deal()?, TODAY);
            entry.owner = own.or_else(deal).or(entry.owner);
            // What a subscription is for stands above what its customer once asked for, where it is a known product.
            let known_as = spelled(product, &Value::text(name)).filter(|value| product.values.contains(value));
            entry.dims.extend(known_as.map(|value| ("product".to_owned(), value)));
            found.push(Moved { entry, kind: movement.kind, currency: movement.currency, grains });
        }
    }
    found
}

/// The facts that are movements, told at the latest event until then.
pub(crate) fn occurrences<'d>(
    definitions: &'d Definitions,
    account: &Account,
    movements: &[Movement],
) -> Vec<Occurrence<'d>> {
    let mut found: Vec<Occurrence<'d>> = Vec::new();
    for movement in movements.iter().filter(|movement| movement.amount() != 0) {
        // What moves in two currencies at once happened once.
        if found.last().is_some_and(|last| last.at == movement.at && last.fact.mrr.as_deref() == Some(movement.kind)) {
            continue;
        }
        for fact in definitions.facts.iter().filter(|fact| fact.mrr.as_deref() == Some(movement.kind)) {
            let last = account.events.iter().rposition(|stored| stored.event.at <= movement.at);
            let place = last.unwrap_or(0);
            let contact = View::at(account, place).who(EntityKind::Contact);
            let motion = motion_at(definitions, account, TODAY);
            found.push(Occurrence { fact, place, at: movement.at, motion, contact, deal: None });
        }
    }
    found
}

/// The period that a name stands for: what was kept is of full months, what is paid is of this one.
pub(crate) fn default_period(definitions: &Definitions, ask: &Ask<'_>, today: Day) -> Option<Period> {
    let KpiKind::Standard { name, over } = &ask.kpi.kind else { return None };
    let workspace = &definitions.workspace;
    let month = Period::containing(today, Unit::Month, workspace);
    let full = |months: u32| {
        let span = over.unwrap_or(Span { count: months, unit: SpanUnit::Months });
        Period::ending_with(month.from.plus(-1), span, &workspace.zone)
    };
    match name.as_str() {
        "gross-retention" | "net-retention" => full(12),
        "customer-lifetime-value"
        | "lifetime-value-five-years"
        | "acquisition-cost"
        | "payback-months"
        | "ltv-to-cac"
        | "maintenance-renewal"
        | "cycle-length" => full(12),
        // A quarter of a year, as quarters are told, that is over.
        "magic-number" | "burn-multiple" => {
            let quarter = Period::containing(today, Unit::Quarter, workspace);
            Some(Period::containing(quarter.from.plus(-1), Unit::Quarter, workspace))
        }
        "customer-retention" | "customer-churn" => full(1),
        "mrr"
        | "arr"
        | "committed-mrr"
        | "usage-mrr"
        | "discount-mrr"
        | "paying-customers"
        | "revenue-per-customer" => Some(month),
        "coverage" => super::deals::goal(definitions, ask.motion, today).map(|(_, period)| period),
        _ if over.is_some() => full(1),
        _ => None,
    }
}

/// What each customer pays.
pub(crate) type Levels = BTreeMap<EntityKey, i128>;

/// Grains as money, rounded half to even.
pub(crate) fn money(grains: i128, currency: Currency) -> Money {
    money_each(grains, 1, currency)
}

pub(crate) fn money_each(grains: i128, among: i128, currency: Currency) -> Money {
    let unit = GRAINS * among;
    let (whole, rest) = (grains.div_euclid(unit), grains.rem_euclid(unit));
    let up = rest * 2 > unit || (rest * 2 == unit && whole % 2 != 0);
    Money::new((whole + i128::from(up)).to_i64().expect("a sum of money"), currency)
}

pub(crate) fn quotient(above: i128, below: i128) -> Option<Decimal> {
    let (mut whole, mut rest) = (above.abs(), below.abs());
    while rest != 0 {
        (whole, rest) = (rest, whole % rest);
    }
    let lowest = |number: i128| Decimal::from_i128_with_scale(number / whole, 0);
    (below != 0).then(|| lowest(above) / lowest(below))
}

impl Naive<'_> {
    pub(crate) fn is_of(&self, ask: &Ask<'_>, moved: &Moved) -> bool {
        self.counts(ask, &moved.entry)
    }

    /// What each customer pays just before an instant; or `beside` it.
    pub(crate) fn levels(&self, ask: &Ask<'_>, currency: Currency, beside: Option<&str>, before: Instant) -> Levels {
        let mut levels = Levels::new();
        for one in self.moved.iter().filter(|one| one.currency == currency && self.is_of(ask, one)) {
            let is_of = beside.map_or(!BESIDE.contains(&one.kind), |beside| one.kind == beside);
            if one.entry.at < before && is_of {
                *levels.entry(one.entry.who.clone()).or_default() += one.grains;
            }
        }
        levels
    }

    pub(crate) fn currencies(&self) -> Vec<Currency> {
        let own = self.definitions.workspace.currency;
        let mut all: Vec<Currency> = self.moved.iter().map(|one| one.currency).filter(|one| *one != own).collect();
        all.sort();
        all.dedup();
        all.insert(0, own);
        all
    }

    pub(crate) fn standard(&self, ask: &Ask<'_>, name: &str) -> Option<Figure> {
        if name == "coverage" {
            return self.coverage(ask);
        }
        if let Some(figure) = self.of_deals(ask, name).or_else(|| self.economics(ask, name)) {
            return Some(figure);
        }
        let own = self.definitions.workspace.currency;
        // What is announced for later than now is not there yet.
        let until = ask.period.ends_at().min(self.now.plus_ms(1));
        let from = ask.period.starts_at().min(until);
        let (start, end) = (self.levels(ask, own, None, from), self.levels(ask, own, None, until));
        let pays = |levels: &Levels, who: &EntityKey| levels.get(who).copied().unwrap_or(0);
        let customers = end.values().filter(|grains| **grains > 0).count() as i64;
        let all = |of: &dyn Fn(Currency) -> i128, records: i64| {
            let others = self.currencies().into_iter().map(|currency| money(of(currency), currency));
            let amounts = others.enumerate().filter(|(index, money)| *index == 0 || money.minor != 0);
            Figure::Money { amounts: amounts.map(|(_, money)| money).collect(), records }
        };
        let level = |beside: Option<&str>, at: Instant, times: i128| {
            all(&|currency| self.levels(ask, currency, beside, at).values().sum::<i128>() * times, customers)
        };
        let of_kind = |kind: &str, currency: Currency| -> Vec<&Moved> {
            let within = |one: &&Moved| one.kind == kind && from <= one.entry.at && one.entry.at < until;
            self.moved.iter().filter(within).filter(|one| one.currency == currency && self.is_of(ask, one)).collect()
        };
        let size = |kind: &str, currency: Currency| of_kind(kind, currency).iter().map(|one| one.grains).sum::<i128>();
        let flow =
            |kind: &str, sign: i128| all(&|currency| sign * size(kind, currency), of_kind(kind, own).len() as i64);
        let those: Vec<(&EntityKey, i128)> =
            start.iter().filter(|(_, grains)| **grains > 0).map(|(who, grains)| (who, *grains)).collect();
        let first: i128 = those.iter().map(|(_, grains)| grains).sum();
        let lost = those.iter().filter(|(who, _)| pays(&end, who) <= 0).count() as i64;
        let rate = |num: i64| Figure::Rate { rate: Rate { num, den: those.len() as i64 } };
        let share = |left: i128| Figure::Number { value: quotient(left, first), is_share: true };
        Some(match name {
            "mrr" => level(None, until, 1),
            "arr" => level(None, until, 12),
            // What customers have committed to at least.
            "committed-mrr" if self.is("consumption") => level(None, until, 1),
            "committed-mrr" if ask.period.ends_at() <= self.now => number(None),
            "committed-mrr" => level(None, Instant::LATEST, 1),
            "usage-mrr" => self.usage(ask, until),
            "discount-mrr" => level(Some("discount"), until, 1),
            "new-mrr" => flow("new", 1),
            "reactivation-mrr" => flow("reactivation", 1),
            "expansion-mrr" => flow("expansion", 1),
            "contraction-mrr" => flow("contraction", -1),
            "churned-mrr" => flow("churn", -1),
            "paying-customers" => Figure::Count { count: customers },
            "revenue-per-customer" if customers == 0 => number(None),
            "revenue-per-customer" => {
                let each = money_each(end.values().sum(), customers.into(), own);
                Figure::Money { amounts: vec![each], records: customers }
            }
            "quick-ratio" => {
                let gained = ["new", "expansion", "resumed"].iter().map(|kind| size(kind, own)).sum();
                let lost = ["churn", "contraction", "paused"].iter().map(|kind| -size(kind, own)).sum();
                number(quotient(gained, lost))
            }
            "customer-churn" => rate(lost),
            "customer-retention" => rate(those.len() as i64 - lost),
            "gross-retention" | "maintenance-renewal" => {
                share(those.iter().map(|(who, grains)| pays(&end, who).min(*grains)).sum())
            }
            "net-retention" => share(those.iter().map(|(who, _)| pays(&end, who)).sum()),
            other => panic!("{other} is no standard KPI"),
        })
    }
}
