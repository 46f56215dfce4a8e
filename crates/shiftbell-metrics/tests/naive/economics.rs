//! What a customer costs and is worth: the KPIs that exist without being written.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use shiftbell_metrics::answer::Figure;
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::period::{Period, previous};
use shiftbell_metrics::time::{Instant, MS_PER_DAY};

use super::answer::{Ask, Naive, number};
use super::deals::AMOUNT;
use super::plan::GRAINS;
use super::revenue::{Levels, money_each, quotient};

/// Above and below the line. Money is in grains.
type Fraction = (i128, i128);

/// What was paid at the start and at the end, and by whom.
struct Paid {
    from: Instant,
    until: Instant,
    start: Levels,
    end: Levels,
}

fn total(levels: &Levels) -> i128 {
    levels.values().sum()
}

fn payers(levels: &Levels) -> i128 {
    levels.values().filter(|grains| **grains > 0).count() as i128
}

impl Naive<'_> {
    pub(crate) fn economics(&self, ask: &Ask<'_>, name: &str) -> Option<Figure> {
        let own = self.definitions.workspace.currency;
        let until = ask.period.ends_at().min(self.now.plus_ms(1));
        let from = ask.period.starts_at().min(until);
        let paid =
            Paid { from, until, start: self.levels(ask, own, None, from), end: self.levels(ask, own, None, until) };
        // Where nothing recurs, who was won is new.
        let new =
            if self.is("ownership") { self.within(ask, "won").len() } else { self.new_customers(ask, &paid).len() };
        let new = new as i128;
        let customers = payers(&paid.end);
        let money = |found: Option<Fraction>, records: i128| match found {
            Some((grains, among)) => {
                Figure::Money { amounts: vec![money_each(grains, among, own)], records: records as i64 }
            }
            None => number(None),
        };
        let ratio = |found: Option<Fraction>| number(found.and_then(|(above, below)| quotient(above, below)));
        Some(match name {
            "customer-lifetime-value" => money(self.lifetime_value(ask, &paid), customers),
            "lifetime-value-five-years" => self.five_years(ask, &paid),
            "bookings" => {
                let won = [self.within(ask, "won"), self.within(ask, "expansion/won")].concat();
                self.added_up(&won, AMOUNT)
            }
            "acquisition-cost" => money(self.acquisition_cost(ask, new), new),
            "payback-months" => {
                // What a new customer costs / what is left of what it pays a month: of all new ones together.
                let cost = self.acquisition_cost(ask, new);
                let first = self.new_revenue(ask, &paid) * self.margin().0;
                ratio(cost.map(|(grains, _)| (grains * self.margin().1, first)))
            }
            "ltv-to-cac" => {
                let both = self.lifetime_value(ask, &paid).zip(self.acquisition_cost(ask, new));
                ratio(both.map(|((value, of), (cost, each))| (value * each, of * cost)))
            }
            "magic-number" => {
                let before = Ask { period: previous(&ask.period), ..ask.clone() };
                let cost = self.spent(&before, self.definitions.policies.economics.cost.as_deref());
                ratio(cost.map(|cost| (12 * (total(&paid.end) - total(&paid.start)), cost)))
            }
            "burn-multiple" => {
                let burn = self.spent(ask, self.definitions.policies.economics.burn.as_deref());
                let added = 12 * (total(&paid.end) - total(&paid.start));
                ratio(burn.filter(|_| added > 0).map(|burn| (burn, added)))
            }
            _ => return None,
        })
    }

    /// What is charged by use: as told last, or of a business of use the mean of the latest three full months.
    pub(crate) fn usage(&self, ask: &Ask<'_>, until: Instant) -> Figure {
        let level = |currency, at| total(&self.levels(ask, currency, Some("usage"), at));
        let used = self.moved.iter().filter(|one| one.kind == "usage" && self.is_of(ask, one) && one.entry.at < until);
        let used: Vec<_> = used.collect();
        let mut ends = Vec::new();
        if self.is("consumption") {
            let zone = &self.definitions.workspace.zone;
            let mut month = zone.day_of(until).date().first_of_month();
            for _ in 0..3 {
                ends.push(zone.start_of(shiftbell_metrics::time::Day::from_date(month)));
                month = month.yesterday().expect("a day before").first_of_month();
            }
            // A month before the first use says nothing.
            ends.retain(|end| used.iter().any(|one| one.entry.at < *end));
            if ends.is_empty() && !used.is_empty() {
                return number(None);
            }
        } else {
            ends.push(until);
        }
        let mean = |currency| ends.iter().map(|end| level(currency, *end)).sum::<i128>();
        let months = (ends.len() as i128).max(1);
        let amounts = self.currencies().into_iter().map(|currency| money_each(mean(currency), months, currency));
        let amounts = amounts.enumerate().filter(|(index, money)| *index == 0 || money.minor != 0);
        let amounts = amounts.map(|(_, money)| money).collect();
        let mut users: Vec<_> = self
            .currencies()
            .into_iter()
            .flat_map(|currency| self.levels(ask, currency, Some("usage"), until))
            .filter(|(_, grains)| *grains > 0)
            .map(|(who, _)| who)
            .collect();
        users.sort();
        users.dedup();
        Figure::Money { amounts, records: users.len() as i64 }
    }

    pub(crate) fn is(&self, model: &str) -> bool {
        self.definitions.workspace.business_model == model
    }

    /// What is left of revenue, as a share.
    fn margin(&self) -> Fraction {
        let percent = self.definitions.policies.economics.gross_margin.expect("the file says it");
        ((percent * Decimal::ONE_HUNDRED).to_i128().expect("two places"), 10_000)
    }

    /// A sum of the period in the company's own currency; `None` where nobody told one, or in a currency without a rate.
    fn spent(&self, ask: &Ask<'_>, sum: Option<&str>) -> Option<i128> {
        let kpi = self.definitions.kpi(sum?).expect("a KPI of the file");
        let Some(Figure::Money { amounts, records }) = self.figure(&Ask { kpi, ..ask.clone() }) else {
            panic!("{} is a sum", kpi.slug)
        };
        let grains = |money: &Money| match money.currency.code() {
            _ if money.minor == 0 => Some(0),
            "USD" => Some(i128::from(money.minor) * GRAINS),
            "EUR" => Some(i128::from(money.minor) * GRAINS * 11 / 10),
            _ => None,
        };
        if records == 0 { None } else { amounts.iter().map(grains).sum() }
    }

    /// Who paid for the first time in the period.
    fn new_customers(&self, ask: &Ask<'_>, paid: &Paid) -> Vec<&shiftbell_metrics::id::EntityKey> {
        let mut new: Vec<_> = self.new_moves(ask, paid).map(|(who, _)| who).collect();
        new.sort();
        new.dedup();
        new
    }

    fn new_revenue(&self, ask: &Ask<'_>, paid: &Paid) -> i128 {
        self.new_moves(ask, paid).map(|(_, grains)| grains).sum()
    }

    fn new_moves(&self, ask: &Ask<'_>, paid: &Paid) -> impl Iterator<Item = (&shiftbell_metrics::id::EntityKey, i128)> {
        let own: Currency = self.definitions.workspace.currency;
        let new = self.moved.iter().filter(move |one| one.kind == "new" && one.currency == own);
        let then = new.filter(move |one| paid.from <= one.entry.at && one.entry.at < paid.until);
        then.filter(move |one| self.is_of(ask, one)).map(|one| (&one.entry.who, one.grains))
    }

    fn acquisition_cost(&self, ask: &Ask<'_>, new: i128) -> Option<Fraction> {
        let cost = self.spent(ask, self.definitions.policies.economics.cost.as_deref())?;
        (new > 0).then_some((cost, new))
    }

    /// What a customer pays in the period x what is left of it / the share of customers lost in the period.
    fn lifetime_value(&self, ask: &Ask<'_>, paid: &Paid) -> Option<Fraction> {
        let pays = |levels: &Levels, who| levels.get(who).is_some_and(|grains| *grains > 0);
        let lost = paid.start.keys().filter(|who| pays(&paid.start, who) && !pays(&paid.end, who)).count() as i128;
        let (months, among) = months(&ask.period, paid);
        let (left, of) = self.margin();
        let each = (total(&paid.end) * months * left * payers(&paid.start), payers(&paid.end) * among * of * lost);
        (each.1 != 0).then_some(each)
    }

    /// Five years of today's customers, each year keeping of the one before what the latest twelve months kept.
    fn five_years(&self, ask: &Ask<'_>, paid: &Paid) -> Figure {
        let own = self.definitions.workspace.currency;
        let zone = &ask.period.zone;
        let day = zone.day_of(paid.until.plus_ms(-1)).plus(1).date();
        let year_ago =
            zone.start_of(shiftbell_metrics::time::Day::from_date(day.saturating_sub(jiff::Span::new().years(1))));
        let start = self.levels(ask, own, None, year_ago);
        let those = start.iter().filter(|(_, grains)| **grains > 0);
        let (mut then, mut now) = (0, 0);
        for (who, grains) in those {
            then += grains;
            now += paid.end.get(who).copied().unwrap_or(0);
        }
        let Some(kept) = quotient(now, then) else { return number(None) };
        let first = quotient(12 * total(&paid.end), GRAINS * 100).expect("a hundred");
        let next = |sum: Option<Decimal>| sum?.checked_mul(kept)?.checked_add(Decimal::ONE);
        let Some(years) = next(next(next(next(Some(Decimal::ONE))))) else { return number(None) };
        // What no amount of money can hold has no value.
        let amount = first.checked_mul(years).and_then(|value| Money::from_major(value.round_dp(6), own));
        amount.map_or(number(None), |amount| Figure::Money { amounts: vec![amount], records: payers(&paid.end) as i64 })
    }
}

/// Whole months as they are; of any other span twelve months in 365 days.
fn months(period: &Period, paid: &Paid) -> (i128, i128) {
    let (from, until) = (period.from.date(), period.until.date());
    if from.day() == 1 && until.day() == 1 && paid.until == period.ends_at() && from < until {
        let months = |date: jiff::civil::Date| i128::from(date.year()) * 12 + i128::from(date.month());
        return (months(until) - months(from), 1);
    }
    (i128::from(paid.until.since(paid.from)) * 12, i128::from(MS_PER_DAY) * 365)
}
