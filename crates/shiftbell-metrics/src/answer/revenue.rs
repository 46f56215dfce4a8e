//! Recurring revenue: the standard family, and the bridge from one instant to another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::choose::{kpi_of, motions_of};
use super::measure::{Measured, Scope};
use super::rows::{Changes, Desk, Read, Rows};
use super::tally::{Ask, UNKNOWN};
use super::{Asked, Cannot, Figure, Rate};
use crate::codec::{Corrupt, Name};
use crate::definitions::economics::{
    ACQUISITION_COST, BURN_MULTIPLE, FIVE_YEARS, LIFETIME_VALUE, MAGIC_NUMBER, MAINTENANCE, PAYBACK, VALUE_TO_COST,
};
use crate::definitions::pipeline::CYCLE_LENGTH;
use crate::definitions::{Definitions, Span, SpanUnit};
use crate::fold::{PROBLEM, line_word, series_of};
use crate::money::{Currency, Money};
use crate::period::{Period, Unit};
use crate::revenue::{Bridge, Exact, Kind, Line, Moved, Policy, Why, arpa, arr, bridge, levels_at, logos, retention};
use crate::segment::{Columns, Credit};
use crate::time::{Day, Instant};

/// Every month in which a movement may lie: 1970 (in the zone of the company, the last day of 1969) to 2100, whatever is asked, so
/// that all answers read the same rows.
const DAYS: (Day, Day) = (Day(-62), Day(47_848));

/// What the names of the family stand for when the asker names no period.
pub(super) fn default_period(definitions: &Definitions, name: &str, over: Option<Span>, today: Day) -> Option<Period> {
    let workspace = &definitions.workspace;
    let month = Period::containing(today, Unit::Month, workspace);
    let full = |months: u32| {
        let span = over.unwrap_or(Span { count: months, unit: SpanUnit::Months });
        Period::ending_with(month.from.plus(-1), span, &workspace.zone)
    };
    match name {
        "gross-retention" | "net-retention" => full(12),
        // What customers cost comes before they do, and few leave in a month: a year tells more than its last one.
        LIFETIME_VALUE | FIVE_YEARS | ACQUISITION_COST | PAYBACK | VALUE_TO_COST | MAINTENANCE | CYCLE_LENGTH => {
            full(12)
        }
        MAGIC_NUMBER | BURN_MULTIPLE => {
            let quarter = Period::containing(today, Unit::Quarter, workspace);
            over.and_then(|_| full(3))
                .or_else(|| Some(Period::containing(quarter.from.plus(-1), Unit::Quarter, workspace)))
        }
        "customer-retention" | "customer-churn" => full(1),
        "mrr"
        | "arr"
        | "committed-mrr"
        | "usage-mrr"
        | "discount-mrr"
        | "paying-customers"
        | "revenue-per-customer" => Some(month),
        _ => over.and_then(|_| full(1)),
    }
}

/// A stored change: of recurring revenue, or of a line beside it.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) moved: Moved,
    currency: Currency,
    pub(super) group: Option<Name>,
    pub(super) line: Option<Line>,
}

/// The text of a stated field at a place; `None` where it is not stated.
fn stated(columns: &Columns<'_>, place: u64) -> Result<Option<String>, Corrupt> {
    Ok(columns.text(place)?.and_then(|json| serde_json::from_str(&json).ok()))
}

/// What the texts of a segment mean, by place. The same text stands in many entries, and is read once for each segment.
struct Known<T>(Vec<Option<Option<T>>>);

impl<T: Copy> Known<T> {
    fn read(
        &mut self,
        columns: &Columns<'_>,
        place: u64,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Corrupt> {
        let index = usize::try_from(place).unwrap_or(usize::MAX);
        if let Some(value) = self.0.get(index).copied().flatten() {
            return Ok(value);
        }
        let value = stated(columns, place)?.and_then(|text| parse(&text));
        // It is in the dictionary, else it had not been read: so this is no larger than that.
        if index >= self.0.len() {
            self.0.resize(index + 1, None);
        }
        self.0[index] = Some(value);
        Ok(value)
    }
}

impl Scope<'_> {
    /// Every change that counts here, the announced too.
    pub(super) fn stored(&self) -> Result<Arc<[Stored]>, Cannot> {
        let of = Changes {
            motions: self.motions.iter().map(|motion| (*motion).to_owned()).collect(),
            by: self.by.map(str::to_owned),
            filters: self.asked.question.filters.clone(),
            names: self.asked.names.to_vec(),
        };
        self.desk.changes(of, || self.read_changes())
    }

