//! Making a message fit. What does not fit is left out in this order, and the message says so:
//!
//! 1. a line that is longer than a surface's line ends in `…`;
//! 2. rows of tables go, the last first: `+7 more`;
//! 3. lines of the body go, the last first, but never the first line of the message;
//! 4. the last line (freshness and receipt) always stays.
//!
//! Buttons whose action is too long, or that the surface has no room for, are left out; what they do can be typed.

use crate::document::{Block, Document, Line};
use crate::inline::{self, Markup};

/// A block in the markup of one surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) lines: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Lines,
    Code,
    Small,
}

/// What a surface has room for, in UTF-16 units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) line: usize,
    pub(crate) parts: usize,
}

/// More blocks of small print than this are not small print.
const SMALL_LINES_MAX: usize = 3;
const CODE_LINE_CHARS_MAX: usize = 160;
/// Room for a `+N more` line in each part.
const NOTE: usize = 32;

impl Part {
    pub(crate) fn length(&self) -> usize {
        self.lines.iter().map(|line| inline::length(line) + 1).sum()
    }
}

/// The blocks of a document in a markup, each line cut to the surface's length. `code` writes one preformatted line.
pub(crate) fn parts(document: &Document, markup: &impl Markup, code: fn(&str) -> String, room: Room) -> Vec<Part> {
    let lower = |lines: &[Line]| -> Vec<String> {
        let lowered = lines.iter().map(|line| inline::line(markup, line, room.line));
        lowered.filter(|line| !line.trim().is_empty()).collect()
    };
    let preformatted = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| code(&inline::cut(line, CODE_LINE_CHARS_MAX))).collect()
    };
    let mut parts: Vec<Part> = Vec::new();
    for block in &document.blocks {
        let (kind, lines) = match block {
            Block::Lines(lines) => (Kind::Lines, lower(lines)),
            Block::Table(table) => (Kind::Code, preformatted(&table.lines())),
            Block::Code(lines) => (Kind::Code, preformatted(lines)),
            Block::Small(lines) => (Kind::Small, lower(lines)),
        };
        if !lines.is_empty() {
            parts.push(Part { kind, lines });
        }
    }
    fewer(&mut parts, room.parts);
    parts
}

/// Leaves out the blocks beyond `most`, but for the small print.
fn fewer(parts: &mut Vec<Part>, most: usize) {
    for part in parts.iter_mut().filter(|part| part.kind == Kind::Small) {
        part.lines.truncate(SMALL_LINES_MAX);
    }
    let mut left_out = 0;
    while parts.len() > most {
        let last = parts.iter().rposition(|part| part.kind != Kind::Small).unwrap_or(parts.len() - 1);
        left_out += parts.remove(last).lines.len();
    }
    if let Some(last) = parts.iter_mut().rfind(|part| part.kind != Kind::Small)
        && left_out > 0
    {
        last.lines.push(more(left_out));
    }
}

fn more(left_out: usize) -> String {
    format!("+{left_out} more")
}

pub(crate) fn total(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.length() + 1).sum()
}

/// Leaves out rows, then lines, until all parts together are at most `length_max` long.
pub(crate) fn fit(parts: &mut [Part], length_max: usize) {
    if total(parts) <= length_max {
        return;
    }
    let mut over = (total(parts) + parts.len() * NOTE).saturating_sub(length_max);
    for kind in [Kind::Code, Kind::Lines] {
        for at in (0..parts.len()).rev().filter(|at| parts[*at].kind == kind).collect::<Vec<_>>() {
            let keep = usize::from(at == 0);
            let mut left_out = 0;
            while over > 0 && parts[at].lines.len() > keep {
                let dropped = parts[at].lines.pop().unwrap_or_default();
                over = over.saturating_sub(inline::length(&dropped) + 1);
                left_out += 1;
            }
            if left_out > 0 {
                parts[at].lines.push(more(left_out));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: Kind, lines: usize) -> Part {
        Part { kind, lines: (0..lines).map(|number| format!("line {number:04}")).collect() }
    }

    #[test]
    fn rows_go_before_lines_and_the_first_and_last_line_stay() {
        let mut parts = vec![part(Kind::Lines, 10), part(Kind::Code, 100), part(Kind::Small, 1)];
        fit(&mut parts, 500);
        assert_eq!(parts[0].lines.len(), 10);
        assert_eq!(parts[1].lines.last().unwrap(), "+71 more");
        let mut parts = vec![part(Kind::Lines, 10), part(Kind::Code, 100), part(Kind::Small, 1)];
        fit(&mut parts, 150);
        assert_eq!(parts[0].lines[0], "line 0000");
        assert_eq!(parts[2].lines.len(), 1);
        assert!(total(&parts) <= 150);
    }

    #[test]
    fn a_message_that_fits_is_not_touched() {
        let mut parts = vec![part(Kind::Lines, 3), part(Kind::Small, 1)];
        let before = parts.clone();
        fit(&mut parts, total(&before));
        assert_eq!(parts, before);
    }
}
