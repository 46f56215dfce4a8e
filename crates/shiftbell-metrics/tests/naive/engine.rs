//! The engine's side: everything folded into segments and cells, and asked as the program asks.

use std::collections::BTreeMap;

use shiftbell_metrics::answer::{Answer, Asked, Outcome, Read, Rows, Someone, ask, who};
use shiftbell_metrics::cell::Cell;
use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::fold::Plan;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant};

use super::generator::Company;
use crate::support::live::Live;

/// By motion and series, and of cells by dimension too.
type Segments = BTreeMap<(String, String), Vec<(Day, Vec<u8>)>>;
type Cells = BTreeMap<(String, String, String), Vec<(Day, String, Cell)>>;

/// A company in a store, sorted so that many questions can be asked quickly.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    segments: Segments,
    cells: Cells,
}

impl Engine {
    /// Most companies are worked in at once, some event by event as they arrive.
    pub(crate) fn of(definitions: &Definitions, plan: &Plan, company: &Company) -> Engine {
        let live = if company.seed.is_multiple_of(50) {
            let mut live = Live::default();
            company.events.iter().for_each(|stored| live.receive(definitions, plan, stored));
            live
        } else {
            Live::batch(definitions, plan, &company.events)
        };
        let mut engine = Engine::default();
        for (key, bytes) in live.segments {
            let place = (key.motion.to_string(), key.series.to_string());
            engine.segments.entry(place).or_default().push((key.day, bytes));
        }
        for (key, bytes) in live.cells {
            let place = (key.motion.to_string(), key.series.to_string(), key.dimension.to_string());
            let cell = Cell::decode(&bytes).expect("a cell that was just encoded");
            engine.cells.entry(place).or_default().push((key.day, key.value.to_string(), cell));
        }
        engine
    }

    /// The answer, or why there is none.
    pub(crate) fn ask(
        &self,
        definitions: &Definitions,
        question: &Question,
        now: Instant,
        names: &[String],
    ) -> Result<Answer, String> {
        let asked = Asked { defs: definitions, question, now, names };
        let mut rows = Rows::default();
        loop {
            match ask(&asked, &rows) {
                Outcome::Answer(answer) => return Ok(*answer),
                Outcome::Need(reads) => reads.into_iter().for_each(|read| self.read(read, &mut rows)),
                Outcome::Cannot(why) => return Err(why.to_string()),
            }
        }
    }

    /// The records behind the number.
    pub(crate) fn who(&self, asked: &Asked<'_>) -> Vec<Someone> {
        let mut rows = Rows::default();
        loop {
            match who(asked, &rows).expect("what was answered has records, or none") {
                Ok(people) => return people,
                Err(reads) => reads.into_iter().for_each(|read| self.read(read, &mut rows)),
            }
        }
    }

    fn read(&self, read: Read, rows: &mut Rows) {
        match &read {
            Read::Cells { motion, series, dimension, value, .. } => {
                let of = self.cells.get(&(motion.clone(), series.clone(), dimension.clone())).into_iter().flatten();
                let wanted = of.filter(|(day, found, _)| {
                    read.takes(motion, series, *day) && value.as_ref().is_none_or(|value| value == found)
                });
                let cells = wanted.cloned().collect();
                rows.add_cells(read, cells);
            }
            Read::Segments { motion, series, .. } => {
                let of = self.segments.get(&(motion.clone(), series.clone())).into_iter().flatten();
                let packed = of.filter(|(day, _)| read.takes(motion, series, *day)).cloned().collect();
                rows.add_packed(read, packed);
            }
        }
    }
}
