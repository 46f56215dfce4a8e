//! What a stage or a fact means, in words for people.

use super::model::{Definitions, Motion};

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
