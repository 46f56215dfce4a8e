//! A definitions file around the KPIs of a sheet, where there is none yet: the usual stages, the motions and owners of the sheet.

use std::fmt::Write as _;

use super::super::words;
use super::Row;
use super::cells::folded;
use super::columns::{Column, Columns};
use super::drafts::{is_everybody, owner, parts};

/// Motions that a skeleton has room for.
const MOTIONS_MAX: usize = 4;

const HEAD: &str =
    "# What our numbers mean. Begun from a KPI-discovery sheet; read it aloud, and correct what is wrong.
# `shiftbell check` lists every mistake. Everything that can stand here: deploy/clowns-to-go.toml.

[workspace]
";

const FACTS: &str = "timezone = \"UTC\"  # yours, such as \"America/New_York\"
currency = \"USD\"

[facts]  # what happens: the words on the right are those of the events; correct them to your tools
visit          = { event = \"page_view\" }
contact-made   = { event = \"contact_created\" }
form-sent      = { event = \"form\" }
meeting-booked = { event = \"meeting\", status = \"confirmed\" }
deal-made      = { event = \"deal\", change = \"created\" }
deal-won       = { event = \"deal\", deal.stage = \"won\" }
deal-lost      = { event = \"deal\", deal.stage = \"lost\" }

[stages]  # one chain for the whole company; what each one means is said per motion
chain = [
  { id = \"session\", label = \"Sessions\", of = \"visitor\", bowtie = \"awareness\" },
  { id = \"lead\",    label = \"Leads\",    of = \"contact\", bowtie = \"awareness\" },
  { id = \"mql\",     label = \"MQLs\",     of = \"contact\", bowtie = \"education\" },
  { id = \"sql\",     label = \"SQLs\",     of = \"contact\", bowtie = \"selection\" },
  { id = \"deal\",    label = \"Deals\",    of = \"deal\",    bowtie = \"selection\" },
  { id = \"won\",     label = \"Won\",      of = \"deal\",    bowtie = \"commit\" },
]
";

const STAGES: &str = "stages = { session = \"visit\", lead = \"contact-made\", mql = \"form-sent\", sql = \"meeting-booked\", \
                      deal = \"deal-made\", won = \"deal-won\", lost = \"deal-lost\" }\n";

/// The text of such a file. It has no problems and no KPIs.
pub(super) fn text(workspace: &str, rows: &[Row], columns: &Columns) -> String {
    let mut out = HEAD.to_owned();
    let _ = writeln!(out, "name     = {}", toml_edit::Value::from(workspace));
    out.push_str(FACTS);
    let motions = motions(rows, columns);
    for (n, (slug, label)) in motions.iter().enumerate() {
        let is_last = n + 1 == motions.len();
        let _ = writeln!(out, "\n[motions.{slug}]\nlabel  = {}", toml_edit::Value::from(label.as_str()));
        let _ = match is_last {
            true => writeln!(out, "who    = \"everyone else\""),
            false => {
                writeln!(out, "who    = {{ company.segment = \"{slug}\" }}  # correct this to how you tell them apart")
            }
        };
        out.push_str(STAGES);
    }
    let owners = owners(rows, columns);
    if !owners.is_empty() {
        out.push_str("\n[teams.company.people]  # the owners of the KPIs; add who shall receive something\n");
        for owner in owners {
            let _ = writeln!(out, "{} = {{ role = \"revops\", place = \"office\" }}", toml_edit::Value::from(owner));
        }
        out.push_str("\n[places]\noffice = { timezone = \"UTC\", days = \"mon-fri\", hours = \"09:00-18:00\" }\n");
    }
    out
}

/// Slug and label of each motion that the sheet names; the last takes everybody else.
fn motions(rows: &[Row], columns: &Columns) -> Vec<(String, String)> {
    let mut motions: Vec<(String, String)> = Vec::new();
    let cells = rows
        .iter()
        .map(|row| columns.cell(row, Column::Segment))
        .filter(|cell| *cell != columns.header(Column::Segment));
    for part in cells.flat_map(parts).filter(|part| !is_everybody(part) && !is_breakout(part)) {
        let slug = words::as_name(part).trim_end_matches('-').to_owned();
        if motions.len() < MOTIONS_MAX && !slug.is_empty() && !motions.iter().any(|(known, _)| *known == slug) {
            motions.push((slug, part.to_owned()));
        }
    }
    if motions.is_empty() {
        motions.push(("sales".to_owned(), "Sales".to_owned()));
    }
    motions
}

/// What a KPI is split by, which is no way of selling.
fn is_breakout(part: &str) -> bool {
    part.to_lowercase().starts_with("by ")
        || ["product", "products", "source", "channel", "industry", "geography", "region", "country", "owner", "rep"]
            .contains(&folded(part).as_str())
}

fn owners(rows: &[Row], columns: &Columns) -> Vec<String> {
    let mut owners: Vec<String> = Vec::new();
    for row in rows {
        if let Ok(Some(owner)) = owner(columns.cell(row, Column::Owner))
            && !owners.iter().any(|known| known.eq_ignore_ascii_case(&owner))
        {
            owners.push(owner);
        }
    }
    owners
}
