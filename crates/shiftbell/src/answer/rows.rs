//! Reads the rows that an answer asks for.

use std::ops::Range;

use shiftbell_metrics::answer::{Read, Rows};
use shiftbell_metrics::cell::Cell;
use shiftbell_metrics::contribution::Entry;
use shiftbell_metrics::segment::Segment;
use shiftbell_metrics::time::Day;
use shiftbell_store::{Session, cells, segments};

use super::AskError;

/// Reads everything that is needed from one generation. Before the first is built there is nothing.
pub(crate) async fn read(
    session: &mut Session,
    workspace: &str,
    generation: Option<i64>,
    needed: Vec<Read>,
    rows: &mut Rows,
) -> Result<(), AskError> {
    for read in needed {
        match &read {
            Read::Cells { motion, series, from, until, dimension, value } => {
                let mut found = Vec::new();
                if let Some(generation) = generation {
                    let key = (motion.as_str(), series.as_str(), dimension.as_str());
                    for cell in
                        cells::read(session, workspace, generation, key, value.as_deref(), *from..*until).await?
                    {
                        let decoded = Cell::decode(&cell.body).map_err(|error| AskError::Corrupt(error.to_string()))?;
                        found.push((cell.day, cell.value, decoded));
                    }
                }
                rows.add_cells(read, found);
            }
            Read::Segments { motion, series, from, until } => {
                let mut found = Vec::new();
                if let Some(generation) = generation {
                    let packed = segments::read(session, workspace, generation, motion, series, *from..*until).await?;
                    found.extend(packed.into_iter().map(|packed| (packed.day, packed.body)));
                }
                rows.add_packed(read, found);
            }
        }
    }
    Ok(())
}

/// Every entry of one series on these days.
pub(crate) async fn entries(
    session: &mut Session,
    workspace: &str,
    generation: Option<i64>,
    (motion, series): (&str, &str),
    days: Range<Day>,
) -> Result<Vec<Entry>, AskError> {
    let mut found = Vec::new();
    let Some(generation) = generation else { return Ok(found) };
    for packed in segments::read(session, workspace, generation, motion, series, days).await? {
        let decoded = Segment::decode(&packed.body).map_err(|error| AskError::Corrupt(error.to_string()))?;
        found.extend(decoded.entries().iter().cloned());
    }
    Ok(found)
}
