//! Who may ask what. Checked when a question is asked, when a message is sent and when a button is clicked.

use shiftbell_chat::Outlet;
use shiftbell_metrics::definitions::{Definitions, NamedFunnel, Person, rests_on_cost, rests_on_recurring};
use shiftbell_metrics::question::{ME, Question};

/// Who asks.
#[derive(Clone, Debug)]
pub enum Asker {
    /// The operator at the terminal, or the page of this machine: sees everything.
    Operator,
    /// Somebody of the company.
    Person(Person),
    /// Somebody in the company's chat whom the definitions do not know: a user of an outlet, by the outlet's id.
    Stranger { outlet: Outlet, user: String },
}

/// Whether a question may be asked, with the question as it may.
#[derive(Debug, PartialEq, Eq)]
pub enum Right {
    Granted,
    /// A sentence for whoever asked.
    Refused(String),
}

const NOT_KNOWN: &str = "I do not know who you are here yet. Your e-mail address in chat must be the one in the definitions file; ask your RevOps colleague.";

/// Joins a question with the asker's scope: `for me` becomes the person, and what is not theirs to see is refused.
pub fn join(defs: &Definitions, asker: &Asker, question: &mut Question) -> Right {
    if question.person.as_deref() == Some(ME) {
        match asker {
            Asker::Person(person) => question.person = Some(person.email.clone()),
            Asker::Operator => question.person = None,
            Asker::Stranger { .. } => return Right::Refused(NOT_KNOWN.to_owned()),
        }
    }
    let person = match asker {
        Asker::Operator => return Right::Granted,
        Asker::Stranger { .. } => return Right::Refused(NOT_KNOWN.to_owned()),
        Asker::Person(person) => person,
    };
    let rights = defs.rights.get(&person.role).map(Vec::as_slice).unwrap_or_default();
    let has = |right: &str| rights.iter().any(|known| known == right);
    let wide = has("everything but single people");
    if let Some(about) = &question.person {
        let is_self = about.eq_ignore_ascii_case(&person.email);
        let below = has("people below") && defs.person(about).is_some_and(|other| is_below(defs, person, other));
        if !((is_self && has("own")) || below) {
            return Right::Refused(format!(
                "You may see your own numbers{}.",
                if has("people below") { " and those of the people below you" } else { "" }
            ));
        }
        return Right::Granted;
    }
    if question.by.as_deref() == Some("owner") && !has("people below") {
        return Right::Refused(
            "Numbers by owner are numbers of single people; your manager sees those of the team.".to_owned(),
        );
    }
    let kpi = &question.kpi;
    let needed = [(rests_on_recurring(defs, kpi), "recurring revenue"), (rests_on_cost(defs, kpi), "cost")];
    if let Some((_, right)) = needed.iter().find(|(needed, right)| *needed && !wide && !has(right)) {
        return Right::Refused(format!(
            "The role {} may not see {right}; [rights] in the definitions file says who may.",
            person.role
        ));
    }
    if wide || has("company bowtie") || has("team totals") {
        Right::Granted
    } else {
        Right::Refused(format!(
            "The role {} may not see numbers of the company; [rights] in the definitions file says who may.",
            person.role
        ))
    }
}

/// Whether somebody may see recurring revenue of the whole company.
pub fn sees_recurring(defs: &Definitions, asker: &Asker) -> bool {
    matches!(join(defs, asker, &mut Question::of("mrr")), Right::Granted)
}

/// As [`join`], for a funnel: by owner it shows single people.
pub fn join_funnel(defs: &Definitions, asker: &Asker, funnel: &NamedFunnel) -> Right {
    let by = funnel.rules.by.as_ref().map(|(by, _)| by.clone());
    join(defs, asker, &mut Question { by, ..Question::of("") })
}

/// As [`join`], for the records behind a number: customers by name. Those behind one's own numbers are everybody's own;
/// those of all are for whoever leads people, and for whoever keeps the definitions.
pub fn join_records(defs: &Definitions, asker: &Asker, question: &mut Question) -> Right {
    let joined = join(defs, asker, question);
    let (Asker::Person(person), Right::Granted, None) = (asker, &joined, &question.person) else { return joined };
    let rights = defs.rights.get(&person.role).map(Vec::as_slice).unwrap_or_default();
    if rights.iter().any(|right| right == "people below" || right == "everything but single people") {
        return Right::Granted;
    }
    Right::Refused("You may see the records behind your own numbers: ask the same \"for me\".".to_owned())
}

