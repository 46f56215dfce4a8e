//! What can be asked.

use serde::{Deserialize, Serialize};

use crate::period::Period;

/// One question about one KPI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Slug of the KPI.
    pub kpi: String,
    /// `None`: every motion apart.
    pub motion: Option<String>,
    /// Dimension and the value it must have; joined by "and".
    pub filters: Vec<(String, String)>,
    /// `None`: the default period (design: the latest 13 full weeks, for a rate those whose window has closed).
    pub period: Option<Period>,
    /// A period to compare with. `None`: the one just before, of the same length.
    pub versus: Option<Period>,
    /// Break down by this dimension.
    pub by: Option<String>,
    /// Count both stages in the period, whoever they are, instead of following those who entered.
    pub in_period: bool,
    /// E-mail of one person: only what is credited to them.
    pub person: Option<String>,
}
