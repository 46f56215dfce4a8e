//! `[policies]`: questions on which honest people differ.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Item, Table, Text};
use super::kpis::known_kpi;
use super::model::{Economics, Fact, Kpi, KpiKind, Policies, Span, SpanUnit};
use super::motions::known_facts;
use super::report::Report;
use super::words;
use crate::money::Currency;
use crate::revenue::{Exact, Rates, presets};
use crate::time::{Instant, Zone};

/// Keys of `[policies.mrr]` and their words. `plan_swap` is a span, `preset` the name of another system whose choices are taken.
const MRR: [(&str, &[&str]); 8] = [
    ("past_due", &["counts", "ends"]),
    ("trials", &["excluded", "counts"]),
    ("coupons", &["lasting-only", "all", "none"]),
    ("metered", &["apart", "included"]),
    ("paused", &["zero", "counts", "churn"]),
    ("churn_moment", &["end-of-term", "when-cancelled", "when-scheduled"]),
    ("currency_rates", &["constant", "spot"]),
    ("no_reason", &["unknown", "voluntary"]),
];

/// KPIs that the policies name, to be checked when all are known.
pub(super) type Named = Vec<Text>;

/// Reads the policies. KPIs rest on some of them, and some of them name KPIs: those are given back.
pub(super) fn read(
    report: &mut Report<'_>,
    table: Option<Table<'_>>,
    facts: &[Fact],
    own: Currency,
    zone: &Zone,
) -> (Policies, Named) {
    let mut policies = Policies {
        default_period_weeks: 13,
        too_few: 10,
        level_points: Decimal::new(5, 1),
        credit_owner_at_the_time: true,
        late_data: Span { count: 7, unit: SpanUnit::Days },
        new_meaning_all_history: true,
        mrr: BTreeMap::new(),
        rates: Box::new(Rates::only(own)),
        economics: Economics::default(),
        no_decision: Vec::new(),
    };
    let mut named = Named::new();
    let Some(mut table) = table else {
        return (policies, named);
    };
    if let Some(item) = table.get("mrr") {
        policies.mrr = mrr(report, &item, &mut policies, zone);
    }
    if let Some(economics) = table.table(report, "economics") {
        named = read_economics(report, economics, &mut policies.economics);
    }
    if let Some(mut pipeline) = table.table(report, "pipeline") {
        let undecided = pipeline.get("no_decision").map(|item| known_facts(report, &item, facts));
        policies.no_decision = undecided.unwrap_or_default();
        pipeline.close(report);
    }
    if let Some(numbers) = table.table(report, "numbers") {
        read_numbers(report, numbers, &mut policies);
    }
    table.close(report);
    (policies, named)
}

/// `gross_margin = "80 %"`, `cost = "spend"`, `burn = "burnt"`.
fn read_economics(report: &mut Report<'_>, mut table: Table<'_>, economics: &mut Economics) -> Named {
    if let Some(item) = table.get("gross_margin")
        && let Some(margin) = item.percent(report)
    {
        match margin > Decimal::ZERO && margin <= Decimal::ONE_HUNDRED {
            true => economics.gross_margin = Some(margin),
            false => item.wrong(report, "a share of revenue above 0 % and up to 100 %, such as \"80 %\""),
        }
    }
    let cost = table.get("cost").and_then(|item| item.text(report));
    let burn = table.get("burn").and_then(|item| item.text(report));
    table.close(report);
    economics.cost = cost.as_ref().map(|cost| cost.text.clone());
    economics.burn = burn.as_ref().map(|burn| burn.text.clone());
    cost.into_iter().chain(burn).collect()
}

/// What is named as a cost or a burn must be a sum.
pub(super) fn check_sums(report: &mut Report<'_>, named: &Named, kpis: &[Kpi]) {
    for text in named {
        let Some(kpi) = known_kpi(report, &text.text, &text.span, kpis) else { continue };
        if !matches!(kpi.kind, KpiKind::Sum { .. }) {
            let fix = "name a KPI such as spend = { sum = { of = \"spend.amount\", on = \"money-spent\" } }";
            report.problem(&text.span, format!("\"{}\" is no sum", text.text), Some(fix.to_owned()));
        }
    }
}

