//! What a company means by its numbers: a definitions file, read, checked and typed.
//!
//! [`read`] looks at the whole file and reports every problem at once, each with its place, what is written there and
//! what would be right. What is understood but not active yet is reported as a note and marked in the model.

mod aims;
mod conduct;
pub mod diff;
mod digests;
mod dimensions;
mod document;
mod facts;
mod fields;
mod funnels;
mod kpis;
pub mod model;
mod motions;
mod named;
mod people;
mod policies;
mod report;
mod rules;
mod say;
pub mod sheet;
mod sources;
mod spelling;
mod stages;
pub mod suggest;
mod version;
mod words;
mod workspace;

pub(crate) use kpis::{economics, pipeline};
pub use kpis::{is_economics, is_pipeline, rests_on_cost, rests_on_recurring};
pub use model::*;
pub use named::Named;
pub use report::{Checked, Note, Problem};
pub(crate) use say::lower;
pub use say::say_facts;
pub use spelling::{near, nearest};
use toml::de::DeTable;
pub use words::span;

use document::Table;
use report::Report;

/// The largest definitions file, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Reads a definitions file. `file_name` is how the file is called in problems.
///
/// ```
/// use shiftbell_metrics::definitions::{Vocabulary, read};
/// let checked = read("acme.toml", "[workspace]\nname = \"Acme\"\ncurency = \"USD\"\n", &Vocabulary::default());
/// assert!(checked.definitions.is_none());
/// let problems: Vec<String> = checked.problems.iter().map(ToString::to_string).collect();
/// assert!(problems.contains(
///     &"acme.toml:3:1: \"curency\" is no key of [workspace]; did you mean \"currency\"?".to_owned()
/// ));
/// ```
pub fn read(file_name: &str, text: &str, vocabulary: &Vocabulary) -> Checked {
    let mut report = Report::new(file_name, text);
    if text.len() > FILE_BYTES_MAX {
        let message = format!("the file is {} bytes long, at most {FILE_BYTES_MAX} are read", text.len());
        report.problem(&(0..0), message, None);
        return report.finish(None);
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        report.unreadable(&error.span().unwrap_or(0..0), error.message().trim_end().replace('\n', ", "));
    }
    let root = Table::new("the file", document.get_ref(), 0..0);
    let definitions = sections(&mut report, root, vocabulary);
    report.finish(definitions)
}

/// Reads a funnel that stands alone in a file, with the words of this company: the keys of a `[funnels.NAME]`, without its name.
///
/// # Errors
/// Every problem with its line, the value, and what would be right.
pub fn read_funnel(file_name: &str, text: &str, defs: &Definitions) -> Result<NamedFunnel, Vec<Problem>> {
    let mut report = Report::new(file_name, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        report.unreadable(&error.span().unwrap_or(0..0), error.message().trim_end().replace('\n', ", "));
    }
    let root = Table::new("the file", document.get_ref(), 0..0);
    let funnel = funnels::alone(&mut report, root, defs);
    let problems = report.finish(None).problems;
    funnel.filter(|_| problems.is_empty()).ok_or(problems)
}

