//! `/kpi list`: every KPI that the asker may see.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::document::Document;
use crate::facts::{Footer, SeenBy, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiList {
    pub groups: Vec<KpiGroup>,
    pub footer: Footer,
}

/// KPIs of one kind, such as conversions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiGroup {
    pub name: String,
    pub kpis: Vec<KpiEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiEntry {
    /// What is typed: `mql-conversion`.
    pub slug: String,
    pub title: String,
    /// The motions that define it; empty if it has none.
    pub motions: Vec<String>,
}

impl Message for KpiList {
    const NAME: &'static str = "kpi-list";

    fn samples() -> Vec<(&'static str, KpiList)> {
        let entry = |slug: &str, title: &str, motions: &[&str]| KpiEntry {
            slug: slug.into(),
            title: title.into(),
            motions: motions.iter().map(|motion| (*motion).to_owned()).collect(),
        };
        let conversions = vec![
            entry("lead-conversion", "Lead to MQL", &["b2b", "b2c"]),
            entry("mql-conversion", "MQL to SQL", &["b2b", "b2c"]),
            entry("sql-conversion", "SQL to deal", &["b2b", "b2c"]),
            entry("win-rate", "Deal to won", &["b2b", "b2c"]),
        ];
        let counts = vec![
            entry("mqls", "MQLs", &["b2b", "b2c"]),
            entry("sqls", "SQLs", &["b2b"]),
            entry("conversations", "Conversations", &[]),
        ];
        let group = |name: &str, kpis| KpiGroup { name: name.into(), kpis };
        let footer = Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None };
        vec![("clowns", KpiList { groups: vec![group("Conversions", conversions), group("Counts", counts)], footer })]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a KpiList,
            total: u64,
            example: Option<&'a str>,
        }
        let all = || self.groups.iter().flat_map(|group| &group.kpis);
        let example = all().next().map(|kpi| kpi.slug.as_str());
        template::document(Self::NAME, &View { facts: self, total: all().count() as u64, example })
    }
}