fn read_numbers(report: &mut Report<'_>, mut table: Table<'_>, policies: &mut Policies) {
    if let Some(item) = table.get("default_period")
        && let Some(span) = item.time_span(report)
    {
        match span.unit {
            SpanUnit::Weeks if span.count <= 260 => policies.default_period_weeks = span.count,
            _ => item.wrong(report, "a number of weeks such as \"13 weeks\""),
        }
    }
    if let Some(few) = table.get("too_few").and_then(|item| item.whole(report, 0..=100_000)) {
        policies.too_few = few;
    }
    if let Some(item) = table.get("level") {
        let points = item.value.as_str().and_then(|text| text.trim().strip_suffix("points")).map(str::trim);
        match points.and_then(|points| words::percent(&format!("{points} %"))) {
            Some(points) => policies.level_points = points,
            None => item.wrong(report, "points such as \"0.5 points\""),
        }
    }
    let owners = [("at-the-time", true), ("today", false)];
    if let Some(owner) = table.get("credit_owner").and_then(|item| item.word(report, "owner to credit", &owners)) {
        policies.credit_owner_at_the_time = owner;
    }
    if let Some(span) = table.get("late_data").and_then(|item| item.time_span(report)) {
        policies.late_data = span;
    }
    let reaches = [("all-history", true), ("from-signature", false)];
    if let Some(item) = table.get("new_meaning")
        && let Some(all) = item.word(report, "reach of a new meaning", &reaches)
    {
        policies.new_meaning_all_history = all;
        if !all {
            report.note(&item.span, "policies.numbers.new_meaning", "a new meaning is applied to all history");
        }
    }
    table.close(report);
}

fn mrr(report: &mut Report<'_>, item: &Item<'_>, all: &mut Policies, zone: &Zone) -> BTreeMap<String, String> {
    let mut policies = BTreeMap::new();
    let Some(mut table) = item.table(report, "[policies.mrr]") else {
        return policies;
    };
    if let Some(item) = table.get("usage")
        && let Some(span) = item.time_span(report)
    {
        match span.unit {
            SpanUnit::Months if (1..=24).contains(&span.count) => all.economics.usage_months = Some(span.count),
            _ => item.wrong(report, "a number of months up to 24, such as \"3 months\""),
        }
    }
    for (key, allowed) in MRR {
        if let Some(word) = table.get(key).and_then(|item| item.one_of(report, "choice here", allowed)) {
            policies.insert(key.to_owned(), word);
        }
    }
    if let Some(span) = table.get("plan_swap").and_then(|item| item.time_span(report)) {
        policies.insert("plan_swap".to_owned(), span.to_string());
    }
    let known: Vec<&'static str> = presets().collect();
    if let Some(preset) = table.get("preset").and_then(|item| item.one_of(report, "preset", &known)) {
        policies.insert("preset".to_owned(), preset);
    }
    if let Some(table) = table.table(report, "rates") {
        read_rates(report, table, &mut all.rates, zone);
    }
    table.close(report);
    policies
}

/// `EUR = 1.10`, or `EUR = { 2026-01-01 = 1.10, 2026-07-01 = 1.15 }`: since when one of it is how much of the own currency.
fn read_rates(report: &mut Report<'_>, mut table: Table<'_>, rates: &mut Rates, zone: &Zone) {
    for entry in table.rest() {
        let Some(currency) = Currency::from_code(&entry.key.text).filter(|currency| *currency != rates.own) else {
            let message = format!("`{}` is no other currency than {}", entry.key.text, rates.own);
            report.problem(&entry.key.span, message, Some("write an ISO 4217 code such as EUR = 1.10".to_owned()));
            continue;
        };
        let Some(mut dated) = entry.item.as_table("rates") else {
            rates.add_some(currency, Instant::EARLIEST, rate(report, &entry.item));
            continue;
        };
        for (index, one) in dated.rest().into_iter().enumerate() {
            match one.key.text.parse::<jiff::civil::Date>() {
                // The first also holds before its day.
                Ok(_) if index == 0 => rates.add_some(currency, Instant::EARLIEST, rate(report, &one.item)),
                Ok(date) => {
                    let since = zone.start_of(crate::time::Day::from_date(date));
                    rates.add_some(currency, since, rate(report, &one.item));
                }
                Err(_) => {
                    let message = format!("\"{}\" is no day", one.key.text);
                    report.problem(&one.key.span, message, Some("write it as 2026-01-01 = 1.10".to_owned()));
                }
            }
        }
    }
}

fn rate(report: &mut Report<'_>, item: &Item<'_>) -> Option<Exact> {
    let found = item.number(report)?;
    let rate = Exact::of(found).filter(|rate| rate.is_positive());
    if rate.is_none() {
        item.wrong(report, "a number above 0, such as 1.10");
    }
    rate
}
