//! What is worth measuring in a company like this, and is not defined yet: by its stage of growth, its business model and how
//! much people do for a sale in each motion. Everything is TOML to paste; targets are slots to fill, never numbers of others.

mod scorecards;
#[cfg(test)]
mod tests;
mod wishes;

use super::model::{Definitions, Stage, StageOf};
use crate::model::GROWTH_STAGES;

/// What is suggested for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestions {
    /// What the suggestions follow from, in one line each.
    pub because: Vec<String>,
    /// To be pasted at the end of the file, in this order.
    pub blocks: Vec<Suggestion>,
    /// What would be suggested too, if the file had what it rests on: one line each.
    pub missing: Vec<String>,
}

/// A section to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// `kpis.win-rate` or `scorecards.ae`.
    pub name: String,
    pub why: String,
    /// Lines of TOML that the check accepts behind the file.
    pub toml: String,
}

/// Everything that this company could add.
pub fn suggest(defs: &Definitions) -> Suggestions {
    let mut suggestions = Suggestions { because: because(defs), blocks: Vec::new(), missing: Vec::new() };
    for wish in wishes::of(defs) {
        wish.settle(defs, &mut suggestions);
    }
    scorecards::suggest(defs, &mut suggestions);
    suggestions
}

fn because(defs: &Definitions) -> Vec<String> {
    let workspace = &defs.workspace;
    let of_growth = match workspace.growth_stage.as_str() {
        "pmf" => "customers have to pay and to stay: few numbers, close to the customer",
        "scale-up" => "the process has to carry more people: what a customer costs, and how fast deals move",
        "grown-up" => "those who are customers carry the growth: what is kept and what is added",
        _ => "one motion has to repeat: every step of it, and how long it takes",
    };
    let of_model = match workspace.business_model.as_str() {
        "ownership" => "is paid once: what is won counts, and nothing recurs",
        "consumption" => "what is committed recurs, what is used is told apart",
        _ => "what recurs has to be kept",
    };
    let mut said = vec![
        format!("growth stage {} ({}): {of_growth}", workspace.growth_stage, growth_label(&workspace.growth_stage)),
        format!("business model {}: {of_model}", workspace.business_model),
    ];
    said.extend(defs.motions.iter().map(|motion| {
        let of_touch = match motion.touch.as_str() {
            "no" => "nobody sells: the steps before the sale say everything",
            "low" => "one person goes from lead to win: the steps and the time they take",
            "high" | "dedicated" => "few and large deals: whether each one is led well says more than their number",
            _ => "one person finds, another closes: the hand-over between them",
        };
        format!("motion {}, touch {}: {of_touch}", motion.id, motion.touch)
    }));
    said
}

fn growth_label(word: &str) -> &str {
    GROWTH_STAGES.iter().find(|stage| stage.word == word).map_or(word, |stage| stage.label)
}

/// The stages on the left that some motion reaches, in order.
fn left(defs: &Definitions) -> Vec<&Stage> {
    let is_reached = |stage: &&Stage| defs.motions.iter().any(|motion| motion.stages.contains_key(&stage.id));
    let is_left = |stage: &&Stage| stage.of != StageOf::Customer;
    defs.chain.iter().filter(is_left).filter(is_reached).collect()
}

fn won(defs: &Definitions) -> Option<&Stage> {
    left(defs).into_iter().find(|stage| stage.bowtie == "commit")
}
