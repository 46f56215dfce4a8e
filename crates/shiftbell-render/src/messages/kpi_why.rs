//! `/kpi why r-7k3m`: how a number was made, and whether it still comes out the same.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::{Currency, Money};

use super::Message;
use crate::action::Verb;
use crate::document::{Button, Document};
use crate::facts::Figure;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiWhy {
    pub receipt: String,
    /// The figure as it was said. `None`: the receipt has expired and holds nothing any more.
    pub value: Option<Figure>,
    /// What was asked for: `New ARR, b2b, 17 Aug - 15 Nov 2026, New York time`. Said where there are no parts.
    pub subject: String,
    pub status: Status,
    pub parts: Option<Parts>,
    /// What is not in the number, as phrases: `6 test contacts (address at clowns.example)`.
    pub left_out: Vec<String>,
    /// How many merged duplicates count once.
    pub merged: u64,
    pub stages: Vec<StageMeaning>,
    pub version: String,
    /// Whether that version held for the whole period.
    pub one_version: bool,
    pub sources: Vec<SourceCheck>,
    /// A CRM whose own report counts differently.
    pub differs_from: Option<String>,
}

/// Whether the number still comes out the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Same,
    /// So many events that touch it have arrived since.
    Changed {
        events: u64,
        now: Figure,
    },
    /// It means something else now, under this version.
    Redefined {
        version: String,
        now: Figure,
    },
    /// Events behind it were erased on this day.
    Erased {
        on: Date,
    },
    Expired {
        kept_days: u64,
    },
}

/// Everybody who entered, in parts that add up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    pub entered: u64,
    /// `people became MQLs in b2b`.
    pub entered_as: String,
    /// `15 Jun - 13 Sep 2026, New York time`.
    pub period: String,
    /// `60 days`; `None` for a figure that has no window.
    pub window: Option<String>,
    pub reached: u64,
    /// `had a meeting confirmed by an AE`.
    pub reached_as: String,
    pub lost: u64,
    /// `were disqualified or lost`.
    pub lost_as: String,
    /// Neither, and their window is closed.
    pub neither: u64,
    /// Of `neither`: reached it later.
    pub later: u64,
    /// `got a meeting later`.
    pub later_as: String,
    /// Neither yet, and their window is still open.
    pub running: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageMeaning {
    pub name: String,
    /// Without its full stop.
    pub meaning: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceCheck {
    pub name: String,
    /// `19 Nov 14:03`: when it last sent something.
    pub heard: String,
    /// `02:00`, the last comparison with everything that the source holds.
    pub last_check: Option<String>,
    pub differences: u64,
}

impl Message for KpiWhy {
    const NAME: &'static str = "kpi-why";

    fn samples() -> Vec<(&'static str, KpiWhy)> {
        let same = KpiWhy::sample();
        let changed = KpiWhy { status: Status::Changed { events: 3, now: Figure::rate(85, 312) }, ..same.clone() };
        let redefined = KpiWhy {
            status: Status::Redefined { version: "4".into(), now: Figure::rate(91, 302) },
            parts: None,
            stages: Vec::new(),
            ..same.clone()
        };
        let unchecked = SourceCheck { last_check: None, ..same.sources[0].clone() };
        let summed = KpiWhy {
            value: Some(Figure::Money(Money::new(13_040_000, Currency::USD))),
            subject: "New ARR, b2b, 1 Oct - 15 Nov 2026, New York time".into(),
            parts: None,
            left_out: Vec::new(),
            merged: 0,
            stages: Vec::new(),
            sources: vec![unchecked],
            differs_from: None,
            ..same.clone()
        };
        let erased = KpiWhy { status: Status::Erased { on: date(2026, 12, 3) }, ..same.clone() };
        let expired = KpiWhy {
            value: None,
            status: Status::Expired { kept_days: 400 },
            parts: None,
            left_out: Vec::new(),
            merged: 0,
            stages: Vec::new(),
            sources: Vec::new(),
            differs_from: None,
            ..same.clone()
        };
        vec![
            ("same", same),
            ("changed", changed),
            ("redefined", redefined),
            ("sum", summed),
            ("erased", erased),
            ("expired", expired),
        ]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let document = template::document(Self::NAME, self)?;
        let mut buttons = Vec::new();
        if let Some(parts) = &self.parts {
            let show = |number: u64, verb| Button::about(format!("Show the {number}"), verb, &self.receipt);
            buttons.push(show(parts.reached, Verb::Who));
            if parts.neither > 0 {
                buttons.push(show(parts.neither, Verb::WhoNot));
            }
        }
        if self.value.is_some() {
            buttons.push(super::something_is_off(&self.receipt));
        }
        Ok(document.with_buttons(buttons))
    }
}

impl KpiWhy {
    fn sample() -> KpiWhy {
        let stage = |name: &str, meaning: &str| StageMeaning { name: name.into(), meaning: meaning.into() };
        KpiWhy {
            receipt: "r-7k3m".into(),
            value: Some(Figure::rate(84, 312)),
            subject: "MQL to SQL, b2b, 15 Jun - 13 Sep 2026, New York time".into(),
            status: Status::Same,
            parts: Some(Parts {
                entered: 312,
                entered_as: "people became MQLs in b2b".into(),
                period: "15 Jun - 13 Sep 2026, New York time".into(),
                window: Some("60 days".into()),
                reached: 84,
                reached_as: "had a meeting confirmed by an AE".into(),
                lost: 171,
                lost_as: "were disqualified or lost".into(),
                neither: 57,
                later: 9,
                later_as: "got a meeting later".into(),
                running: 0,
            }),
            left_out: vec!["6 test contacts (address at clowns.example)".into()],
            merged: 4,
            stages: vec![
                stage("MQL", "meeting-request form or calendar link"),
                stage("SQL", "AE confirmed the meeting"),
            ],
            version: "3".into(),
            one_version: true,
            sources: vec![SourceCheck {
                name: "HubSpot".into(),
                heard: "19 Nov 14:03".into(),
                last_check: Some("02:00".into()),
                differences: 0,
            }],
            differs_from: Some("HubSpot".into()),
        }
    }
}
