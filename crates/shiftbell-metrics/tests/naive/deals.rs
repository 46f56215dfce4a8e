//! Deals on their way and stays in stages: the KPIs that exist without being written.

use rust_decimal::Decimal;
use shiftbell_metrics::answer::{Figure, Rate};
use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::money::Money;
use shiftbell_metrics::period::Period;
use shiftbell_metrics::time::{Day, Instant};

use super::answer::{Ask, Naive, number};
use super::entries::{Entry, GONE, LOST};
use super::waits::{Stay, share_of_all, until_won};

/// What a deal is worth: the sum at the stage that is won.
pub(crate) const AMOUNT: &str = "deal.annual_amount";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Won,
    Lost,
    /// Lost, and nobody decided.
    Undecided,
}

/// A deal with how it ended, if it did, and what it is worth.
struct Deal<'n> {
    entry: &'n Entry,
    closed: Option<(Instant, End)>,
    amount: Option<Money>,
}

impl Deal<'_> {
    fn ended_in(&self, period: &Period) -> Option<End> {
        self.closed.filter(|(at, _)| period.starts_at() <= *at && *at < period.ends_at()).map(|(_, end)| end)
    }

    fn created_in(&self, period: &Period) -> bool {
        period.starts_at() <= self.entry.at && self.entry.at < period.ends_at()
    }
}

/// The goal of a motion and the period in which it is to be reached.
pub(crate) fn goal(definitions: &Definitions, motion: Option<&str>, today: Day) -> Option<(Decimal, Period)> {
    let goal = definitions.goals.iter().find(|goal| goal.motion.as_deref() == motion)?;
    Some((goal.amount, Period::of_goal(&goal.period, today, &definitions.workspace)?))
}

fn rate(num: usize, den: usize) -> Figure {
    Figure::Rate { rate: Rate { num: num as i64, den: den as i64 } }
}

