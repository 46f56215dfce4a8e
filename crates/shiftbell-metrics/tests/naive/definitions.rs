//! The definitions of the companies: one file in which some words differ from company to company.

use shiftbell_metrics::definitions::{Definitions, Vocabulary, read};
use shiftbell_metrics::fold::Plan;

use super::chance::Chance;

const FILE: &str = include_str!("company.toml");

/// How many different sets of definitions there are.
pub(crate) const SETS: u64 = 40;

/// One of the sets, with what the engine makes of it.
pub(crate) fn set(number: u64) -> (Definitions, Plan) {
    let mut chance = Chance::new(number);
    let model = chance.pick(&["subscription", "subscription", "subscription", "consumption", "ownership"]);
    let words = [
        ("zone", chance.pick(&["America/New_York", "Europe/Berlin", "UTC", "Asia/Kolkata"])),
        ("week", chance.pick(&["monday", "sunday"])),
        ("skipped", chance.pick(&["implied", "implied", "strict", "any"])),
        ("as_of", chance.pick(&["now", "now", "entry"])),
        ("later_wins", chance.pick(&["later_wins = \"count\"", ""])),
        ("b2c_sql", chance.pick(&["sql = \"checkout\"", "sql = \"checkout\"", ""])),
        // Most are at the edge of a bucket, some can only be answered entry by entry.
        ("short", chance.pick(&["2 days", "7 days", "36 hours", "20 hours", "90 minutes"])),
        ("long", chance.pick(&["14 days", "10 days", "250 hours", "3 weeks"])),
        ("weeks", chance.pick(&["13", "4", "6"])),
        ("preset", chance.pick(&["shiftbell", "shiftbell", "stripe", "chartmogul", "profitwell", "chargebee"])),
        ("margin", chance.pick(&["80 %", "62.5 %", "100 %"])),
        (
            "patience",
            chance.pick(&["1 working day", "3 working days", "4 working hours", "20 working hours", "36 hours"]),
        ),
        ("model", model),
        // Of what is sold for good nothing is paid by the month.
        ("each", if model == "ownership" { "won-amount / won" } else { "mrr / paying-customers" }),
        ("paused", chance.pick(&["zero", "zero", "counts", "churn"])),
        ("metered", chance.pick(&["metered = \"apart\"", "metered = \"included\""])),
    ];
    let text = words.iter().fold(FILE.to_owned(), |text, (word, by)| text.replace(&format!("@{word}@"), by));
    let checked = read("company.toml", &text, &Vocabulary { sources: vec![], outlets: vec![] });
    let problems: Vec<String> = checked.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    let definitions = checked.definitions.expect("a file without problems has definitions");
    let plan = Plan::new(&definitions);
    (definitions, plan)
}
