//! Reads the rows that an answer asks for.

use shiftbell_metrics::answer::{Read, Rows};
use shiftbell_metrics::cell::Cell;
use shiftbell_store::{Session, cells, segments};

use super::AskError;

/// Reads everything that is needed from one generation. Before the first is built there is nothing.
pub(super) async fn read(
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
