//! Which column is which, by headers as people write them.

use std::collections::BTreeMap;

use super::cells::folded;
use super::{Refused, Row, Sheet};

/// What a column says of a KPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Level,
    Name,
    Id,
    Definition,
    Formula,
    Owner,
    Segment,
    Target,
    Signed,
    Version,
}

impl Column {
    pub(super) const ALL: [Column; 10] = [
        Column::Level,
        Column::Name,
        Column::Id,
        Column::Definition,
        Column::Formula,
        Column::Owner,
        Column::Segment,
        Column::Target,
        Column::Signed,
        Column::Version,
    ];

    /// As a sheet that we write calls it.
    pub(super) fn header(self) -> &'static str {
        match self {
            Column::Level => "Level",
            Column::Name => "Name",
            Column::Id => "ID",
            Column::Definition => "Definition",
            Column::Formula => "Formula",
            Column::Owner => "Owner",
            Column::Segment => "Segment",
            Column::Target => "Target",
            Column::Signed => "Signed",
            Column::Version => "Version",
        }
    }

    /// As others call it, folded.
    fn names(self) -> &'static [&'static str] {
        match self {
            Column::Level => &["level", "tier", "kpilevel", "priority", "category"],
            Column::Name => &["name", "kpi", "metric", "kpiname", "metricname", "kpimetric", "indicator"],
            Column::Id => &["id", "key", "slug", "kpiid"],
            Column::Definition => {
                &["definition", "whatitmeans", "meaning", "means", "description", "kpidefinition", "whatisit"]
            }
            Column::Formula => &[
                "formula",
                "howcomputed",
                "calculation",
                "howcalculated",
                "howmeasured",
                "computation",
                "howitiscomputed",
            ],
            Column::Owner => &["owner", "dri", "kpiowner", "responsible", "owneremail", "accountable"],
            Column::Segment => &["segment", "motion", "breakout", "breakouts", "segments", "motions", "gtmmotion"],
            Column::Target => &["target", "goal", "targets", "benchmark"],
            Column::Signed => &["signed", "signedon", "signedoff", "approved", "signoff"],
            Column::Version => &["version"],
        }
    }

    fn of(header: &str) -> Option<Column> {
        let header = folded(header);
        Column::ALL.into_iter().find(|column| column.names().contains(&header.as_str()))
    }
}

/// Where the columns of a sheet are.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    places: BTreeMap<Column, (usize, String)>,
    /// Headers of columns that say nothing of a KPI.
    pub(super) others: Vec<String>,
}

impl Columns {
    /// What a row says there, without the space around it.
    pub(super) fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        let place = self.places.get(&column).map(|(place, _)| *place);
        place.and_then(|place| row.cells.get(place)).map_or("", |cell| cell.trim())
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.places.contains_key(&column)
    }

    /// The header as it is written in this sheet.
    pub(super) fn header(&self, column: Column) -> String {
        self.places.get(&column).map_or_else(|| column.header().to_owned(), |(_, header)| header.clone())
    }

    /// Whether the cell repeats that of a row above.
    pub(super) fn is_merged(&self, row: &Row, column: Column) -> bool {
        self.places.get(&column).is_some_and(|(place, _)| row.merged.contains(place))
    }
}

/// Rows above the header, such as a title, that are looked at.
const ABOVE_MAX: usize = 30;

/// Finds the sheet that speaks of KPIs, its columns, and the rows below its header.
pub(super) fn find(sheets: &[Sheet]) -> Result<(&Sheet, Columns, &[Row]), Refused> {
    for sheet in sheets {
        for (at, row) in sheet.rows.iter().enumerate().take(ABOVE_MAX) {
            if let Some(columns) = header(row)? {
                return Ok((sheet, columns, sheet.rows.get(at + 1..).unwrap_or_default()));
            }
        }
    }
    let first = sheets.iter().find_map(|sheet| sheet.rows.first());
    let seen = first.map(|row| row.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).take(8));
    let seen = seen.map(|cells| cells.collect::<Vec<_>>().join(", ")).unwrap_or_default();
    let seen = if seen.is_empty() { "it is empty".to_owned() } else { format!("it begins with: {seen}") };
    Err(Refused::because(format!(
        "no row of the first {ABOVE_MAX} is a header ({seen}); write one row that names the columns: Name (or KPI, Metric), \
         and Formula (or Calculation) or Definition; Level, Owner, Segment, Target and Signed may follow"
    )))
}

/// Whether these cells name the columns of a sheet of KPIs.
///
/// ```
/// use shiftbell_metrics::definitions::sheet::is_header;
/// assert!(is_header(&["Metric", "How computed", "Notes"].map(String::from)));
/// assert!(!is_header(&["MQLs", "count of MQLs"].map(String::from)));
/// ```
pub fn is_header(cells: &[String]) -> bool {
    let row = Row { cells: cells.to_vec(), ..Row::default() };
    !matches!(header(&row), Ok(None))
}

/// The columns, if this row is a header: it names a name, and a formula or a definition.
fn header(row: &Row) -> Result<Option<Columns>, Refused> {
    let mut columns = Columns { places: BTreeMap::new(), others: Vec::new() };
    let mut twice = Vec::new();
    for (place, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()) {
        let Some(column) = Column::of(cell) else {
            columns.others.push(cell.trim().to_owned());
            continue;
        };
        let header = cell.trim().to_owned();
        if let Some((_, first)) = columns.places.get(&column) {
            twice.push(format!("row {}: \"{first}\" and \"{header}\" both say the {}", row.number, column.header()));
        } else {
            columns.places.insert(column, (place, header));
        }
    }
    let has = |column| columns.places.contains_key(&column);
    let is_header = has(Column::Name) && (has(Column::Formula) || has(Column::Definition));
    match twice.first() {
        Some(twice) if is_header => Err(Refused::because(format!("{twice}; leave one of these columns"))),
        _ => Ok(is_header.then_some(columns)),
    }
}

/// The level that a cell names: of the file's words, or none for a number of the day.
pub(super) fn level(text: &str) -> Option<Option<&'static str>> {
    let word = folded(text);
    let word = ["kpis", "kpi", "metrics", "metric"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(&word);
    match word {
        "northstar" | "nsm" => Some(Some("north-star")),
        "primary" => Some(Some("primary")),
        "secondary" => Some(Some("secondary")),
        "day" | "numberoftheday" | "numbersoftheday" => Some(None),
        _ => None,
    }
}

/// The same, as a sheet that we write says it.
pub(super) fn level_word(level: Option<&str>) -> &'static str {
    match level {
        Some("north-star") => "North Star",
        Some("primary") => "Primary",
        Some("secondary") => "Secondary",
        _ => "",
    }
}
