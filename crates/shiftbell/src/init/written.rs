//! The two files, from the answers. Every line is there to be read and corrected by hand.

use std::collections::BTreeSet;

use shiftbell_metrics::definitions::read;
use shiftbell_sources::hubspot::portal::{End, Portal};

use super::sign::word_of;
use super::{FromHubSpot, LINES_MAX, Outlet, Person, Plan, Sign, Source, Split, Way, list, quoted};
use crate::companies::vocabulary;

/// The name of the source.
pub const SOURCE: &str = "hubspot-main";

/// A definitions file, and how many people found no place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    pub left_out: usize,
}

/// Writes the definitions file.
///
/// # Errors
/// What `shiftbell check` would say of it: then nothing may be written.
pub fn definitions(plan: &Plan) -> Result<Written, String> {
    let one = lines(plan, 1).len();
    let people = plan.people.len().min(LINES_MAX.saturating_sub(one) + 1).max(1);
    let mut lines = lines(plan, people);
    // Empty lines are there for the eye, and give way first.
    while lines.len() > LINES_MAX
        && let Some(at) = lines.iter().rposition(String::is_empty)
    {
        lines.remove(at);
    }
    let text = lines.join("\n") + "\n";
    let checked = read(&format!("{}.toml", plan.workspace), &text, &vocabulary());
    match checked.problems.first() {
        None if lines.len() <= LINES_MAX => Ok(Written { text, left_out: plan.people.len() - people }),
        None => Err(format!("it would have {} lines, more than the {LINES_MAX} of one screen", lines.len())),
        Some(problem) => Err(problem.to_string()),
    }
}

fn lines(plan: &Plan, people: usize) -> Vec<String> {
    let mut lines = head(plan, people);
    match &plan.source {
        Source::HubSpot(from) => lines.extend(meaning(from)),
        Source::File => lines.extend(meaning_of_files()),
    }
    lines.extend(team(plan, people));
    lines.extend(digests(plan));
    match &plan.source {
        Source::HubSpot(from) => lines.extend(source(from)),
        Source::File => {
            lines.extend(text(&["", "[sources.files]", "kind = \"file\"  # shiftbell import FILE --source files"]))
        }
    }
    lines.extend(outlet(&plan.outlet));
    lines
}

