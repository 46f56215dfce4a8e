//! Tables as text whose columns line up.

use serde::{Deserialize, Serialize};

use crate::inline::cut;

/// How a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Align {
    Left,
    Right,
}

/// A table. A cell that is followed by empty cells may be wider than its column: it runs on over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Empty if the columns need no names.
    pub head: Vec<String>,
    pub align: Vec<Align>,
    pub rows: Vec<Vec<String>>,
}

const GAP: usize = 2;
/// A cell that is longer ends in `…`: one long name must not push a table off the screen.
const CELL_CHARS_MAX: usize = 60;

impl Table {
    /// The rows as lines of text, the head first, without spaces at the end.
    pub fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        self.head_and_rows().map(|row| self.line(row, &widths)).collect()
    }

    /// The table without columns in which no row says anything, and with cells of a bounded length.
    pub(crate) fn tidy(mut self) -> Table {
        let says = |column: usize| self.rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
        let kept: Vec<usize> = (0..self.align.len()).filter(|column| says(*column)).collect();
        let tidy = |row: &Vec<String>| -> Vec<String> {
            kept.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect()
        };
        self.rows = self.rows.iter().map(tidy).collect();
        self.head = tidy(&self.head);
        self.align = kept.iter().map(|column| self.align[*column]).collect();
        for row in self.rows.iter_mut().chain([&mut self.head]) {
            let columns = row.len();
            for column in 0..columns {
                if !runs_on(row, column) {
                    row[column] = cut(&row[column], CELL_CHARS_MAX);
                }
            }
        }
        self
    }

    /// The width in characters of the widest line.
    pub fn width(&self) -> usize {
        self.lines().iter().map(|line| line.chars().count()).max().unwrap_or(0)
    }

    /// Each row as a sentence: `Leads: week 171, usual 162.0`. For screens that are too narrow for columns.
    pub fn sentences(&self) -> Vec<(String, String)> {
        self.rows.iter().map(|row| self.sentence(row)).collect()
    }

    fn sentence(&self, row: &[String]) -> (String, String) {
        let mut parts: Vec<String> = Vec::new();
        let mut head = "";
        for (column, cell) in row.iter().enumerate().skip(1) {
            let own = self.head.get(column).map_or("", String::as_str);
            let runs_on = own.is_empty() && !head.is_empty();
            head = own;
            if cell.is_empty() {
                continue;
            }
            match parts.last_mut() {
                Some(last) if runs_on => *last = format!("{last} {cell}"),
                _ if own.is_empty() => parts.push(cell.clone()),
                _ => parts.push(format!("{own} {cell}")),
            }
        }
        (row.first().cloned().unwrap_or_default(), parts.join(", "))
    }

    fn head_and_rows(&self) -> impl Iterator<Item = &Vec<String>> {
        let named = self.head.iter().any(|name| !name.is_empty());
        named.then_some(&self.head).into_iter().chain(&self.rows)
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.align.len()];
        for row in self.head_and_rows() {
            for (column, cell) in row.iter().enumerate().take(widths.len()) {
                if !runs_on(row, column) {
                    widths[column] = widths[column].max(cell.chars().count());
                }
            }
        }
        widths
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        let mut column_at = 0;
        for (column, cell) in row.iter().enumerate().take(widths.len()) {
            let own_width = cell.chars().count();
            let missing = widths[column].saturating_sub(own_width);
            if !cell.is_empty() {
                let at = line.chars().count();
                let right = self.align[column] == Align::Right && own_width <= widths[column];
                let wanted = column_at + if right { missing } else { 0 };
                let least = if at == 0 { 0 } else { at + 1 };
                line.extend(std::iter::repeat_n(' ', wanted.max(least) - at));
                line.push_str(cell);
            }
            column_at += widths[column] + GAP;
        }
        line
    }
}

/// Whether a cell may be wider than its column because nothing follows it at once.
fn runs_on(row: &[String], column: usize) -> bool {
    !row[column].is_empty() && row.get(column + 1).is_some_and(String::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        Table {
            head: row(&["b2b", "week", "to the next step", "", "target"]),
            align: vec![Align::Left, Align::Right, Align::Right, Align::Right, Align::Right],
            rows: vec![
                row(&["Leads", "171", "14.9 %", "(310 of 2,080)", "15 %"]),
                row(&["Won", "1", "$18,000; usual $21,200 a week", "", ""]),
                row(&["Each rate: latest 13 full weeks", "", "", "", ""]),
            ],
        }
    }

    #[test]
    fn columns_line_up_and_a_cell_before_empty_ones_runs_on() {
        insta::assert_snapshot!(sample().lines().join("\n"), @r"
        b2b    week  to the next step        target
        Leads   171  14.9 %  (310 of 2,080)    15 %
        Won       1  $18,000; usual $21,200 a week
        Each rate: latest 13 full weeks
        ");
    }

    #[test]
    fn a_row_can_be_said_as_a_sentence() {
        let (name, rest) = sample().sentences()[0].clone();
        assert_eq!(
            (name.as_str(), rest.as_str()),
            ("Leads", "week 171, to the next step 14.9 % (310 of 2,080), target 15 %")
        );
    }
}
