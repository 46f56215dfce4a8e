//! What an account suggests, the likely answer first.

use std::collections::BTreeSet;

use shiftbell_metrics::id::EntityKind;
use shiftbell_sources::hubspot::portal::{End, Owner, Pipeline, Portal, Property};

use super::sign::{SCORE, options_of};
use super::{Person, Sign, WAYS_MAX, folded, free_slug};

/// What tells ways of selling apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// There is one.
    Nothing,
    /// The pipeline of the deal: these, by id.
    Pipelines(Vec<String>),
    /// A property of companies with few options.
    Property { name: String, label: String },
}

/// One way of selling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// `b2b`.
    pub slug: String,
    pub label: String,
    /// The id of its pipeline, or the value of the property; none for everybody else.
    pub of: Option<String>,
}

/// Words in the names of properties that tell kinds of customers apart.
const SEGMENTS: [&str; 6] = ["segment", "customertype", "accounttype", "companytype", "market", "tier"];
/// Words in the names of forms by which people ask to be called, the surest first.
const REQUESTS: [&str; 9] = ["demo", "meeting", "request", "contact", "quote", "trial", "call", "sales", "book"];
/// Signs that are offered; a list must fit on a screen.
const SIGNS_MAX: usize = 8;

/// Ways to tell ways of selling apart.
pub fn splits(portal: &Portal) -> Vec<Split> {
    let companies = portal.properties.get(&EntityKind::Company).map(Vec::as_slice).unwrap_or_default();
    let segments = companies.iter().filter(|property| is_segment(property)).take(2);
    let mut splits: Vec<Split> = segments
        .map(|property| Split::Property { name: property.name.clone(), label: property.label.clone() })
        .collect();
    let selling: Vec<String> =
        portal.pipelines.iter().filter(|pipeline| wins(pipeline)).map(|of| of.id.clone()).collect();
    if (2..=WAYS_MAX).contains(&selling.len()) {
        splits.push(Split::Pipelines(selling));
    }
    splits.push(Split::Nothing);
    splits
}

/// Whether deals are won in a pipeline at all.
fn wins(pipeline: &Pipeline) -> bool {
    pipeline.stages.iter().any(|stage| stage.end == Some(End::Won))
}

fn is_segment(property: &Property) -> bool {
    let name = folded(&property.label);
    let has_few = (2..=WAYS_MAX).contains(&distinct(property).len());
    property.is_custom && has_few && is_plain(&property.name) && SEGMENTS.iter().any(|word| name.contains(word))
}

/// Options that can be told apart by their labels.
fn distinct(property: &Property) -> Vec<&(String, String)> {
    let mut seen = BTreeSet::new();
    property.options.iter().filter(|(_, label)| !folded(label).is_empty() && seen.insert(folded(label))).collect()
}

/// HubSpot's internal names, which can stand in a key.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The ways that a split makes. The last of a property's options, and the first pipeline, take everybody else: a contact
/// without a deal has no pipeline yet.
pub fn ways(split: &Split, portal: &Portal) -> Vec<Way> {
    let mut taken = Vec::new();
    let mut way = |label: &str, of: Option<String>| {
        let slug = free_slug(label, "way", &taken);
        taken.push(slug.clone());
        Way { slug, label: label.to_owned(), of }
    };
    match split {
        Split::Nothing => vec![way("Sales", None)],
        Split::Pipelines(ids) => {
            let chosen = ids.iter().filter_map(|id| portal.pipelines.iter().find(|pipeline| pipeline.id == *id));
            chosen.enumerate().map(|(n, of)| way(&of.label, (n > 0).then(|| of.id.clone()))).collect()
        }
        Split::Property { name, .. } => {
            let companies = portal.properties.get(&EntityKind::Company).map(Vec::as_slice).unwrap_or_default();
            let options = companies.iter().find(|property| property.name == *name).map(distinct).unwrap_or_default();
            let last = options.len().saturating_sub(1);
            let named = options.into_iter().enumerate();
            named.map(|(n, (value, label))| way(label, (n < last).then(|| value.clone()))).collect()
        }
    }
}

/// Signs of an MQL.
pub fn mql_signs(portal: &Portal) -> Vec<Sign> {
    let mut forms: Vec<(usize, &str)> = portal
        .forms
        .iter()
        .filter_map(|form| {
            let name = folded(&form.name);
            let rank = REQUESTS.iter().position(|word| name.contains(word)).unwrap_or(REQUESTS.len());
            (!name.is_empty()).then_some((rank, form.name.as_str()))
        })
        .collect();
    forms.sort_by_key(|(rank, _)| *rank);
    forms.dedup_by_key(|(_, name)| folded(name));
    let is_asked = |rank: &usize| *rank < REQUESTS.len();
    let form = |(_, name): &(usize, &str)| Sign::Form(vec![(*name).to_owned()]);
    let (asked, other): (Vec<_>, Vec<_>) = forms.iter().partition(|(rank, _)| is_asked(rank));
    let mut signs: Vec<Sign> = asked.into_iter().take(4).map(form).collect();
    signs.extend(scores(portal));
    signs.extend(lifecycle(portal, "marketingqualifiedlead"));
    signs.extend(other.into_iter().map(form));
    signs.truncate(SIGNS_MAX - 2);
    signs.extend([Sign::AnyForm, Sign::Meeting]);
    signs
}

