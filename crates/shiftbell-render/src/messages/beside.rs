//! What the CRM itself shows for figures of a message, and why the two differ: for whoever reviews the numbers.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::template::{self, RenderError};

/// One figure here, and the one that comes near it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// `HubSpot`.
    pub crm: String,
    /// Whose figure: `Won, b2b`.
    pub of_what: String,
    pub ours: u64,
    /// `17 Aug - 15 Nov`.
    pub period: String,
    pub theirs: u64,
    /// What it counts: `deals in Contract won today`.
    pub what: String,
    pub why: Why,
}

/// Why the two are not the same figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    StageOfToday,
    CloseDate,
    Made,
    Activity,
}

impl Beside {
    /// The message with a line for each figure, and each reason once, in front of its last line.
    ///
    /// # Errors
    /// A template that does not fit, which its test finds.
    pub fn on(all: &[Beside], mut document: Document) -> Result<Document, RenderError> {
        if all.is_empty() {
            return Ok(document);
        }
        let mut reasons: Vec<(&str, Why)> = all.iter().map(|one| (one.crm.as_str(), one.why)).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let reasons: Vec<Reason<'_>> = reasons.into_iter().map(|(crm, why)| Reason { crm, why }).collect();
        let lines = template::document("beside", &Facts { figures: all, reasons })?;
        document.put_before_last_line(lines.blocks);
        Ok(document)
    }
}

#[derive(Serialize)]
struct Facts<'a> {
    figures: &'a [Beside],
    reasons: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    crm: &'a str,
    why: Why,
}

#[cfg(test)]
mod tests {
    use crate::messages::{Message, Won};
    use crate::plain;

    use super::*;

    fn beside(theirs: u64, why: Why, what: &str) -> Beside {
        Beside {
            crm: "HubSpot".into(),
            of_what: "Won, b2b".into(),
            ours: 38,
            period: "17 Aug - 15 Nov".into(),
            theirs,
            what: what.into(),
            why,
        }
    }

    #[test]
    fn the_difference_is_explained_once_in_front_of_the_last_line() {
        let today = beside(41, Why::StageOfToday, "deals in Contract won today");
        let closed = beside(1_040, Why::CloseDate, "deals in Contract won with a close date in these days");
        let won = Won::samples().remove(0).1.document().unwrap();
        let text = plain::text(&Beside::on(&[today.clone(), closed, today], won).unwrap());
        let blocks: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(
            blocks[1].lines().collect::<Vec<_>>(),
            [
                "Won, b2b: HubSpot shows 41 deals in Contract won today; here 38 were counted 17 Aug - 15 Nov.",
                "Won, b2b: HubSpot shows 1,040 deals in Contract won with a close date in these days; here 38 were counted 17 Aug - 15 Nov.",
                "Won, b2b: HubSpot shows 41 deals in Contract won today; here 38 were counted 17 Aug - 15 Nov.",
                "HubSpot counts the stage people are in today, this counts when they reached it.",
                "HubSpot counts by the close date that was typed in, this counts when the stage was reached.",
            ]
        );
        assert_eq!(blocks[2], "HubSpot 2 min ago. r-n14w");
    }

    #[test]
    fn without_a_figure_the_message_stays_as_it_is() {
        let won = Won::samples().remove(0).1.document().unwrap();
        assert_eq!(Beside::on(&[], won.clone()).unwrap(), won);
    }
}