/// Whether a message to this destination is for somebody: it went to them, or to a channel whose audience they belong to.
pub fn hears(defs: &Definitions, asker: &Asker, destination: &str) -> bool {
    match (asker, defs.destinations.get(destination)) {
        (Asker::Operator, _) => true,
        (Asker::Stranger { .. }, _) => false,
        (Asker::Person(person), None) => destination.eq_ignore_ascii_case(&person.email),
        (Asker::Person(person), Some(channel)) => is_in_audience(defs, &channel.seen_by, person),
    }
}

/// An audience is the company, a team with whoever leads it, or a role.
fn is_in_audience(defs: &Definitions, audience: &str, person: &Person) -> bool {
    let Some(team) = audience.strip_suffix(" team").filter(|team| defs.teams.iter().any(|known| known.id == *team))
    else {
        return audience == "company" || audience == person.role;
    };
    let someone = Person { team: team.to_owned(), ..person.clone() };
    is_below(defs, person, &someone) || teams_of(defs, person).any(|mine| mine == team)
}

/// The team of a person, and those that it is part of.
fn teams_of<'a>(defs: &'a Definitions, person: &'a Person) -> impl Iterator<Item = &'a str> {
    let above = |id: &&'a str| defs.teams.iter().find(|team| team.id == **id)?.part_of.as_deref();
    std::iter::successors(Some(person.team.as_str()), above).take(16)
}

/// Whether somebody may decide about messages that did not arrive.
pub fn keeps_deliveries(defs: &Definitions, asker: &Asker) -> bool {
    keeps(defs, asker, "deliveries")
}

/// Whether somebody may change what concerns everybody: who is who, and whom the roll-out reaches.
pub fn keeps_settings(defs: &Definitions, asker: &Asker) -> bool {
    keeps(defs, asker, "settings")
}

/// Whether somebody manages a team.
pub fn leads(defs: &Definitions, asker: &Asker) -> bool {
    let Asker::Person(person) = asker else { return matches!(asker, Asker::Operator) };
    let is_they = |manager: &String| manager.eq_ignore_ascii_case(&person.email);
    defs.teams.iter().any(|team| team.manager.as_ref().is_some_and(is_they))
}

/// Whether somebody manages the team of this person, directly or further up.
pub fn manages(defs: &Definitions, asker: &Asker, other: &Person) -> bool {
    match asker {
        Asker::Operator => true,
        Asker::Stranger { .. } => false,
        Asker::Person(person) => is_below(defs, person, other),
    }
}

/// Whether somebody has this right by their role. The operator and the reviewer of the roll-out have every such right.
fn keeps(defs: &Definitions, asker: &Asker, right: &str) -> bool {
    match asker {
        Asker::Operator => true,
        Asker::Stranger { .. } => false,
        Asker::Person(person) => {
            let rights = defs.rights.get(&person.role).map(Vec::as_slice).unwrap_or_default();
            is_reviewer(defs, person) || rights.iter().any(|known| known == right)
        }
    }
}

/// Whoever leads a person: the manager of their team, else of the team that it is part of.
pub fn manager_of<'a>(defs: &'a Definitions, person: &'a Person) -> Option<&'a str> {
    teams_of(defs, person).find_map(|id| {
        let team = defs.teams.iter().find(|team| team.id == id)?;
        team.manager.as_deref().filter(|manager| !manager.eq_ignore_ascii_case(&person.email))
    })
}

/// Whether somebody may see the numbers of a single person: one's own, those of the people below, and, for the reviewer of the
/// roll-out, everybody's, since in the frame the reviewer receives them.
pub fn sees_person(defs: &Definitions, asker: &Asker, about: &Person) -> bool {
    match asker {
        Asker::Operator => true,
        Asker::Stranger { .. } => false,
        Asker::Person(person) => {
            let mut question = Question { person: Some(about.email.clone()), ..Question::of("") };
            is_reviewer(defs, person) || join(defs, asker, &mut question) == Right::Granted
        }
    }
}

/// Whether somebody is in the audience of a channel and may see what the company's figures are; if not, why, in a sentence.
///
/// # Errors
/// The sentence.
pub fn sees_channel(defs: &Definitions, person: &Person, destination: &str) -> Result<(), String> {
    let Some(found) = defs.destinations.get(destination) else {
        return Err(format!("There is no destination {destination}."));
    };
    if !is_in_audience(defs, &found.seen_by, person) {
        return Err(format!("{} does not see {}: it is for {}.", person.email, found.name, found.seen_by));
    }
    let rights = defs.rights.get(&person.role).map(Vec::as_slice).unwrap_or_default();
    let wide = ["company bowtie", "everything but single people"];
    if rights.iter().any(|right| wide.contains(&right.as_str())) {
        return Ok(());
    }
    Err(format!("The role {} may not see the figures of the company; [rights] says who may.", person.role))
}

