//! `/kpi why` of a message that is about several numbers, or that nobody asked for: what it was, whose numbers it printed, and how to ask for each again.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::Message;
use crate::document::{Button, Document};
use crate::facts::Person;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigestWhy {
    pub receipt: String,
    pub what: Digest,
    /// `19 Nov 17:00, New York time`: what had happened by then is in it.
    pub as_of: String,
    /// Its first line, as it was said.
    pub headline: String,
    pub lines: Vec<DigestLine>,
}

/// Which message it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digest {
    Scorecard {
        person: Person,
        day: Date,
    },
    Bowtie {
        first: Date,
        last: Date,
    },
    Team {
        manager: Person,
        day: Date,
    },
    /// What other numbers of a motion would bring.
    WhatIf {
        motion: String,
    },
    /// The bowtie of a period that somebody asked for.
    BowtiePeriod {
        period: String,
    },
    /// A month in recurring revenue.
    Mrr {
        period: String,
    },
    Funnel {
        label: String,
        period: String,
    },
}

/// One figure of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DigestLine {
    /// `Conversations`, `b2b, MQL to SQL`.
    pub label: String,
    /// As it was printed: `26 of 20, done`.
    pub said: String,
    /// What is counted, without its full stop.
    pub made_of: String,
    /// The command that asks for the same days; `None` if there is none.
    pub ask: Option<String>,
}

impl Message for DigestWhy {
    const NAME: &'static str = "digest-why";

    fn samples() -> Vec<(&'static str, DigestWhy)> {
        let line = |label: &str, said: &str, made_of: &str, ask: &str| DigestLine {
            label: label.into(),
            said: said.into(),
            made_of: made_of.into(),
            ask: Some(ask.into()),
        };
        let scorecard = DigestWhy {
            receipt: "r-b41k".into(),
            what: Digest::Scorecard { person: Person::new("bdr.one@clowns.example"), day: date(2026, 11, 19) },
            as_of: "19 Nov 17:00, New York time".into(),
            headline: "Thursday: not yet a successful day. 2 follow-ups to go.".into(),
            lines: vec![
                line(
                    "Conversations",
                    "26 of 20, done",
                    "call accepted or reply received",
                    "/kpi conversations 2026-11-19..2026-11-19 for me",
                ),
                line(
                    "Follow-ups",
                    "8 of 10, 2 to go (required)",
                    "follow up done",
                    "/kpi follow-ups 2026-11-19..2026-11-19 for me",
                ),
            ],
        };
        let bowtie = DigestWhy {
            receipt: "r-w46a".into(),
            what: Digest::Bowtie { first: date(2026, 11, 9), last: date(2026, 11, 15) },
            as_of: "16 Nov 08:30, New York time".into(),
            headline: "Week of 9 - 15 November: b2b is 16 % behind its quarter, b2c is 7 % ahead.".into(),
            lines: vec![
                line("b2b, MQLs", "22 in the week", "meeting request", "/kpi mqls b2b 2026-11-09..2026-11-15"),
                DigestLine {
                    ask: None,
                    ..line("b2b, MQL to SQL", "26.9 % (84 of 312)", "MQLs that reached SQLs within 60 days", "")
                },
            ],
        };
        let counted = "their scorecard of that day, as it closed, and what they said with \"Something is off\"";
        let team = DigestWhy {
            receipt: "r-t55e".into(),
            what: Digest::Team { manager: Person::new("sales.lead@clowns.example"), day: date(2026, 11, 19) },
            as_of: "20 Nov 08:45, New York time".into(),
            headline: "2 of 4 had a successful day. bdr.three: ran out of leads.".into(),
            lines: vec![
                DigestLine {
                    ask: None,
                    ..line("bdr.three", "6 of 20 conversations done; said: ran out of leads", counted, "")
                },
                DigestLine { ask: None, ..line("bdr.two", "a successful day", counted, "") },
            ],
        };
        let period = DigestWhy {
            what: Digest::BowtiePeriod { period: "2026-Q3".into() },
            headline: "b2b: 12 won in 2026-Q3, 9 in 2026-Q2.".into(),
            ..bowtie.clone()
        };
        let what_if = DigestWhy {
            receipt: "r-q28h".into(),
            what: Digest::WhatIf { motion: "b2b".into() },
            as_of: "19 Nov 14:05, New York time".into(),
            headline: "/whatif mql-to-sql +5pt b2b".into(),
            lines: vec![
                line("b2b, Leads", "2,106 in 13 weeks", "list import", "/kpi leads b2b 2026-08-17..2026-11-15"),
                line(
                    "b2b, MQL to SQL",
                    "26.9 % (84 of 312)",
                    "MQLs of the period that reached SQLs within 60 days / MQLs of the period",
                    "/kpi mql-to-sql b2b 2026-06-15..2026-09-13",
                ),
            ],
        };
        let funnel = DigestWhy {
            receipt: "r-f73c".into(),
            what: Digest::Funnel { label: "From visit to call".into(), period: "2026-Q3".into() },
            as_of: "19 Nov 14:05, New York time".into(),
            headline: "From visit to call, b2b: 25.0 % (103 of 412) within 60 days.".into(),
            lines: vec![
                line("Visit", "412", "first visit", "/kpi visit-to-call 2026-07-01..2026-09-30"),
                DigestLine {
                    ask: None,
                    ..line("Call", "103, 25.0 % of the first, median wait 9 days", "call accepted", "")
                },
            ],
        };
        vec![
            ("scorecard", scorecard),
            ("funnel", funnel),
            ("bowtie", bowtie),
            ("team", team),
            ("what-if", what_if),
            ("bowtie-period", period),
        ]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let off: Button = super::something_is_off(&self.receipt);
        Ok(template::document(Self::NAME, self)?.with_buttons([off]))
    }
}
