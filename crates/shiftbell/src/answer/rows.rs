//! Reads the rows that an answer asks for.

use std::ops::Range;

use shiftbell_metrics::answer::{Read, Rows};
use shiftbell_metrics::contribution::Entry;
use shiftbell_metrics::segment::Segment;
use shiftbell_metrics::time::Day;
use shiftbell_store::cells::CellRange;
use shiftbell_store::segments::SegmentRange;
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
    let (mut of_cells, mut of_segments) = (Vec::new(), Vec::new());
    for read in &needed {
        match read {
            Read::Cells { motion, series, from, until, dimension, value } => {
                let (value, days) = (value.as_deref(), *from..*until);
                of_cells.push((read, CellRange { motion, series, dimension, value, days }));
            }
            Read::Segments { motion, series, from, until } => {
                of_segments.push((read, SegmentRange { motion, series, days: *from..*until }));
            }
        }
    }
    let (reads, ranges): (Vec<_>, Vec<_>) = of_cells.into_iter().unzip();
    let found = match generation {
        Some(generation) => cells::read(session, workspace, generation, &ranges).await?,
        None => vec![Vec::new(); ranges.len()],
    };
    for (read, cells) in reads.into_iter().zip(found) {
        rows.add_packed_cells(read.clone(), cells.into_iter().map(|cell| (cell.day, cell.value, cell.body)).collect());
    }
    let (reads, ranges): (Vec<_>, Vec<_>) = of_segments.into_iter().unzip();
    let found = match generation {
        Some(generation) => segments::read(session, workspace, generation, &ranges).await?,
        None => vec![Vec::new(); ranges.len()],
    };
    for (read, segments) in reads.into_iter().zip(found) {
        rows.add_packed(read.clone(), segments.into_iter().map(|packed| (packed.day, packed.body)).collect());
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
    let range = SegmentRange { motion, series, days };
    for packed in segments::read(session, workspace, generation, &[range]).await?.into_iter().flatten() {
        let decoded = Segment::decode(&packed.body).map_err(|error| AskError::Corrupt(error.to_string()))?;
        found.extend(decoded.entries().iter().cloned());
    }
    Ok(found)
}
