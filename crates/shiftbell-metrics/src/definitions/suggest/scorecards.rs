//! Scorecards of the roles that have none: what is in their hands, what guards it, and what it is for.

use super::super::model::{Definitions, StageOf};
use super::{Suggestion, Suggestions, left, won};

/// A line: its KPI, its kind, how often, and why.
type Line = (String, &'static str, &'static str, &'static str);

/// The most lines that are read at a glance.
const LINES_MAX: usize = 5;

pub(super) fn suggest(defs: &Definitions, suggestions: &mut Suggestions) {
    for (role, why) in ROLES {
        let is_there = defs.people.iter().any(|person| person.role == role) || defs.rights.contains_key(role);
        if !is_there {
            continue;
        }
        let lines = lines(defs, role, suggestions);
        if let Some(held) = defs.scorecards.roles.get(role) {
            let room = LINES_MAX.saturating_sub(held.len());
            let new = lines.iter().filter(|(kpi, ..)| !held.iter().any(|line| line.kpi == *kpi)).take(room);
            let said = new.map(|line| format!("[scorecards.{role}] has room for {}", text(line)));
            suggestions.missing.extend(said);
            continue;
        }
        if lines.is_empty() {
            let said = format!("a scorecard for {role}: {why}; define a KPI for it first");
            suggestions.missing.push(said);
            continue;
        }
        let lines: String = lines.iter().map(|line| format!("  {}\n", text(line))).collect();
        let toml = format!("[scorecards.{role}]\nlines = [\n{lines}]\n");
        suggestions.blocks.push(Suggestion { name: format!("scorecards.{role}"), why: why.to_owned(), toml });
    }
}

const ROLES: [(&str, &str); 6] = [
    ("bdr", "they begin conversations; whether these were worth it shows in the next step"),
    ("ae", "they lead deals; whether each is led well is in their hands, what is won is not always"),
    ("csm", "they keep customers; who is at risk today is in their hands, what is kept shows in a year"),
    ("marketer", "they bring people who want something; whether sales agrees shows in the next step"),
    ("finance", "they see that what was won is paid"),
    ("revops", "they keep the numbers true"),
];

fn text((kpi, kind, each, why): &Line) -> String {
    format!("{{ kpi = \"{kpi}\", kind = \"{kind}\", each = \"{each}\" }},  # {why}")
}

fn lines(defs: &Definitions, role: &str, suggestions: &Suggestions) -> Vec<Line> {
    let known = |name: &str| {
        let suggested = suggestions.blocks.iter().any(|block| block.name == format!("kpis.{name}"));
        defs.kpi(name).map(|kpi| kpi.slug.clone()).or_else(|| suggested.then(|| name.to_owned()))
    };
    let stages = left(defs);
    let people: Vec<&str> =
        stages.iter().filter(|stage| stage.of == StageOf::Contact).map(|stage| stage.id.as_str()).collect();
    let won = won(defs).map(|won| won.id.as_str());
    let deal = stages.iter().find(|stage| stage.of == StageOf::Deal && Some(stage.id.as_str()) != won);
    let deal = deal.map(|stage| stage.id.as_str());
    let step = |from: Option<&str>, to: Option<&str>| known(&format!("{}-to-{}", from?, to?));
    let (first, last) = (people.first().copied(), people.last().copied());
    let before_last = people.len().checked_sub(2).and_then(|at| people.get(at)).copied();
    let of = |stage: Option<&str>| stage.and_then(known);
    let any = |names: &[&str]| names.iter().filter_map(|name| known(name)).collect::<Vec<_>>();
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |kpi: Option<String>, kind, each, why| lines.extend(kpi.map(|kpi| (kpi, kind, each, why)));
    match role {
        "bdr" => {
            any(&["conversations", "follow-ups", "meeting-requests"])
                .into_iter()
                .for_each(|kpi| add(Some(kpi), "leading", "day", "in their hands"));
            add(of(before_last), "leading", "day", "what the day brought");
            add(
                known("show-rate").or_else(|| step(before_last, last)),
                "quality",
                "13 weeks",
                "guards against counting for its own sake",
            );
            add(of(last), "lagging", "month", "what it is for");
        }
        "ae" => {
            any(&["next-steps", "discovery-held", "second-contact"])
                .into_iter()
                .for_each(|kpi| add(Some(kpi), "leading", "day", "in their hands"));
            add(step(deal, won), "quality", "13 weeks", "guards against deals that only look open");
            let amount = defs.workspace.north_star.as_deref().and_then(known).or_else(|| known("won-amount"));
            add(amount.or_else(|| of(won)), "lagging", "quarter", "what it is for");
        }
        "csm" => {
            any(&["at-risk-contacted", "milestones", "renewals-opened"])
                .into_iter()
                .for_each(|kpi| add(Some(kpi), "leading", "day", "in their hands"));
            add(known("customer-retention"), "quality", "12 months", "guards against keeping only the large ones");
            add(known("gross-retention"), "lagging", "12 months", "what it is for");
        }
        "marketer" => {
            add(of(first), "leading", "day", "what the day brought");
            add(known("first-reply"), "leading", "week", "who waits goes elsewhere");
            add(step(before_last, last), "quality", "13 weeks", "guards against names that nobody wants");
            add(of(won), "lagging", "quarter", "what it is for");
        }
        "finance" => {
            any(&["failed-payments", "won-not-billed"])
                .into_iter()
                .for_each(|kpi| add(Some(kpi), "leading", "day", "in their hands"));
            add(known("gross-retention"), "lagging", "12 months", "what it is for");
        }
        _ => any(&["doubts-settled"]).into_iter().for_each(|kpi| add(Some(kpi), "leading", "day", "in their hands")),
    }
    let mut seen: Vec<String> = Vec::new();
    lines.retain(|(kpi, ..)| {
        let is_new = !seen.contains(kpi);
        seen.push(kpi.clone());
        is_new
    });
    lines.truncate(LINES_MAX);
    lines
}