/// The sections, each after those whose names it uses.
fn sections(report: &mut Report<'_>, mut root: Table<'_>, vocabulary: &Vocabulary) -> Option<Definitions> {
    let outlet_kinds: Vec<&'static str> = vocabulary.outlets.iter().map(|outlet| outlet.kind).collect();
    let mut open = |report: &mut Report<'_>, key: &'static str| section(report, &mut root, key);

    let workspace = open(report, "workspace").map(|table| workspace::read(report, table));
    let (workspace, north_star) = workspace.unwrap_or_default();
    let (teams, places, holidays) = (open(report, "teams"), open(report, "places"), open(report, "holidays"));
    let people = people::read(report, teams, places, holidays, &outlet_kinds);
    let rights = open(report, "rights").map(|table| conduct::read_rights(report, table)).unwrap_or_default();
    let roles = people.roles(&rights.keys().cloned().collect::<Vec<_>>());

    let sources = open(report, "sources");
    let declared = open(report, "fields");
    let catalogue = fields::catalogue(report, declared, sources.as_ref());
    let facts = open(report, "facts").map(|table| facts::read(report, table, &catalogue, &roles)).unwrap_or_default();
    let (dimensions, always_show) =
        open(report, "dimensions").map(|table| dimensions::read(report, table, &catalogue)).unwrap_or_default();
    let (chain, skipped) = open(report, "stages")
        .map_or((Vec::new(), SkipPolicy::Implied), |table| stages::read(report, table, &dimensions));
    let motions = open(report, "motions").map_or_else(Vec::new, |mut table| {
        let count = table.keys().count();
        let ground = motions::Ground { facts: &facts, chain: &chain, catalogue: &catalogue, roles: &roles, count };
        motions::read(report, &mut table, &ground)
    });

    let (own, zone) = workspace.as_ref().map_or_else(
        || (crate::money::Currency::USD, crate::time::Zone::utc()),
        |workspace| (workspace.currency, workspace.zone.clone()),
    );
    let policies = open(report, "policies");
    let (policies, sums) = policies::read(report, policies, &facts, own, &zone);

    let rules_table = open(report, "rules");
    let rule_ids = rules::ids(rules_table.as_ref());
    let doubt_rules = rules::of_doubts(rules_table.as_ref(), &facts);
    let kpis = {
        let table = open(report, "kpis");
        let ground = kpis::Ground {
            facts: &facts,
            chain: &chain,
            motions: &motions,
            catalogue: &catalogue,
            people: &people,
            rules: &rule_ids,
            doubt_rules: &doubt_rules,
            has_recurring: workspace.as_ref().is_none_or(|workspace| workspace.business_model != "ownership"),
            policies: &policies,
        };
        kpis::read(report, table, ground)
    };
    policies::check_sums(report, &sums, &kpis);
    if let Some(name) = north_star {
        kpis::known_kpi(report, &name.text, &name.span, &kpis);
    }

    let funnels = open(report, "funnels").map_or_else(Vec::new, |table| {
        let (facts, chain, motions, catalogue) = (&facts, &chain, &motions, &catalogue);
        let ground = funnels::Ground { facts, chain, motions, catalogue, roles: &roles, skipped, zone: &zone };
        funnels::read(report, table, ground)
    });

    let aims = aims::Ground { kpis: &kpis, motions: &motions, people: &people, roles: &roles };
    let (goals, new_in_role) =
        open(report, "goals").map(|table| aims::read_goals(report, table, &aims)).unwrap_or_default();
    let scorecards_table = open(report, "scorecards");
    let scorecards = aims::read_scorecards(report, scorecards_table, &aims);

    let destinations = open(report, "destinations")
        .map(|table| digests::read_destinations(report, table, &people, &roles, &outlet_kinds))
        .unwrap_or_default();
    let digests = open(report, "digests")
        .map(|table| digests::read_digests(report, table, &destinations, &motions))
        .unwrap_or_default();
    let ground = rules::Ground {
        facts: &facts,
        chain: &chain,
        motions: &motions,
        dimensions: &dimensions,
        kpis: &kpis,
        people: &people,
        destinations: &destinations,
        catalogue: &catalogue,
    };
    let rules = rules_table.map(|table| rules::read(report, table, &ground)).unwrap_or_default();
    let (noise, privacy, rollout) = (open(report, "noise"), open(report, "privacy"), open(report, "rollout"));
    let noise = conduct::read_noise(report, noise, &rule_ids);
    let privacy = conduct::read_privacy(report, privacy, &catalogue);
    let rollout = conduct::read_rollout(report, rollout, &people);

    let sources = sources.map(|table| sources::read_sources(report, table, &vocabulary.sources)).unwrap_or_default();
    let outlets = open(report, "outlets")
        .map(|table| sources::read_outlets(report, table, &vocabulary.outlets))
        .unwrap_or_default();
    root.close(report);

    let mut definitions = Definitions {
        workspace: workspace?,
        facts,
        chain,
        skipped,
        motions,
        dimensions,
        always_show,
        kpis,
        funnels,
        goals,
        new_in_role,
        scorecards,
        people: people.people,
        teams: people.teams,
        places: people.places,
        destinations,
        digests,
        rules,
        noise,
        rights,
        privacy,
        rollout,
        sources,
        outlets,
        policies,
        catalogue,
        meaning: String::new(),
    };
    version::complete(&mut definitions);
    Some(definitions)
}

/// A section of the file; four of them must be there.
fn section<'a>(report: &mut Report<'_>, root: &mut Table<'a>, key: &'static str) -> Option<Table<'a>> {
    let found = root.get(key);
    if found.is_none() && matches!(key, "workspace" | "facts" | "stages" | "motions") {
        report.missing(&(0..0), format!("there is no [{key}]"), Some(format!("add the section [{key}]")));
    }
    let table = found.and_then(|item| item.table(report, format!("[{key}]")));
    let names = [("facts", "fact"), ("stages", "stage"), ("motions", "motion")];
    if let Some((_, what)) = names.into_iter().find(|(section, _)| *section == key && table.is_none()) {
        report.none_known(what);
        report.none_known("KPI");
    }
    table
}
