//! `[noise]`, `[rights]`, `[privacy]` and `[rollout]`: how much is said, and to whom.

use std::collections::BTreeMap;

use super::document::Table;
use super::facts::state;
use super::model::{Noise, Privacy, Rollout, RolloutStep, Span, SpanUnit};
use super::people::People;
use super::report::Report;
use super::rules;
use crate::expression::Catalogue;

pub(super) fn read_noise(report: &mut Report<'_>, table: Option<Table<'_>>, rule_ids: &[String]) -> Noise {
    let mut noise = Noise {
        per_person_a_day: 3,
        per_channel_a_day: 5,
        repeat: "when-worse".to_owned(),
        quiet_from: None,
        quiet_until: None,
        quiet_except: Vec::new(),
        old_news: Span { count: 1, unit: SpanUnit::Days },
        too_quiet: None,
    };
    let Some(mut table) = table else {
        return noise;
    };
    let mut budget = |report: &mut Report<'_>, key, usual| {
        table.get(key).and_then(|item| item.whole(report, 0..=1000)).unwrap_or(usual)
    };
    noise.per_person_a_day = budget(report, "per_person_a_day", 3);
    noise.per_channel_a_day = budget(report, "per_channel_a_day", 5);
    let ways = ["when-worse", "daily", "never"];
    if let Some(repeat) = table.get("repeat").and_then(|item| item.one_of(report, "way to repeat", &ways)) {
        noise.repeat = repeat;
    }
    if let Some(mut quiet) = table.table(report, "quiet") {
        noise.quiet_from = quiet.require(report, "from", "\"18:30\"").and_then(|item| item.clock(report));
        noise.quiet_until = quiet.require(report, "until", "\"08:30\"").and_then(|item| item.clock(report));
        let except = quiet.get("except").map(|item| item.texts(report)).unwrap_or_default();
        rules::check_known(report, &except, rule_ids);
        noise.quiet_except = except.into_iter().map(|text| text.text).collect();
        quiet.close(report);
    }
    if let Some(span) = table.get("old_news").and_then(|item| item.time_span(report)) {
        noise.old_news = span;
    }
    if let Some(item) = table.get("too_quiet")
        && item.value.as_str() != Some("learned")
    {
        noise.too_quiet = item.time_span(report);
    }
    table.close(report);
    noise
}

const RIGHTS: [&str; 11] = [
    "own",
    "team totals",
    "company bowtie",
    "deals of the team",
    "recurring revenue",
    "cost",
    "people below",
    "everything",
    "everything but single people",
    "settings",
    "deliveries",
];

pub(super) fn read_rights(report: &mut Report<'_>, mut table: Table<'_>) -> BTreeMap<String, Vec<String>> {
    let mut rights = BTreeMap::new();
    for entry in table.rest() {
        super::facts::check_name(report, &entry.key, "role");
        let found = entry.item.texts(report);
        for text in found.iter().filter(|text| !RIGHTS.contains(&text.text.as_str())) {
            report.unknown(&text.span, &text.text, "right", RIGHTS.into_iter());
        }
        rights.insert(entry.key.text, found.into_iter().map(|text| text.text).collect());
    }
    rights
}

pub(super) fn read_privacy(report: &mut Report<'_>, table: Option<Table<'_>>, catalogue: &Catalogue) -> Privacy {
    let mut privacy = Privacy {
        person_in_channel: false,
        ranking: false,
        manager_sees: "lines".to_owned(),
        smallest_group: 4,
        keep_days: 400,
        test_records: Vec::new(),
    };
    let Some(mut table) = table else {
        return privacy;
    };
    let mut truth = |report: &mut Report<'_>, key| table.get(key).and_then(|item| item.truth(report)).unwrap_or(false);
    privacy.person_in_channel = truth(report, "person_in_channel");
    privacy.ranking = truth(report, "ranking");
    let views = ["lines", "verdict", "team only"];
    if let Some(view) = table.get("manager_sees").and_then(|item| item.one_of(report, "view of a manager", &views)) {
        privacy.manager_sees = view;
    }
    if let Some(size) = table.get("smallest_group").and_then(|item| item.whole(report, 1..=1000)) {
        privacy.smallest_group = size;
    }
    if let Some(days) = table.get("keep_days").and_then(|item| item.whole(report, 1..=36_500)) {
        privacy.keep_days = days;
    }
    for of in table.table(report, "test_records").into_iter().flat_map(|mut records| records.rest()) {
        if let Some(fields) = of.item.table(report, "test_records") {
            privacy.test_records.extend(state(report, &of.key, fields, catalogue));
        }
    }
    table.close(report);
    privacy
}

pub(super) fn read_rollout(report: &mut Report<'_>, table: Option<Table<'_>>, people: &People) -> Rollout {
    let Some(mut table) = table else {
        return Rollout { step: RolloutStep::Grow, reviewer: None, pilots: Vec::new() };
    };
    let steps = RolloutStep::ALL.map(|step| (step.word(), step));
    let step_item = table.require(report, "step", "\"frame\"");
    let step = step_item.as_ref().and_then(|item| item.word(report, "step of the roll-out", &steps));
    let reviewer = table.get("reviewer").and_then(|item| people.known(report, &item));
    let pilots = table.get("pilots").map(|item| item.texts(report)).unwrap_or_default();
    for pilot in &pilots {
        people.check(report, pilot);
    }
    table.close(report);
    let (step, pilots) = (step.unwrap_or(RolloutStep::Grow), pilots.into_iter().map(|pilot| pilot.text).collect());
    let rollout = Rollout { step, reviewer, pilots };
    let missing = match rollout.step {
        RolloutStep::Frame if rollout.reviewer.is_none() => Some(("reviewer", "\"revops@company.example\"")),
        RolloutStep::Focus if rollout.pilots.is_empty() => Some(("pilots", "[\"ann@company.example\"]")),
        RolloutStep::Frame | RolloutStep::Focus | RolloutStep::Grow => None,
    };
    if let (Some((key, example)), Some(item)) = (missing, step_item) {
        let fix = Some(format!("add {key} = {example}"));
        report.problem(&item.span, format!("in this step only {key} would receive anything, and there are none"), fix);
    }
    rollout
}