/// Signs of an SQL, without that of an MQL.
pub fn sql_signs(portal: &Portal, mql: &Sign) -> Vec<Sign> {
    let mut signs = vec![Sign::Meeting];
    signs.extend(lifecycle(portal, "salesqualifiedlead"));
    signs.extend(lifecycle(portal, "opportunity"));
    signs.extend(mql_signs(portal).into_iter().filter(|sign| matches!(sign, Sign::Form(_))));
    signs.truncate(SIGNS_MAX - 1);
    signs.push(Sign::AnyForm);
    signs.retain(|sign| may_follow(mql, sign).is_ok());
    signs
}

/// Whether one can be the sign of an SQL where the other is that of an MQL.
///
/// # Errors
/// A sentence, if they are the same.
pub fn may_follow(mql: &Sign, sql: &Sign) -> Result<(), String> {
    let is_same = match (mql, sql) {
        (Sign::Form(one), Sign::Form(other)) => {
            one.iter().any(|name| other.iter().any(|other| folded(name) == folded(other)))
        }
        (Sign::Form(_) | Sign::AnyForm, Sign::Form(_) | Sign::AnyForm) | (Sign::Score { .. }, Sign::Score { .. }) => {
            true
        }
        (one, other) => one == other,
    };
    if is_same {
        return Err(format!("the sign of an SQL cannot be that of an MQL too (\"{sql}\"); choose another"));
    }
    Ok(())
}

fn scores(portal: &Portal) -> Vec<Sign> {
    let contacts = portal.properties.get(&EntityKind::Contact).map(Vec::as_slice).unwrap_or_default();
    let is_score = |property: &&Property| {
        property.kind == "number" && folded(&property.label).contains("score") && is_plain(&property.name)
    };
    let sign = |property: &Property| Sign::Score {
        property: property.name.clone(),
        label: property.label.clone(),
        above: SCORE,
    };
    contacts.iter().filter(is_score).take(2).map(sign).collect()
}

fn lifecycle(portal: &Portal, value: &str) -> Option<Sign> {
    let (value, label) = options_of(portal, "lifecyclestage").iter().find(|(known, _)| known == value)?;
    Some(Sign::lifecycle(portal, value, label))
}

/// Ids of the stages in which deals are won: in these pipelines, or in all.
pub fn won(portal: &Portal, split: &Split) -> Vec<String> {
    let is_meant = |pipeline: &Pipeline| match split {
        Split::Pipelines(ids) => ids.contains(&pipeline.id),
        Split::Nothing | Split::Property { .. } => true,
    };
    let all = portal.stages().filter(|(pipeline, stage)| is_meant(pipeline) && stage.end == Some(End::Won));
    all.map(|(_, stage)| stage.id.clone()).collect()
}

/// People from the owners who are there, whoever installs this first.
pub fn people(portal: &Portal, first: &str) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    let mut owners: Vec<&Owner> = portal.owners.iter().filter(|owner| owner.is_active).collect();
    owners.sort_by_key(|owner| owner.email.as_deref() != Some(first));
    for owner in owners {
        let Some(email) = owner.email.clone().filter(|email| is_email(email)) else { continue };
        if !people.iter().any(|person| person.email == email) {
            people.push(Person { role: role(owner), email });
        }
    }
    if !people.iter().any(|person| person.email == first) {
        people.insert(0, Person { email: first.to_owned(), role: "revops" });
    }
    people
}

/// The role that the name of a team suggests; most owners of records sell.
fn role(owner: &Owner) -> &'static str {
    const ROLES: [(&str, &[&str]); 6] = [
        ("bdr", &["bdr", "sdr", "businessdevelopment", "salesdevelopment", "outbound", "inbound"]),
        ("csm", &["success", "csm", "account management", "service", "support"]),
        ("marketer", &["marketing", "growth", "demandgen"]),
        ("finance", &["finance", "billing", "accounting"]),
        ("revops", &["revops", "operations", "salesops", "admin"]),
        ("executive", &["executive", "leadership", "founder"]),
    ];
    let teams: Vec<String> = owner.teams.iter().map(|team| folded(team)).collect();
    let is_of = |words: &[&str]| teams.iter().any(|team| words.iter().any(|word| team.contains(word)));
    ROLES.into_iter().find(|(_, words)| is_of(words)).map_or("ae", |(role, _)| role)
}

/// Whether a definitions file takes this for an e-mail address.
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let is_whole = parts.is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    is_whole && !text.contains(char::is_whitespace) && text.matches('@').count() == 1
}