fn text(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn head(plan: &Plan, people: usize) -> Vec<String> {
    let name: String = plan.company.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    vec![
        format!(
            "# {name}: what our numbers mean. Written by `shiftbell init`; read it aloud, and correct what is wrong."
        ),
        "# `shiftbell check` lists every mistake. Everything that can stand here: deploy/clowns-to-go.toml.".to_owned(),
        format!(
            "rollout = {{ step = \"frame\", reviewer = {} }}  # frame: only the reviewer gets messages; then focus, then grow",
            quoted(&plan.reviewer)
        ),
        rights(plan, people),
        String::new(),
        "[workspace]".to_owned(),
        format!("name     = {}", quoted(&plan.company)),
        format!("timezone = {}", quoted(&plan.zone)),
        format!("currency = {}", quoted(&plan.currency)),
    ]
}

/// Who may ask what, by role: without it nobody may ask anything. Numbers of single people are their own.
fn rights(plan: &Plan, people: usize) -> String {
    let of = |role: &str| match role {
        "revops" => r#"["everything but single people", "settings", "deliveries"]"#,
        "executive" | "finance" => r#"["company bowtie", "recurring revenue", "cost", "team totals"]"#,
        "csm" => r#"["own", "team totals", "company bowtie", "recurring revenue"]"#,
        "marketer" => r#"["own", "team totals", "company bowtie", "cost"]"#,
        _ => r#"["own", "team totals", "company bowtie"]"#,
    };
    let roles: BTreeSet<&str> = plan.people.iter().take(people).map(|person| person.role).collect();
    let each: Vec<String> = roles.into_iter().map(|role| format!("{role} = {}", of(role))).collect();
    format!("rights = {{ {} }}", each.join(", "))
}

const CHAIN: [&str; 6] = [
    "[stages]  # one chain for the whole company; what each one means is said per way of selling",
    "chain = [",
    "  { id = \"lead\", label = \"Leads\", of = \"contact\", bowtie = \"awareness\" }, { id = \"mql\", label = \"MQLs\", of = \"contact\", bowtie = \"education\" },",
    "  { id = \"sql\", label = \"SQLs\", of = \"contact\", bowtie = \"selection\" }, { id = \"deal\", label = \"Deals\", of = \"deal\", bowtie = \"selection\" },",
    "  { id = \"won\", label = \"Won\", of = \"deal\", bowtie = \"commit\" },",
    "]",
];

/// Names and meanings of the facts behind the stages, in their order.
struct Facts([(String, String); 6]);

impl Facts {
    fn new(mql: (String, String), sql: (String, String)) -> Facts {
        let fact = |name: &str, means: &str| (name.to_owned(), means.to_owned());
        // One name has one meaning, even where two forms are called nearly the same.
        let sql = if sql.0 == mql.0 { (format!("{}-for-sql", sql.0), sql.1) } else { sql };
        Facts([
            fact("contact-made", "{ event = \"contact_created\" }"),
            mql,
            sql,
            fact("deal-made", "{ event = \"deal\", change = \"created\" }"),
            fact("deal-won", "{ event = \"deal\", deal.stage = \"won\" }"),
            fact("deal-lost", "{ event = \"deal\", deal.stage = \"lost\" }"),
        ])
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        self.0.iter().map(move |(name, means)| format!("{name:<width$} = {means}"))
    }

    /// What each stage of a way of selling means.
    fn stages(&self) -> String {
        let stages = ["lead", "mql", "sql", "deal", "won", "lost"];
        let all = stages.iter().zip(&self.0).map(|(stage, (name, _))| format!("{stage} = \"{name}\""));
        format!("stages = {{ {} }}", all.collect::<Vec<_>>().join(", "))
    }
}

fn meaning(from: &FromHubSpot) -> Vec<String> {
    let mut lines = text(&["", "[facts]  # what happens, in our words; HubSpot's words for it are in the map below"]);
    let of = |sign: &Sign, word: &str| (sign.name(word), sign.fact(word));
    let facts = Facts::new(of(&from.mql, "mql"), of(&from.sql, "sql"));
    lines.extend(facts.lines());
    lines.push(String::new());
    lines.extend(text(&CHAIN));
    lines.push(String::new());
    let field = match &from.split {
        Split::Nothing => String::new(),
        Split::Pipelines(_) => "deal.pipeline".to_owned(),
        Split::Property { name, .. } => format!("company.{name}"),
    };
    for way in &from.ways {
        let note = match (&from.split, &way.of) {
            (Split::Pipelines(_), None) => "  # a contact without a deal too: only its deal says which pipeline",
            _ => "",
        };
        lines.push(format!("[motions.{}]{note}", way.slug));
        lines.push(format!("label  = {}", quoted(&way.label)));
        lines.push(match &way.of {
            None => "who    = \"everyone else\"".to_owned(),
            Some(_) => format!("who    = {{ {field} = \"{}\" }}", way.slug),
        });
        lines.push(facts.stages());
    }
    lines
}

/// Without a CRM: the words of the events that are imported are ours already.
fn meaning_of_files() -> Vec<String> {
    let facts = Facts::new(
        (Sign::AnyForm.name("mql"), Sign::AnyForm.fact("mql")),
        (Sign::Meeting.name("sql"), Sign::Meeting.fact("sql")),
    );
    let mut lines = text(&["", "[facts]  # what happens: the words on the right are those of the imported events"]);
    lines.extend(facts.lines());
    lines.push(String::new());
    lines.extend(text(&CHAIN));
    lines.extend(text(&["", "[motions.sales]  # the way we sell", "label  = \"Sales\"", "who    = \"everyone else\""]));
    lines.push(facts.stages());
    lines
}

fn team(plan: &Plan, most: usize) -> Vec<String> {
    let left_out = plan.people.len().saturating_sub(most);
    let note = match left_out {
        0 => "matched to the CRM and to chat by e-mail".to_owned(),
        n => format!("{n} more owners have no line: add those who shall receive something"),
    };
    let mut lines = vec![String::new(), format!("[teams.company.people]  # {note}")];
    let line =
        |person: &Person| format!("{} = {{ role = \"{}\", place = \"office\" }}", quoted(&person.email), person.role);
    lines.extend(plan.people.iter().take(most).map(line));
    lines.push("[places]".to_owned());
    let zone = quoted(&plan.zone);
    lines.push(format!("office = {{ timezone = {zone}, days = \"mon-fri\", hours = \"09:00-18:00\" }}"));
    let roles: BTreeSet<&str> = plan.people.iter().take(most).map(|person| person.role).collect();
    let cards: Vec<String> = roles.into_iter().filter_map(card).collect();
    if !cards.is_empty() {
        lines.push("[scorecards]  # at most five lines each".to_owned());
        lines.extend(cards);
    }
    lines
}

/// By the ids of stages, which stay when somebody corrects a label.
fn card(role: &str) -> Option<String> {
    let (day, month) = match role {
        "bdr" | "marketer" => ("mql", "sql"),
        "ae" => ("deal", "won"),
        _ => return None,
    };
    Some(format!(
        "{role} = {{ lines = [{{ kpi = \"{day}\", kind = \"leading\", each = \"day\" }}, {{ kpi = \"{month}\", kind = \"lagging\", each = \"month\" }}] }}"
    ))
}

fn digests(plan: &Plan) -> Vec<String> {
    let channel = match &plan.outlet {
        Outlet::Slack { channel: Some(channel), .. } => Some(("slack", channel)),
        Outlet::Discord { channel: Some(channel), .. } => Some(("discord", channel)),
        _ => None,
    };
    let mut lines = vec![String::new()];
    if let Some((outlet, channel)) = channel {
        lines.push("[destinations]".to_owned());
        lines.push(format!("revenue = {{ {outlet} = {}, seen_by = \"company\" }}", quoted(channel)));
    }
    lines.push("[digests]  # on the clock of whoever receives it".to_owned());
    lines.push(
        "scorecard = { send = \"scorecard\", to = \"each person\", at = \"17:00\", days = \"working days\", closes = \"24:00\" }"
            .to_owned(),
    );
    if channel.is_some() {
        lines.push("bowtie    = { send = \"bowtie\", to = \"revenue\", at = \"08:30\", days = [\"mon\"] }".to_owned());
    }
    lines
}

fn source(from: &FromHubSpot) -> Vec<String> {
    let portal = &from.portal;
    let mut lines = vec![String::new(), format!("[sources.{SOURCE}]"), "kind    = \"hubspot\"".to_owned()];
    if !portal.account.id.is_empty() {
        lines.push(format!("account = {}", quoted(&portal.account.id)));
    }
    lines.push(format!("token   = {{ env = {} }}", quoted(&from.token)));
    let mut map: Vec<String> = Vec::new();
    let lost: Vec<String> =
        portal.stages().filter(|(_, stage)| stage.end == Some(End::Lost)).map(|(_, stage)| stage.id.clone()).collect();
    for (ours, ids) in [("won", &from.won), ("lost", &lost)] {
        let ids: Vec<&String> = ids.iter().filter(|id| ours == "won" || !from.won.contains(id)).collect();
        if !ids.is_empty() {
            map.push(format!("deal.stage.{ours} = {}", stages(portal, &ids)));
        }
    }
    for line in from.mql.map("mql").into_iter().chain(from.sql.map("sql")) {
        if !map.contains(&line) {
            map.push(line);
        }
    }
    map.extend(from.ways.iter().filter_map(|way| way_words(from, way)));
    if !map.is_empty() {
        lines
            .push(format!("[sources.{SOURCE}.map]  # HubSpot's labels on the right; their internal ids are looked up"));
        lines.extend(map);
    }
    lines
}

/// Words for these stages: their labels, where those name no other stage.
fn stages(portal: &Portal, ids: &[&String]) -> String {
    // Stages that mean the same here may share a label.
    let others: Vec<(String, String)> = portal
        .stages()
        .filter(|(_, stage)| !ids.contains(&&stage.id))
        .map(|(_, stage)| (stage.id.clone(), stage.label.clone()))
        .collect();
    let mut words: Vec<String> = Vec::new();
    for id in ids {
        let label = portal
            .stages()
            .find(|(_, stage)| stage.id == **id)
            .map_or_else(|| (*id).clone(), |(_, of)| of.label.clone());
        let mut all = others.clone();
        all.push(((*id).clone(), label));
        let word = word_of("dealstage", id, &all);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    list(words.iter().map(String::as_str))
}

/// The line of the map that tells a way of selling.
fn way_words(from: &FromHubSpot, way: &Way) -> Option<String> {
    let of = way.of.as_ref()?;
    let (field, property, all): (String, &str, Vec<(String, String)>) = match &from.split {
        Split::Nothing => return None,
        Split::Pipelines(_) => {
            let all = from.portal.pipelines.iter().map(|pipeline| (pipeline.id.clone(), pipeline.label.clone()));
            ("deal.pipeline".to_owned(), "pipeline", all.collect())
        }
        Split::Property { name, .. } => {
            let kind = shiftbell_metrics::id::EntityKind::Company;
            let companies = from.portal.properties.get(&kind).map(Vec::as_slice).unwrap_or_default();
            let all = companies.iter().find(|known| known.name == *name).map(|known| known.options.clone());
            (format!("company.{name}"), name.as_str(), all.unwrap_or_default())
        }
    };
    Some(format!("{field}.{} = {}", way.slug, list([word_of(property, of, &all).as_str()])))
}

fn outlet(outlet: &Outlet) -> Vec<String> {
    let set = |key: &str, value: &Option<String>| value.as_ref().map(|value| format!("{key} = {}, ", quoted(value)));
    let line = match outlet {
        Outlet::Console => return Vec::new(),
        Outlet::Slack { team, bot, app, .. } => format!(
            "slack = {{ {}token = {{ env = {} }}, app_token = {{ env = {} }} }}",
            set("team", team).unwrap_or_default(),
            quoted(bot),
            quoted(app)
        ),
        Outlet::Discord { guild, bot, .. } => {
            format!("discord = {{ {}token = {{ env = {} }} }}", set("guild", guild).unwrap_or_default(), quoted(bot))
        }
    };
    vec![String::new(), "[outlets]  # tokens are in the environment, never here".to_owned(), line]
}

/// The server file: where this machine listens and keeps its numbers.
pub fn server() -> String {
    "\
# The server file, written by `shiftbell init`. Every key with its default: deploy/shiftbell.toml. Each can be overridden by
# the environment: `database_url` by SHIFTBELL_DATABASE_URL.

# Where this machine listens; 0.0.0.0 lets others in.
listen = \"127.0.0.1:8080\"

# Where the numbers are kept: a file here, or \"postgres://USER:PASSWORD@HOST/DATABASE\".
database_url = \"sqlite:shiftbell.db\"

# The folder of definitions files, one company each.
workspaces = \"workspaces\"
"
    .to_owned()
}
