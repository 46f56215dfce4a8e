//! `/kpi help`: what can be asked, with examples of this workspace.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::document::Document;
use crate::facts::SourceAge;
use crate::template::{self, RenderError};

/// The short guide. Examples use KPIs that exist in this workspace; a line whose example is missing is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiHelp {
    /// A rate, `mql-conversion`.
    pub rate: String,
    /// Another rate, for the example with a period.
    pub second: Option<String>,
    /// A count, `mqls`.
    pub count: Option<String>,
    pub motion: Option<String>,
    pub second_motion: Option<String>,
    /// A filter as it is typed: `product:small-parties`.
    pub filter: Option<String>,
    /// A dimension to break down by, other than the filter's.
    pub by: Option<String>,
    /// Two periods as they are typed: `2026-Q3`, `2026-Q2`.
    pub period: String,
    pub versus: String,
    pub receipt: String,
    /// The asker's own KPIs.
    pub yours: Vec<String>,
    pub motions: Vec<String>,
    pub dimensions: Vec<String>,
    /// Other commands that work.
    pub commands: Vec<String>,
    pub ages: Vec<SourceAge>,
}

impl Message for KpiHelp {
    const NAME: &'static str = "kpi-help";

    fn samples() -> Vec<(&'static str, KpiHelp)> {
        let names = |text: &str| text.split(", ").map(str::to_owned).collect::<Vec<_>>();
        let full = KpiHelp {
            rate: "mql-conversion".into(),
            second: Some("win-rate".into()),
            count: Some("mqls".into()),
            motion: Some("b2b".into()),
            second_motion: Some("b2c".into()),
            filter: Some("product:small-parties".into()),
            by: Some("source".into()),
            period: "2026-Q3".into(),
            versus: "2026-Q2".into(),
            receipt: "r-7k3m".into(),
            yours: names("conversations, follow-ups, meeting-requests, show-rate, sqls"),
            motions: names("b2b, b2c"),
            dimensions: names("product, source, geography, industry, owner"),
            commands: names("/scorecard, /bowtie, /leaks, /whatif, /shiftbell (away; mute; settings)"),
            ages: vec![SourceAge::new("HubSpot", 2), SourceAge::new("Stripe", 6), SourceAge::new("website", 1)],
        };
        let bare = KpiHelp {
            second: None,
            count: None,
            motion: None,
            second_motion: None,
            filter: None,
            by: None,
            yours: Vec::new(),
            motions: Vec::new(),
            dimensions: Vec::new(),
            commands: Vec::new(),
            ages: Vec::new(),
            ..full.clone()
        };
        vec![("clowns", full), ("bare", bare)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a KpiHelp,
            yours: String,
            motions: String,
            dimensions: String,
            commands: String,
        }
        let view = View {
            facts: self,
            yours: self.yours.join(", "),
            motions: self.motions.join(", "),
            dimensions: self.dimensions.join(", "),
            commands: self.commands.join(", ").replace(';', ","),
        };
        template::document(Self::NAME, &view)
    }
}
