//! `[workspace]`: the company.

use super::document::Table;
use super::model::Workspace;
use super::report::Report;
use super::{nearest, words};
use crate::money::Currency;
use crate::time::Zone;

const MONTHS: [(&str, i8); 12] = [
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
];

/// The company, and where its north star is written.
pub(super) fn read(
    report: &mut Report<'_>,
    mut table: Table<'_>,
) -> (Option<Workspace>, Option<super::document::Text>) {
    let name = table.require(report, "name", "\"Clowns To Go\"").and_then(|item| item.text(report));
    let zone = table.require(report, "timezone", "\"America/New_York\"").and_then(|item| zone(report, &item));
    let currency = table.require(report, "currency", "\"USD\"").and_then(|item| {
        let text = item.text(report)?;
        let currency = Currency::from_code(&text.text);
        if currency.is_none() {
            let message = format!("\"{}\" is no ISO 4217 currency code", text.text);
            report.problem(&text.span, message, Some("write a code such as \"USD\" or \"EUR\"".to_owned()));
        }
        currency
    });
    let week_starts = table.get("week_starts").map(|item| {
        let day = item.value.as_str().and_then(words::weekday);
        if day.is_none() {
            item.wrong(report, "a day of the week such as \"monday\"");
        }
        day
    });
    let year_starts = table.get("year_starts").and_then(|item| item.word(report, "month", &MONTHS));
    let models = ["ownership", "subscription", "consumption"];
    let business_model = table.get("business_model").and_then(|item| item.one_of(report, "business model", &models));
    let stages = ["pmf", "gtm-fit", "scale-up", "grown-up"];
    let growth_stage = table.get("growth_stage").and_then(|item| item.one_of(report, "stage of growth", &stages));
    let north_star = table.get("north_star").and_then(|item| item.text(report));
    table.close(report);
    let workspace = Workspace {
        name: match name {
            Some(name) => name.text,
            None => return (None, north_star),
        },
        zone: zone.unwrap_or_else(Zone::utc),
        currency: currency.unwrap_or(Currency::USD),
        week_starts: week_starts.flatten().unwrap_or(jiff::civil::Weekday::Monday),
        year_starts_month: year_starts.unwrap_or(1),
        business_model: business_model.unwrap_or_else(|| "subscription".to_owned()),
        growth_stage: growth_stage.unwrap_or_else(|| "gtm-fit".to_owned()),
        north_star: north_star.as_ref().map(|kpi| kpi.text.clone()),
    };
    (Some(workspace), north_star)
}

/// A time zone by its IANA name.
pub(super) fn zone(report: &mut Report<'_>, item: &super::document::Item<'_>) -> Option<Zone> {
    let text = item.text(report)?;
    let zone = Zone::named(&text.text);
    if zone.is_none() {
        let known = jiff::tz::db().available().map(|name| name.to_string());
        let near = nearest(&text.text, known).or_else(|| by_city(&text.text));
        let fix = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "write a name such as \"Europe/Berlin\"".to_owned(),
        };
        report.problem(&text.span, format!("\"{}\" is no time zone", text.text), Some(fix));
    }
    zone
}

/// "Berlin" is probably "Europe/Berlin".
fn by_city(text: &str) -> Option<String> {
    let city = text.trim().replace(' ', "_");
    let mut names = jiff::tz::db().available().map(|name| name.to_string());
    names.find(|name| name.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&city)))
}