    fn read_changes(&self) -> Result<Vec<Stored>, Cannot> {
        let mut found = Vec::new();
        let kinds = Kind::ALL.into_iter().map(|kind| (kind.word(), kind, None));
        let lines = [Line::Usage, Line::Discount].map(|line| (line_word(line), Kind::Expansion, Some(line)));
        for (word, kind, line) in kinds.chain(lines) {
            self.each_change(word, |columns, keep| {
                let (Some(amounts), Some(currencies)) = (columns.state("amount")?, columns.state("currency")?) else {
                    return Ok(());
                };
                let whys = columns.state("why")?;
                let groups = self.by.map(|by| columns.dim(by)).transpose()?.flatten();
                let (mut amount_at, mut currency_at) = (Known(Vec::new()), Known(Vec::new()));
                let entries = columns.entities()?.into_iter().zip(columns.at()?).enumerate();
                for (index, (customer, at)) in entries.filter(|(index, _)| keep[*index]) {
                    let amount = amount_at.read(columns, amounts[index], |text| text.parse::<Exact>().ok())?;
                    let currency = currency_at.read(columns, currencies[index], Currency::from_code)?;
                    let (Some(amount), Some(currency)) = (amount, currency) else { continue };
                    let why = whys.as_ref().map(|whys| stated(columns, whys[index])).transpose()?.flatten();
                    let why = why.and_then(|word| Why::ALL.into_iter().find(|why| why.word() == word));
                    let group = groups.as_ref().map(|groups| columns.text(groups[index])).transpose()?.flatten();
                    found.push(Stored { moved: Moved { customer, at, kind, amount, why }, currency, group, line });
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Every stored change of a word, of all time: what is there at an instant is everything until then.
    fn each_change(
        &self,
        word: &str,
        see: impl FnMut(&Columns<'_>, &[bool]) -> Result<(), Cannot>,
    ) -> Result<(), Cannot> {
        let ever = Period::of_days(Day(0), Day(0), &self.asked.defs.workspace.zone);
        let ask = Ask { period: &ever, credit: &[Credit::Owner], ..self.ask(series_of(word)) };
        self.each_segment(&ask, DAYS, see)
    }

    /// From when to when: what is announced for later than now is not there yet.
    pub(super) fn instants(&self) -> (Instant, Instant) {
        let until = self.period.ends_at().min(self.asked.now.plus_ms(1));
        (self.period.starts_at().min(until), until)
    }

    /// Whether the period is not over yet.
    fn runs(&self) -> bool {
        self.period.ends_at() > self.asked.now
    }

    pub(super) fn recurring(&self, name: &str) -> Result<Measured, Cannot> {
        let stored = self.stored()?;
        let mut found = self.figure_of(name, &stored);
        if self.by.is_some() {
            let groups: BTreeSet<Option<Name>> = stored.iter().map(|one| one.group.clone()).collect();
            for group in groups {
                let own: Vec<Stored> = stored.iter().filter(|one| one.group == group).cloned().collect();
                found.groups.push((group, self.figure_of(name, &own).figure));
            }
        }
        Ok(found)
    }

    fn figure_of(&self, name: &str, stored: &[Stored]) -> Measured {
        let own = self.asked.defs.workspace.currency;
        let (from, until) = self.instants();
        let of = |currency, line| movements(stored, currency, line);
        let moved = of(own, None);
        let found = bridge(&moved, from, until);
        let money = |amount: Exact| amount.to_money(own).unwrap_or(Money::new(0, own));
        let one = |amount: Exact, records| Figure::Money { amounts: vec![money(amount)], records };
        let each = |of: &dyn Fn(&[Moved]) -> Exact, line, records| self.each_currency(stored, of, line, records);
        let at = |until: Instant| move |moved: &[Moved]| levels_at(moved, until).values().copied().sum::<Exact>();
        let size = |kind: Kind| {
            let records = moved
                .iter()
                .filter(|one| one.kind == kind && one.at >= from && one.at < until && !one.amount.is_zero());
            each(&|moved: &[Moved]| bridge(moved, from, until).size(kind), None, records.count() as i64)
        };
        match name {
            "mrr" => Measured::only(each(&at(until), None, found.customers_end)),
            "arr" => Measured::only(each(&|moved: &[Moved]| arr(at(until)(moved)), None, found.customers_end)),
            // What customers have committed to at least; what they use beyond is apart.
            "committed-mrr" if is_consumption(self.asked.defs) => {
                let inputs = BTreeMap::from([("usage-mrr".to_owned(), self.usage(stored).figure)]);
                Measured { inputs, ..Measured::only(each(&at(until), None, found.customers_end)) }
            }
            // What was announced at an earlier time is not kept apart from what is announced now.
            "committed-mrr" if !self.runs() => Measured::nothing(format!(
                "what was announced by the end of {} is not kept apart from what is announced now",
                self.period.label
            )),
            "committed-mrr" => Measured::only(each(&at(Instant::LATEST), None, found.customers_end)),
            "usage-mrr" => self.usage(stored),
            "discount-mrr" => Measured::only(each(&at(until), Some(Line::Discount), found.customers_end)),
            "new-mrr" => Measured::only(size(Kind::New)),
            "reactivation-mrr" => Measured::only(size(Kind::Reactivation)),
            "expansion-mrr" => Measured::only(size(Kind::Expansion)),
            "contraction-mrr" => Measured::only(size(Kind::Contraction)),
            "churned-mrr" => Measured::only(size(Kind::Churn)),
            "paying-customers" => Measured::only(Figure::Count { count: found.customers_end }),
            "revenue-per-customer" => {
                let note = self.in_several(stored);
                match arpa(found.end, found.customers_end) {
                    Some(each) => Measured { note, ..Measured::only(one(each, found.customers_end)) },
                    None => Measured::nothing("nobody pays at the end of the period"),
                }
            }
            "quick-ratio" => {
                let value = found.quick_ratio(false).and_then(Exact::to_decimal);
                let inputs = [
                    ("gained", found.size(Kind::New) + found.size(Kind::Expansion) + found.size(Kind::Resumed)),
                    ("lost", found.lost()),
                ];
                let inputs = inputs.map(|(name, amount)| (name.to_owned(), one(amount, 0))).into();
                let note = value.is_none().then(|| format!("nothing was lost in {}", self.period.label));
                Measured { inputs, note, ..Measured::only(Figure::Number { value, is_share: false }) }
            }
            "customer-retention" | "customer-churn" => {
                let logos = logos(&moved, from, until);
                let num = if name == "customer-churn" { logos.lost } else { logos.start - logos.lost };
                Measured::only(Figure::Rate { rate: Rate { num, den: logos.start } })
            }
            _ => {
                let kept = retention(&moved, from, until);
                let (share, left) = match name {
                    "gross-retention" => (kept.gross(), kept.kept),
                    _ => (kept.net(), kept.now),
                };
                let value = share.and_then(Exact::to_decimal);
                let inputs = BTreeMap::from([
                    ("start".to_owned(), one(kept.start, kept.customers_start)),
                    ("left".to_owned(), one(left, kept.customers_kept)),
                ]);
                let note = value.is_none().then(|| "nobody paid at the start of the period".to_owned());
                Measured { inputs, note, ..Measured::only(Figure::Number { value, is_share: true }) }
            }
        }
    }

    /// One amount for each currency without a rate, after the own.
    pub(super) fn each_currency(
        &self,
        stored: &[Stored],
        of: &dyn Fn(&[Moved]) -> Exact,
        line: Option<Line>,
        records: i64,
    ) -> Figure {
        let own = self.asked.defs.workspace.currency;
        let currencies: BTreeSet<Currency> = stored.iter().map(|one| one.currency).filter(|one| *one != own).collect();
        let others =
            currencies.into_iter().filter_map(|currency| of(&movements(stored, currency, line)).to_money(currency));
        let first = of(&movements(stored, own, line)).to_money(own).unwrap_or(Money::new(0, own));
        let amounts = std::iter::once(first).chain(others.filter(|money| money.minor != 0)).collect();
        Figure::Money { amounts, records }
    }
}

fn is_consumption(defs: &Definitions) -> bool {
    defs.workspace.business_model == "consumption"
}

pub(super) fn movements(stored: &[Stored], currency: Currency, line: Option<Line>) -> Vec<Moved> {
    stored.iter().filter(|one| one.currency == currency && one.line == line).map(|one| one.moved).collect()
}

/// The bridge of recurring revenue, rounded so that it adds up as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MrrBridge {
    pub period: Period,
    pub motion: Option<String>,
    pub filters: Vec<(String, String)>,
    /// Whose answers decide what counts: `shiftbell`.
    pub policy: String,
    /// The whole in the workspace's currency; then one for each currency without a rate that is kept apart.
    pub whole: Vec<BridgeLine>,
    pub by: Option<String>,
    /// The same by the values of a dimension, the largest first.
    pub parts: Vec<BridgeLine>,
    /// With every change that is announced for later; of a period that is over, what was there at its end.
    pub committed: Money,
    /// What is charged by use (as last told, or the mean of full months), and what coupons take off for a time: kept apart.
    pub usage: Money,
    pub discount: Money,
    /// What could not be counted, and how often.
    pub problems: Vec<(String, u64)>,
}

/// `opening + moves = closing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeLine {
    pub value: Option<String>,
    pub opening: Money,
    pub moves: Vec<BridgeMove>,
    pub closing: Money,
    pub customers_start: i64,
    pub customers_end: i64,
    /// Of churn: `voluntary`, `involuntary`, `unknown`.
    pub churn: Vec<(String, Money)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeMove {
    /// `new`, `expansion` ...
    pub kind: String,
    /// Negative where it is lost.
    pub money: Money,
}

/// Always shown, even if nothing happened; the others only if something did.
const ALWAYS: [Kind; 4] = [Kind::New, Kind::Expansion, Kind::Contraction, Kind::Churn];

/// The order in which movements are said.
const ORDER: [Kind; 8] = [
    Kind::New,
    Kind::Reactivation,
    Kind::Expansion,
    Kind::Resumed,
    Kind::Contraction,
    Kind::Paused,
    Kind::Churn,
    Kind::Fx,
];

/// Answers `/mrr`: `question.kpi` is not looked at beyond that it is of the family. Or the rows it needs first.
///
/// # Errors
/// As for any question.
pub fn mrr_bridge(asked: &Asked<'_>, rows: &Rows) -> Result<Result<MrrBridge, Vec<Read>>, Cannot> {
    let desk = Desk::new(rows);
    let kpi = kpi_of(asked.defs, &asked.question.kpi)?;
    let motions = motions_of(asked, &kpi)?;
    let zone = &asked.defs.workspace.zone;
    let month = Period::containing(zone.day_of(asked.now), Unit::Month, &asked.defs.workspace);
    let period = asked.question.period.clone().unwrap_or(month);
    let by = asked.question.by.as_deref();
    for dimension in asked.question.filters.iter().map(|(dimension, _)| dimension.as_str()).chain(by) {
        if asked.defs.dimension(dimension).is_none() {
            return Err(Cannot::NoDimension(dimension.to_owned()));
        }
    }
    let scope = Scope { asked, desk: &desk, kpi: &kpi, motions: &motions, period: &period, by, exact: true };
    let found = scope.mrr_bridge()?;
    let needed = desk.missing();
    Ok(if needed.is_empty() { Ok(found) } else { Err(needed) })
}

impl Scope<'_> {
    fn mrr_bridge(&self) -> Result<MrrBridge, Cannot> {
        let own = self.asked.defs.workspace.currency;
        let (from, until) = self.instants();
        let stored = self.stored()?;
        let line = |currency, stored: &[Stored], value: Option<String>| {
            line_of(&bridge(&movements(stored, currency, None), from, until), currency, value)
        };
        let mut currencies: Vec<Currency> =
            stored.iter().filter(|one| one.line.is_none()).map(|one| one.currency).collect();
        currencies.sort_by_key(|currency| (*currency != own, *currency));
        currencies.dedup();
        currencies.retain(|currency| *currency != own);
        let whole = std::iter::once(own).chain(currencies).map(|currency| line(currency, &stored, None)).collect();
        let mut parts = Vec::new();
        if self.by.is_some() {
            let groups: BTreeSet<Option<Name>> = stored.iter().map(|one| one.group.clone()).collect();
            for group in groups {
                let of: Vec<Stored> = stored.iter().filter(|one| one.group == group).cloned().collect();
                let value = group.map_or_else(|| UNKNOWN.to_owned(), |group| group.to_string());
                parts.push(line(own, &of, Some(value)));
            }
            parts.sort_by_key(|part| std::cmp::Reverse(part.closing.minor));
        }
        let level = |line, at| levels_at(&movements(&stored, own, line), at).values().copied().sum::<Exact>();
        let money = |amount: Exact| amount.to_money(own).unwrap_or(Money::new(0, own));
        let mut problems: BTreeMap<String, u64> = BTreeMap::new();
        self.each_change(PROBLEM, |columns, keep| {
            let Some(texts) = columns.state(PROBLEM)? else { return Ok(()) };
            for (place, _) in texts.into_iter().zip(keep).filter(|(_, keep)| **keep) {
                *problems.entry(stated(columns, place)?.unwrap_or_default()).or_default() += 1;
            }
            Ok(())
        })?;
        let question = self.asked.question;
        Ok(MrrBridge {
            period: self.period.clone(),
            motion: question.motion.clone(),
            filters: question.filters.clone(),
            policy: Policy::of(&self.asked.defs.policies.mrr).name,
            whole,
            by: question.by.clone(),
            parts,
            committed: money(level(None, if self.runs() { Instant::LATEST } else { until })),
            usage: match self.usage(&stored).figure {
                Figure::Money { amounts, .. } => amounts.first().copied().unwrap_or(Money::new(0, own)),
                _ => money(level(Some(Line::Usage), until)),
            },
            discount: money(level(Some(Line::Discount), until)),
            problems: problems.into_iter().collect(),
        })
    }
}

fn line_of(found: &Bridge, currency: Currency, value: Option<String>) -> BridgeLine {
    let money = |amount: Exact| amount.to_money(currency).unwrap_or(Money::new(0, currency));
    let (opening, closing) = (money(found.start), money(found.end));
    let mut moves: Vec<BridgeMove> = ORDER
        .into_iter()
        .map(|kind| (kind, found.moved.get(&kind).copied().unwrap_or_default()))
        .filter(|(kind, amount)| ALWAYS.contains(kind) || !amount.is_zero())
        .map(|(kind, amount)| BridgeMove { kind: kind.word().to_owned(), money: money(amount) })
        .collect();
    // Each is rounded by itself: the largest takes what that leaves over, so that the line adds up as it is read.
    let left = closing.minor - opening.minor - moves.iter().map(|one| one.money.minor).sum::<i64>();
    if let Some(largest) = moves.iter_mut().max_by_key(|one| one.money.minor.unsigned_abs()) {
        largest.money.minor += left;
    }
    let churn = Why::ALL.into_iter().filter_map(|why| Some((why.word().to_owned(), money(*found.churn.get(&why)?))));
    BridgeLine {
        value,
        opening,
        moves,
        closing,
        customers_start: found.customers_start,
        customers_end: found.customers_end,
        churn: churn.collect(),
    }
}