impl Naive<'_> {
    pub(crate) fn of_deals(&self, ask: &Ask<'_>, name: &str) -> Option<Figure> {
        if let Some(stage) = name.strip_suffix("-time") {
            return Some(self.stay(ask, stage));
        }
        let ended = |ends: &[End]| {
            let deals = self.deals(ask);
            deals.iter().filter(|deal| deal.ended_in(&ask.period).is_some_and(|end| ends.contains(&end))).count()
        };
        Some(match name {
            "win-rate" => rate(ended(&[End::Won]), ended(&[End::Won, End::Lost])),
            "win-rate-with-no-decision" => rate(ended(&[End::Won]), ended(&[End::Won, End::Lost, End::Undecided])),
            "win-rate-by-value" => self.value_won(ask),
            "created-win-rate" => {
                let created = self.deals(ask).into_iter().filter(|deal| deal.created_in(&ask.period));
                let won: Vec<bool> = created.map(|deal| deal.closed.is_some_and(|(_, end)| end == End::Won)).collect();
                rate(won.iter().filter(|is_won| **is_won).count(), won.len())
            }
            "sales-velocity" => self.velocity(ask),
            "cycle-length" => self.cycle_length(ask),
            "kept-through-onboarding" => self.kept_through_onboarding(ask),
            _ => return None,
        })
    }

    fn deals(&self, ask: &Ask<'_>) -> Vec<Deal<'_>> {
        let deals = self.entries.iter().filter(|entry| entry.series == "deal" && self.counts(ask, entry));
        let undecided = |entry: &Entry| {
            let facts = &self.definitions.policies.no_decision;
            let says = |seen: &&Entry| facts.iter().any(|fact| seen.series == format!("fact/{fact}"));
            self.entries.iter().filter(says).any(|seen| seen.who == entry.who)
        };
        let closed = |entry: &Entry| {
            let lost = || if undecided(entry) { End::Undecided } else { End::Lost };
            let won = entry.then.get("won").map(|at| (*at, End::Won));
            won.or_else(|| entry.then.get(LOST).map(|at| (*at, lost())))
        };
        let amount = |deal: &Entry| {
            let own = self.entries.iter().filter(|entry| entry.who == deal.who);
            let mut told = own.filter(|entry| ["won", "deal"].contains(&entry.series.as_str()));
            told.find_map(|entry| entry.sums.get(AMOUNT).copied())
        };
        deals.map(|entry| Deal { entry, closed: closed(entry), amount: amount(entry) }).collect()
    }

    /// The sum of some amounts; `None` if one is not known or in another currency.
    fn sum_of<'a>(&self, deals: impl Iterator<Item = &'a Deal<'a>>) -> Option<Decimal> {
        let own = self.definitions.workspace.currency;
        deals.map(|deal| deal.amount.filter(|money| money.currency == own).map(|money| money.major())).sum()
    }

    /// Of the amount of the deals won or lost in the period, how much was won.
    fn value_won(&self, ask: &Ask<'_>) -> Figure {
        let deals = self.deals(ask);
        let ended = |ends: &'static [End]| {
            let ended = move |deal: &&Deal<'_>| deal.ended_in(&ask.period).is_some_and(|end| ends.contains(&end));
            self.sum_of(deals.iter().filter(ended))
        };
        match ended(&[End::Won]).zip(ended(&[End::Won, End::Lost])) {
            Some((won, all)) if !all.is_zero() => Figure::Number { value: Some(won / all), is_share: true },
            _ => number(None),
        }
    }

    /// Days until half of the deals created in the period that are not lost are won.
    fn cycle_length(&self, ask: &Ask<'_>) -> Figure {
        let created = self.deals(ask).into_iter().filter(|deal| deal.created_in(&ask.period));
        let stays: Vec<Stay> = created
            .map(|deal| {
                let until = deal.closed.map_or(self.now, |(at, _)| at);
                Stay { ms: until.since(deal.entry.at), went_on: deal.closed.map(|(_, end)| end == End::Won) }
            })
            .collect();
        duration(&stays, true, until_won)
    }

    /// From the stage on until further on, or lost.
    fn stay(&self, ask: &Ask<'_>, stage: &str) -> Figure {
        let chain = &self.definitions.chain;
        let place = chain.iter().position(|known| known.id == stage).expect("a stage of the chain");
        let stays: Vec<Stay> = self
            .within(ask, stage)
            .into_iter()
            .filter(|entry| entry.at <= self.now)
            .map(|entry| {
                // What is announced for later than now has not come.
                let seen = |then: &str| entry.then.get(then).filter(|at| **at <= self.now);
                let on = chain[place + 1..].iter().filter_map(|later| seen(&later.id)).min();
                let off = [LOST, GONE].iter().filter_map(|end| seen(end)).min();
                let went_on = on.map(|on| off.is_none_or(|off| on <= off)).or(off.map(|_| false));
                let until = on.into_iter().chain(off).min().copied().unwrap_or(self.now);
                Stay { ms: until.since(entry.at), went_on }
            })
            .collect();
        duration(&stays, false, share_of_all)
    }

    /// Of what was won in the period, all but what ended before its customer came to the first stage of customers.
    fn kept_through_onboarding(&self, ask: &Ask<'_>) -> Figure {
        let (mut kept, mut all) = (Decimal::ZERO, Decimal::ZERO);
        for entry in self.within(ask, "won") {
            let own = entry.sums.get(AMOUNT).filter(|money| money.currency == self.definitions.workspace.currency);
            let Some(amount) = own.map(|money| money.major()) else { continue };
            all += amount;
            let is_lost = match (entry.then.get(GONE).filter(|gone| **gone <= self.now), entry.then.get("live")) {
                (Some(gone), Some(live)) => gone < live,
                (gone, None) => gone.is_some(),
                (None, Some(_)) => false,
            };
            kept += if is_lost { Decimal::ZERO } else { amount };
        }
        Figure::Number { value: (!all.is_zero()).then(|| kept / all), is_share: true }
    }

    /// Open deals at the end x win rate x mean amount won / median days of the cycle.
    fn velocity(&self, ask: &Ask<'_>) -> Figure {
        let own = self.definitions.workspace.currency;
        let at = ask.period.ends_at().plus_ms(-1).min(self.now);
        let mut open = 0_i64;
        let mut lost = 0_i64;
        let mut won: Vec<(i64, Option<Money>)> = Vec::new();
        for Deal { entry, closed, amount } in self.deals(ask).into_iter().filter(|deal| deal.entry.at <= at) {
            match closed.filter(|(closed, _)| *closed <= at) {
                None => open += 1,
                Some((closed, _)) if !ask.period.contains(closed) => {}
                Some((closed, End::Won)) => won.push((closed.since(entry.at), amount)),
                Some((_, End::Lost)) => lost += 1,
                Some((_, End::Undecided)) => {}
            }
        }
        let amounts: Option<Vec<Money>> =
            won.iter().map(|(_, amount)| amount.filter(|money| money.currency == own)).collect();
        let Some(amounts) = amounts.filter(|_| !won.is_empty()) else { return number(None) };
        let mut waits: Vec<i64> = won.iter().map(|(wait, _)| *wait).collect();
        waits.sort_unstable();
        let day = Decimal::from(86_400_000);
        let (low, high) = (waits[(waits.len() - 1) / 2], waits[waits.len() / 2]);
        let cycle = (Decimal::from(low) / day + Decimal::from(high) / day) / Decimal::TWO;
        if cycle.is_zero() {
            return number(None);
        }
        let wins = won.len() as i64;
        let sum: Decimal = amounts.iter().map(|money| money.major()).sum();
        let above = sum * Decimal::from(open) * Decimal::from(wins);
        let a_day = above / (Decimal::from(wins + lost) * Decimal::from(wins) * cycle);
        let amount = Money::from_major(a_day, own).expect("a sum of money");
        Figure::Money { amounts: vec![amount], records: wins }
    }

    /// What is open against what is still to be won of the goal; nothing once it is reached.
    pub(crate) fn coverage(&self, ask: &Ask<'_>) -> Option<Figure> {
        let own = self.definitions.workspace.currency;
        let zone = &ask.period.zone;
        let (target, period) = goal(self.definitions, Some(ask.motion?), zone.day_of(self.now))?;
        let open = self.entries.iter().filter(|entry| entry.series == "open/deal" && self.counts(ask, entry));
        let open: Vec<Money> = open.filter_map(|entry| entry.sums.get(AMOUNT).copied()).collect();
        let of_goal = Ask { period, ..ask.clone() };
        let won: Decimal = self
            .within(&of_goal, "won")
            .into_iter()
            .filter_map(|entry| entry.sums.get(AMOUNT).filter(|money| money.currency == own))
            .map(|money| money.major())
            .sum();
        let is_known = open.iter().all(|money| money.currency == own);
        let open: Decimal = open.iter().map(|money| money.major()).sum();
        let left = (target - won).max(Decimal::ZERO);
        Some(number((is_known && !left.is_zero()).then(|| open / left)))
    }
}

/// Half and nine tenths of some stays by a way to count those who are still there.
fn duration(stays: &[Stay], only_on: bool, part: fn(&[Stay], f64) -> Option<i64>) -> Figure {
    let ended = stays.iter().filter(|stay| stay.went_on.is_some_and(|went_on| went_on || !only_on)).count();
    Figure::Duration {
        median_ms: part(stays, 0.5),
        p90_ms: part(stays, 0.9),
        shows_p90: false,
        reached: ended as i64,
        open: stays.iter().filter(|stay| stay.went_on.is_none()).count() as i64,
        is_work: false,
    }
}
