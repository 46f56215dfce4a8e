//! What does not fit together: owners who are nobody here, people without an owner, people whom a chat does not know.

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::{Definitions, Person, nearest};
use shiftbell_store::people::{self, Kept};
use shiftbell_store::{Session, StoreError};

use super::{Directory, Is, Known};
use crate::work::{Workspace, source_name};

/// One thing that does not fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The same for the same trouble for ever.
    pub name: &'static str,
    /// Whom it is about, as people recognise them, and under which names events know them.
    pub about: String,
    pub names: Vec<String>,
    /// What it means, in one sentence.
    pub means: String,
    /// The one thing to do.
    pub todo: String,
}

/// Everything that does not fit together in a company.
///
/// # Errors
/// The database's.
pub async fn all(session: &mut Session, workspace: &Workspace) -> Result<Vec<Gap>, StoreError> {
    let directory = Directory::read(session, workspace.defs(), &workspace.name).await?;
    let kept = people::all(session, &workspace.name).await?;
    Ok(of(workspace, &directory, &kept))
}

/// The same, of what was read.
pub fn of(workspace: &Workspace, directory: &Directory, kept: &[Kept]) -> Vec<Gap> {
    let defs = workspace.defs();
    let mut gaps: Vec<Gap> = strangers(directory).map(|known| owner_without_person(defs, known)).collect();
    gaps.extend(directory.contested.iter().map(|name| contested(name)));
    gaps.extend(shared_addresses(directory));
    if !directory.owners.is_empty() {
        let has_none = |person: &&Person| directory.names(&person.email).is_empty() && is_counted(defs, person);
        gaps.extend(defs.people.iter().filter(has_none).map(person_without_owner));
    }
    for person in &defs.people {
        let of_person = |kept: &&Kept| kept.email.eq_ignore_ascii_case(&person.email);
        let closed = kept.iter().filter(of_person).find(|kept| kept.is_closed());
        if directory.has_left(&person.email) || closed.is_some() {
            gaps.push(gone(person, closed.map_or("the CRM", |kept| kept.outlet.as_str())));
        } else if let Some(outlet) = workspace.outlets.first() {
            let mut there = kept.iter().filter(of_person).filter(|kept| kept.outlet == *outlet);
            let is_unknown = match outlet.as_str() {
                "slack" => there.any(|kept| kept.gone_at_ms.is_some()),
                _ => there.next().is_none(),
            };
            if is_unknown && !person.known_as.contains_key(outlet) {
                gaps.push(not_in_chat(person, outlet));
            }
        }
    }
    gaps
}

/// Active owners of whom nobody knows who they are.
pub fn strangers(directory: &Directory) -> impl Iterator<Item = &Known> {
    directory.owners.iter().filter(|known| known.is == Is::Nobody && known.owner.is_active)
}

/// As people recognise an owner: `Ann Old (ann.old@x.example, owner 1009 in HubSpot)`.
pub fn called(defs: &Definitions, known: &Known) -> String {
    let owner = &known.owner;
    let address = owner.email.as_ref().map_or_else(String::new, |email| format!("{email}, "));
    let name = if owner.name.trim().is_empty() { "without a name" } else { owner.name.trim() };
    let name: String = name.chars().take(80).collect();
    format!("{name} ({address}owner {} in {})", owner.owner_id, source_name(defs, &owner.source))
}

fn owner_without_person(defs: &Definitions, known: &Known) -> Gap {
    let owner = &known.owner;
    let todo = match &owner.email {
        Some(email) => {
            let near = nearest(email, defs.people.iter().map(|person| person.email.clone()));
            let near = near.unwrap_or_else(|| "ann@clowns.example".to_owned());
            format!(
                "write also = [\"{email}\"] into the line of whoever that is (such as {near}), or type /shiftbell people"
            )
        }
        None => format!(
            "write owner.\"ann@clowns.example\" = [\"{}\"] under [sources.{}.map], or type /shiftbell people",
            owner.owner_id, owner.source
        ),
    };
    Gap {
        name: "owner-without-person",
        about: called(defs, known),
        names: [Some(&owner.owner_id), owner.email.as_ref()].into_iter().flatten().cloned().collect(),
        means: "is none of the company's people: what they do counts in the totals, and for no person".to_owned(),
        todo,
    }
}

fn contested(name: &str) -> Gap {
    Gap {
        name: "two-people-with-one-owner",
        about: format!("owner {name}"),
        names: vec![name.to_owned()],
        means: "is another person in another source, so it counts in the totals and for no person".to_owned(),
        todo: "say by /shiftbell people, or in the map of each source, whose it is".to_owned(),
    }
}

/// Two active owners of one source with one address.
fn shared_addresses(directory: &Directory) -> Vec<Gap> {
    let mut by_address: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for known in directory.owners.iter().filter(|known| known.owner.is_active) {
        if let Some(email) = &known.owner.email {
            let key = (known.owner.source.as_str(), email.to_lowercase());
            by_address.entry(key).or_default().push(&known.owner.owner_id);
        }
    }
    let shared = by_address.into_iter().filter(|(_, ids)| ids.len() > 1);
    shared
        .map(|((source, email), ids)| Gap {
            name: "two-owners-with-one-address",
            about: format!("{email} in {source}"),
            names: Vec::new(),
            means: format!("is {} owners there ({}): both are taken for one person", ids.len(), ids.join(", ")),
            todo: "if they are two people, give one of them another address in the CRM, or say it by /shiftbell people"
                .to_owned(),
        })
        .collect()
}

/// Whether somebody's own numbers rest on records that they own: their role has a part in what is won, and not all of it.
fn is_counted(defs: &Definitions, person: &Person) -> bool {
    let has_part = |(role, _): &(String, rust_decimal::Decimal)| *role == person.role;
    let takes_part = defs.motions.iter().any(|motion| motion.credit.iter().any(has_part));
    let has_all = defs.motions.iter().any(|motion| matches!(motion.credit.as_slice(), [one] if has_part(one)));
    takes_part && !has_all && defs.scorecards.roles.contains_key(&person.role)
}

fn person_without_owner(person: &Person) -> Gap {
    Gap {
        name: "person-without-owner",
        about: person.email.clone(),
        names: Vec::new(),
        means: "has a scorecard, and no source knows an owner with this address: it would show nothing".to_owned(),
        todo: "write the address that the CRM has into their line, also = [\"...\"], or type /shiftbell people"
            .to_owned(),
    }
}

fn gone(person: &Person, place: &str) -> Gap {
    Gap {
        name: "gone",
        about: person.email.clone(),
        names: Vec::new(),
        means: format!("is deactivated in {place}: nothing is sent to them, what they did stays counted"),
        todo: "take their line out of the file, or reactivate them".to_owned(),
    }
}

fn not_in_chat(person: &Person, outlet: &str) -> Gap {
    let (about, todo) = (person.email.clone(), "write also = [\"...\"] with the address of their Slack account");
    match outlet {
        "slack" => Gap {
            name: "not-found-in-slack",
            about,
            names: Vec::new(),
            means: "is no address of a Slack account here: no message reaches them".to_owned(),
            todo: format!("{todo}, or slack = \"U...\" into their line"),
        },
        _ => Gap {
            name: "not-found-in-discord",
            about,
            names: Vec::new(),
            means: "has no Discord account that is known here: no message reaches them".to_owned(),
            todo: "let them type /shiftbell link, or write discord = \"...\" into their line".to_owned(),
        },
    }
}
