//! What a formula cell says a KPI is. A cell that can be read in two ways, or in none, is a doubt with what to write.

use super::super::model::{CountOf, PerMotion};
use super::cells::{before, place_in, shortened};
use super::known::Known;
use super::sentence::{FORMULA, SOURCED};
use super::{patterns, ratio};

/// What is not understood, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) message: String,
    pub(super) fix: String,
}

impl Doubt {
    pub(super) fn new(message: impl Into<String>, fix: impl Into<String>) -> Doubt {
        Doubt { message: message.into(), fix: fix.into() }
    }
}

/// A formula that is understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Formula {
    pub(super) kind: Kind,
    /// Credit goes to whoever sourced it.
    pub(super) is_sourced: bool,
    /// How it was read, where another reading is not far.
    pub(super) note: Option<String>,
}

/// The kinds of KPI as a file writes them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Count(CountOf),
    Conversion { from: String, to: String, within: PerMotion<String> },
    Time { from: String, to: CountOf, working_hours: bool, is_p90: bool },
    Sum { of: String, at: CountOf },
    Share { of: String, also: String },
    Stock { of: String, filter: Option<String>, have: Option<String> },
    Worklist { due: Vec<String>, due_by: Vec<String>, done: String },
    Calculation(String),
    Standard { name: String, over: Option<String> },
}

impl Formula {
    pub(super) fn is_calculation(&self, text: &str) -> bool {
        matches!(&self.kind, Kind::Calculation(read) if read == text)
    }
}

/// Reads a formula cell.
pub(super) fn read(cell: &str, known: &Known<'_>) -> Result<Formula, Doubt> {
    let cell = cell.trim();
    let (text, is_sourced) = match before(cell, &[SOURCED]) {
        Some(text) => (text.trim_end_matches([';', ',', ' ']), true),
        None => (cell, false),
    };
    // People write "=SQLs/MQLs" to say what is divided by what; a calculation on cells says nothing about KPIs.
    let text = text.strip_prefix('=').map_or(text, str::trim);
    if let Some(rest) = super::cells::after(text, &[FORMULA]) {
        let kind = Kind::Calculation(ratio::calculation(rest, known)?);
        return Ok(Formula { kind, is_sourced, note: None });
    }
    let spread = (text.len() < cell.len()).then(|| place_in(text)).flatten().filter(|_| cell.starts_with('='));
    for pattern in patterns::ALL {
        match pattern(text, known) {
            Some(Ok((kind, note))) => return Ok(Formula { kind, is_sourced, note }),
            Some(Err(_)) | None if spread.is_some() => {}
            Some(Err(doubt)) => return Err(doubt),
            None => {}
        }
    }
    if let Some(place) = spread {
        return Err(Doubt::new(
            format!("it calculates with the cell {place} of the spreadsheet, not with KPIs"),
            "write in words what is divided by what, such as \"SQLs / MQLs\"",
        ));
    }
    let kind = Kind::Calculation(ratio::calculation(text, known)?);
    Ok(Formula { kind, is_sourced, note: None })
}

/// Reads a formula from the name of a KPI that has none, where the name alone is clear.
pub(super) fn by_name(name: &str, known: &Known<'_>) -> Result<Formula, Doubt> {
    let nothing = || {
        Doubt::new(
            "it is empty, and the name alone does not say how it is worked out",
            "write for example \"count of MQLs\", \"MQL to SQL within 60 days\", \"sum of deal.amount at won\" or \
             \"won-amount / won\"",
        )
    };
    let read = read(name, known).map_err(|_| nothing())?;
    match read.kind {
        Kind::Count(CountOf::Stage(_)) | Kind::Conversion { .. } | Kind::Standard { .. } => {
            let note = format!("\"{}\" has no formula; its name says one", shortened(name));
            Ok(Formula { note: Some(note), ..read })
        }
        _ => Err(nothing()),
    }
}
