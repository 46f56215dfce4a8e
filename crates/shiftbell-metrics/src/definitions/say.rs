//! What a stage or a fact means, in words for people.

use super::model::{Definitions, Motion, Stage, StageOf};
use super::words;

impl Stage {
    /// "Leads" as "Lead", where the stage's id is the word without its s.
    pub fn one(&self) -> String {
        match self.label.strip_suffix('s') {
            Some(one) if words::as_name(one) == self.id => one.to_owned(),
            _ => self.label.clone(),
        }
    }

    /// What those are of whom it is one: `people`, `deals`.
    pub fn whose(&self) -> &'static str {
        match self.of {
            StageOf::Visitor => "visitors",
            StageOf::Contact => "people",
            StageOf::Deal => "deals",
            StageOf::Customer => "customers",
        }
    }

    /// What somebody, or a deal, did who reached it: `became MQLs`, `were won`, `came to a deal`.
    pub fn reached(&self, who: StageOf) -> String {
        let (many, one) = (lower(&self.label), lower(&self.one()));
        let is_a_thing = self.one() != self.label;
        match (self.of, who) {
            (StageOf::Visitor, _) if is_a_thing => format!("had {many}"),
            (StageOf::Contact, _) if is_a_thing => format!("became {many}"),
            (StageOf::Deal, StageOf::Deal) if is_a_thing => "were opened".to_owned(),
            (StageOf::Deal, _) if is_a_thing => format!("came to {} {one}", article(&one)),
            (StageOf::Deal, _) if many == "won" || many.ends_with("ed") => format!("were {many}"),
            (StageOf::Visitor | StageOf::Contact | StageOf::Deal | StageOf::Customer, _) => {
                format!("reached \"{}\"", self.label)
            }
        }
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// In the middle of a sentence: "First show" as "first show", but "MQL" as it is.
pub(crate) fn lower(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(label.chars().skip(1)).collect()
        }
        _ => label.to_owned(),
    }
}

impl Definitions {
    /// What a stage means in a motion: "meeting request or calendar request". Empty if it is never reached there.
    pub fn say_stage(&self, motion: &str, stage: &str) -> String {
        let facts = self.motion(motion).and_then(|motion| facts_at(motion, stage));
        facts.map(|facts| say_facts(facts)).unwrap_or_default()
    }
}

fn facts_at<'m>(motion: &'m Motion, stage: &str) -> Option<&'m Vec<String>> {
    match stage {
        "lost" => Some(&motion.lost),
        "gone" => Some(&motion.gone),
        _ => motion.stages.get(stage),
    }
}

/// Facts of which any counts, as people say them.
///
/// ```
/// use shiftbell_metrics::definitions::say_facts;
/// let facts = ["meeting-request", "calendar-link"].map(String::from);
/// assert_eq!(say_facts(&facts), "meeting request or calendar link");
/// ```
pub fn say_facts(facts: &[String]) -> String {
    let words: Vec<String> = facts.iter().map(|fact| fact.replace('-', " ")).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reached_a_stage_is_said_as_people_say_it() {
        let stage = |id: &str, label: &str, of| Stage {
            id: id.into(),
            label: label.into(),
            of,
            bowtie: "selection".into(),
            feeds: None,
            seen_as: None,
        };
        let (contact, deal) = (StageOf::Contact, StageOf::Deal);
        assert_eq!(stage("session", "Sessions", StageOf::Visitor).reached(StageOf::Visitor), "had sessions");
        assert_eq!(stage("mql", "MQLs", contact).reached(contact), "became MQLs");
        assert_eq!(stage("lead", "Leads", contact).reached(StageOf::Visitor), "became leads");
        assert_eq!(stage("deal", "Deals", deal).reached(contact), "came to a deal");
        assert_eq!(stage("order", "Orders", deal).reached(contact), "came to an order");
        assert_eq!(stage("deal", "Deals", deal).reached(deal), "were opened");
        assert_eq!(stage("won", "Won", deal).reached(deal), "were won");
        assert_eq!(stage("signed", "Signed", deal).reached(contact), "were signed");
        assert_eq!(stage("live", "First show", StageOf::Customer).reached(deal), "reached \"First show\"");
    }
}
