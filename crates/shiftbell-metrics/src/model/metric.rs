//! The numbers of a bowtie by their names.

use crate::definitions::{Better, nearest};

/// On which side of the win a number is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Up to the win: people and deals.
    Left,
    /// The win itself, where counts become money.
    Knot,
    /// After it: revenue.
    Right,
}

/// What a number is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Count,
    Money,
    /// Of something, 0 to 1.
    Share,
    Time,
}

/// A number of the bowtie: its place in the trade's scheme, and what it means there.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The code together with the meaning, as it is stored: `cr5-discount`.
    pub id: &'static str,
    /// For a person.
    pub label: &'static str,
    /// What a company whose product sells itself calls it, where that is another word.
    pub self_serve: Option<&'static str>,
    pub side: Side,
    pub unit: Unit,
    pub better: Better,
    /// How it follows from the others; empty if it is counted.
    pub formula: &'static str,
}

/// Every volume, conversion and time of the bowtie, from the left to the right.
///
/// Source: the data model of Winning By Design ("Bowtie Standard", 2026). The ninth conversion and the ninth time are kept
/// free there, and so they are not here. The fifth conversion is what is given away of the list price: a loss, used as one
/// minus it. The eighth is a ratio of the revenue that was kept, and may exceed one.
pub const METRICS: [Metric; 25] = [
    volume("vm1-prospects", "Prospects", None, Side::Left, Unit::Count, ""),
    volume("vm2-leads", "Leads", Some("Hand raises"), Side::Left, Unit::Count, "vm1 x cr1"),
    volume("vm3-opportunities", "Opportunities", Some("Product-qualified leads"), Side::Left, Unit::Count, "vm2 x cr2"),
    volume("vm4-qualified", "Qualified", Some("Product-qualified accounts"), Side::Left, Unit::Count, "vm3 x cr3"),
    volume("vm5-wins", "Wins", Some("Sign-ups"), Side::Knot, Unit::Count, "vm4 x cr4"),
    volume("vm6-committed", "Committed", None, Side::Knot, Unit::Money, "vm5 x list price x (1 - cr5)"),
    volume("vm7-started", "Started", None, Side::Right, Unit::Money, "vm6 x cr6"),
    volume("vm8-recurring", "Recurring", None, Side::Right, Unit::Money, "vm8 before x cr7 x (1 + cr8) + vm7"),
    volume("vm9-lifetime", "Lifetime value", None, Side::Right, Unit::Money, "sum of vm8"),
    rate("cr1-prospect-to-lead", "Prospect to lead", Side::Left, Better::Higher, "vm2 / vm1"),
    rate("cr2-lead-to-opportunity", "Lead to opportunity", Side::Left, Better::Higher, "vm3 / vm2"),
    rate("cr3-opportunity-to-qualified", "Opportunity to qualified", Side::Left, Better::Higher, "vm4 / vm3"),
    rate("cr4-win-rate", "Win rate", Side::Left, Better::Higher, "vm5 / vm4"),
    rate("cr5-discount", "Discount", Side::Knot, Better::Lower, "1 - vm6 / (vm5 x list price)"),
    rate("cr6-onboarded", "Kept through onboarding", Side::Right, Better::Higher, "vm7 / vm6"),
    rate("cr7-kept", "Revenue kept", Side::Right, Better::Higher, "kept / recurring at the start"),
    rate("cr8-expansion", "Expansion of what was kept", Side::Right, Better::Higher, "expansion / (recurring x cr7)"),
    wait("dt1-first-conversation", "Time to the first conversation", Side::Left, Better::Lower),
    wait("dt2-lead-development", "Time to develop a lead", Side::Left, Better::Lower),
    wait("dt3-qualifying", "Time to qualify", Side::Left, Better::Lower),
    wait("dt4-sales-cycle", "Sales cycle", Side::Left, Better::Lower),
    wait("dt5-signing", "Time to sign", Side::Knot, Better::Lower),
    wait("dt6-first-impact", "Time to the first impact", Side::Right, Better::Lower),
    wait("dt7-contract", "Length of a contract", Side::Right, Better::Higher),
    wait("dt8-customer-lifetime", "Lifetime of a customer", Side::Right, Better::Higher),
];

const fn volume(
    id: &'static str,
    label: &'static str,
    self_serve: Option<&'static str>,
    side: Side,
    unit: Unit,
    formula: &'static str,
) -> Metric {
    Metric { id, label, self_serve, side, unit, better: Better::Higher, formula }
}

const fn rate(id: &'static str, label: &'static str, side: Side, better: Better, formula: &'static str) -> Metric {
    Metric { id, label, self_serve: None, side, unit: Unit::Share, better, formula }
}

/// Waiting, not effort: "go fast" up to the first impact, "go long" after it.
const fn wait(id: &'static str, label: &'static str, side: Side, better: Better) -> Metric {
    Metric { id, label, self_serve: None, side, unit: Unit::Time, better, formula: "" }
}

/// Why a text names no number of the bowtie.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNamed {
    /// Some of the trade count the conversions otherwise, so that a code alone is another number there.
    #[error("\"{code}\" alone is a different number in different schemes; write `{full}` if that is meant")]
    BareCode { code: String, full: &'static str },
    #[error("\"{typed}\" is no number of the bowtie{}", did_you_mean(nearest))]
    Unknown { typed: String, nearest: Option<String> },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

/// The number with this id, which says the code and its meaning.
///
/// ```
/// use shiftbell_metrics::definitions::Better;
/// use shiftbell_metrics::model::metric;
/// assert_eq!(metric("cr5-discount").unwrap().better, Better::Lower);
/// assert!(metric("CR5").unwrap_err().to_string().contains("`cr5-discount`"));
/// ```
///
/// # Errors
/// A code without its meaning, or a name that nothing has, with the nearest one.
pub fn metric(id: &str) -> Result<&'static Metric, NotNamed> {
    let typed = id.trim().to_lowercase();
    if let Some(found) = METRICS.iter().find(|metric| metric.id == typed) {
        return Ok(found);
    }
    let code = METRICS.iter().find(|metric| metric.id.split('-').next() == Some(typed.as_str()));
    Err(match code {
        Some(metric) => NotNamed::BareCode { code: id.trim().to_owned(), full: metric.id },
        None => {
            let names = METRICS.iter().map(|metric| metric.id.to_owned());
            NotNamed::Unknown { typed: id.trim().to_owned(), nearest: nearest(&typed, names) }
        }
    })
}