fn is_reviewer(defs: &Definitions, person: &Person) -> bool {
    defs.rollout.reviewer.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(&person.email))
}

/// Whether `other` is in a team that `person` manages, directly or further down.
fn is_below(defs: &Definitions, person: &Person, other: &Person) -> bool {
    let mut team = Some(other.team.as_str());
    for _ in 0..16 {
        let Some(found) = team.and_then(|id| defs.teams.iter().find(|team| team.id == id)) else { return false };
        if found.manager.as_deref().is_some_and(|manager| manager.eq_ignore_ascii_case(&person.email)) {
            return true;
        }
        team = found.part_of.as_deref();
    }
    false
}

#[cfg(test)]
mod tests {
    use shiftbell_metrics::definitions::read;

    use super::*;
    use crate::companies::vocabulary;

    #[test]
    fn recurring_revenue_is_for_whoever_has_the_right() {
        let text = include_str!("../../../deploy/clowns-to-go.toml");
        let defs = read("clowns-to-go.toml", text, &vocabulary()).definitions.unwrap();
        let may = |email: &str, kpi: &str| {
            let asker = Asker::Person(defs.person(email).unwrap().clone());
            join(&defs, &asker, &mut Question::of(kpi)) == Right::Granted
        };
        for (email, mrr) in [
            ("bdr.one@clowns.example", false),
            ("csm.one@clowns.example", true),
            ("finance.one@clowns.example", true),
            ("exec.one@clowns.example", true),
            ("revops.one@clowns.example", true),
        ] {
            assert!(may(email, "closed-win-rate"), "{email}: deals are no recurring revenue");
            for kpi in ["mrr", "nrr", "gross-retention", "ltv"] {
                assert_eq!(may(email, kpi), mrr, "{email} {kpi}");
            }
            assert!(may(email, "mqls"), "{email}");
        }
        assert_eq!(join(&defs, &Asker::Operator, &mut Question::of("mrr")), Right::Granted);
    }

    #[test]
    fn what_is_spent_is_for_whoever_may_see_cost() {
        let text = include_str!("../../../deploy/clowns-to-go.toml");
        let defs = read("clowns-to-go.toml", text, &vocabulary()).definitions.unwrap();
        let may = |email: &str, kpi: &str| {
            let asker = Asker::Person(defs.person(email).unwrap().clone());
            join(&defs, &asker, &mut Question::of(kpi)) == Right::Granted
        };
        // Who, whether they see what is spent, and whether they see that and recurring revenue.
        for (email, cost, both) in [
            ("bdr.one@clowns.example", false, false),
            ("csm.one@clowns.example", false, false),
            ("marketer.one@clowns.example", true, false),
            ("finance.one@clowns.example", true, true),
            ("exec.one@clowns.example", true, true),
            ("revops.one@clowns.example", true, true),
        ] {
            for kpi in ["spend", "cac", "acquisition-cost"] {
                assert_eq!(may(email, kpi), cost, "{email} {kpi}");
            }
            for kpi in ["payback-months", "ltv-to-cac", "magic-number", "burn-multiple"] {
                assert_eq!(may(email, kpi), both, "{email} {kpi}");
            }
        }
    }

    #[test]
    fn a_funnel_by_owner_shows_single_people_and_is_for_whoever_leads_them() {
        let text = include_str!("../../../deploy/clowns-to-go.toml");
        let defs = read("clowns-to-go.toml", text, &vocabulary()).definitions.unwrap();
        let plain = defs.funnels.first().expect("the sample has a funnel").clone();
        let mut by_owner = plain.clone();
        by_owner.rules.by = Some(("owner".to_owned(), shiftbell_metrics::funnel::Attribution::First));
        let bdr = Asker::Person(defs.person("bdr.one@clowns.example").unwrap().clone());
        let lead = Asker::Person(defs.person("sales.lead@clowns.example").unwrap().clone());
        assert_eq!(join_funnel(&defs, &bdr, &plain), Right::Granted);
        assert!(matches!(join_funnel(&defs, &bdr, &by_owner), Right::Refused(_)));
        assert_eq!(join_funnel(&defs, &lead, &by_owner), Right::Granted);
    }
}
