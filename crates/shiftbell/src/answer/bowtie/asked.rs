//! What is typed behind `/bowtie`: motions, a period, another to compare it with, a shape; in this order or any other.

use shiftbell_metrics::definitions::{Definitions, nearest};
use shiftbell_metrics::period::{Period, parse_period, previous_at_same_age};
use shiftbell_metrics::time::Day;

/// How much of the bowtie is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Both sides.
    Bowtie,
    /// Up to the win.
    Funnel,
    /// Both sides, and what customers bring back to the beginning.
    Flywheel,
}

impl Shape {
    const ALL: [Shape; 3] = [Shape::Bowtie, Shape::Funnel, Shape::Flywheel];

    pub(super) fn word(self) -> &'static str {
        match self {
            Shape::Bowtie => "bowtie",
            Shape::Funnel => "funnel",
            Shape::Flywheel => "flywheel",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// None is all.
    pub(super) motions: Vec<String>,
    /// `None`: the latest full week, as the weekly message shows it.
    pub(super) period: Option<(Period, Period)>,
    pub(super) shape: Shape,
}

/// Reads the words, or says in a sentence which of them means nothing here.
pub(super) fn read(defs: &Definitions, text: &str, today: Day) -> Result<Asked, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut motions = Vec::new();
    let (mut period, mut versus, mut shape) = (None, None, None);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let lower = word.to_lowercase();
        let is = |known: &str| known.eq_ignore_ascii_case(word);
        if let Some(motion) = defs.motions.iter().find(|motion| is(&motion.id) || is(&motion.label)) {
            motions.push(motion.id.clone());
            at += 1;
        } else if lower == "as" || Shape::ALL.iter().any(|shape| shape.word() == lower) {
            let named = if lower == "as" { words.get(at + 1).map(|word| word.to_lowercase()) } else { Some(lower) };
            at += if word.eq_ignore_ascii_case("as") { 2 } else { 1 };
            let named = named.unwrap_or_default();
            let known = Shape::ALL.into_iter().find(|shape| shape.word() == named);
            shape = Some(known.ok_or_else(|| format!("\"{}\" is no shape: bowtie, funnel or flywheel.", cut(&named)))?);
        } else if ["vs", "versus", "against"].contains(&lower.as_str()) {
            let (found, used) = parse_period(&words[at + 1..], today, &defs.workspace)
                .ok_or_else(|| "Behind \"vs\" stands a period, such as last month or 2026-Q2.".to_owned())?;
            versus = Some(found);
            at += 1 + used;
        } else if let Some((found, used)) = parse_period(&words[at..], today, &defs.workspace) {
            period = Some(found);
            at += used;
        } else {
            return Err(unknown(defs, word));
        }
    }
    let period = match (period, versus) {
        (None, None) => None,
        (Some(period), None) => {
            let before = previous_at_same_age(&period, today);
            Some((period, before))
        }
        (Some(period), Some(versus)) => Some((period, versus)),
        (None, Some(_)) => {
            return Err("Name the period that is compared, such as /bowtie this month vs last month.".to_owned());
        }
    };
    Ok(Asked { motions, period, shape: shape.unwrap_or(Shape::Bowtie) })
}

fn unknown(defs: &Definitions, word: &str) -> String {
    let motions = defs.motions.iter().map(|motion| motion.id.clone());
    let hint = match nearest(word, motions) {
        Some(near) => format!(" Did you mean {near}?"),
        None => String::new(),
    };
    let example = defs.motions.first().map_or("", |motion| motion.id.as_str());
    format!(
        "\"{}\" is no motion and no period.{hint} Such as: /bowtie {example} last month vs 2026-Q2, or /bowtie as flywheel.",
        cut(word)
    )
}

fn cut(word: &str) -> String {
    word.chars().take(40).collect()
}
