//! The bowtie: people narrow towards the knot, money widens from it. One band per motion.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde::Serialize;
use shiftbell_metrics::money::Money;

use super::engine;
use crate::inline::cut;
use crate::messages::{Bowtie, MotionWeek};
use crate::template::RenderError;
use crate::words;

pub const WIDTH_PX: f64 = 1200.0;
pub const HEIGHT_PX: f64 = 630.0;

/// Motions that are drawn; the thread's tables have the others.
const MOTIONS_MAX: usize = 2;
const STAGES_MAX: usize = 6;
const MONEY_COLUMNS_MAX: usize = 4;

const TOP: f64 = 74.0;
const BOTTOM: f64 = 10.0;
const SIDE: f64 = 40.0;
/// Letters of what changed, in its line.
const CHANGED_LETTERS_MAX: usize = 100;
/// Between people and money: the knot.
const KNOT: f64 = 34.0;
const SHAPE_GAP: f64 = 5.0;
/// The least height of a shape, so that the smallest stage is still seen.
const SHAPE_LEAST: f64 = 12.0;

/// How wide a letter of Inter is on average, as a part of its size.
const REGULAR: f64 = 0.5;
/// Notes stand side by side and need air.
const NOTE: f64 = 0.56;
const SEMI_BOLD: f64 = 0.575;

static ENGINE: LazyLock<Result<Handlebars<'static>, RenderError>> =
    LazyLock::new(|| engine("bowtie", include_str!("../../../../templates/pictures/bowtie.svg.hbs")));

fn failed(cause: &dyn std::fmt::Display) -> RenderError {
    RenderError::Template { template: "pictures/bowtie".into(), why: cause.to_string() }
}

/// The picture of the week as SVG, [`WIDTH_PX`] by [`HEIGHT_PX`].
pub fn svg(week: &Bowtie) -> Result<String, RenderError> {
    let engine = ENGINE.as_ref().map_err(Clone::clone)?;
    let drawn = week.motions.len().min(MOTIONS_MAX);
    let height = (HEIGHT_PX - TOP - BOTTOM) / drawn.max(1) as f64;
    let bands = week.motions.iter().take(drawn).enumerate();
    let picture = PictureView {
        title: words::days(week.first, week.last),
        changed: super::changed(&week.changed, CHANGED_LETTERS_MAX),
        has_money: week.motions.iter().take(drawn).any(|motion| !motion.money_side.is_empty()),
        bands: bands.map(|(at, motion)| band(motion, TOP + height * at as f64, height)).collect(),
    };
    engine.render("bowtie", &picture).map_err(|cause| failed(&cause))
}

#[derive(Serialize)]
struct PictureView {
    title: String,
    /// What means something else since a day within these weeks.
    changed: Option<String>,
    has_money: bool,
    bands: Vec<Band>,
}

#[derive(Serialize)]
struct Band {
    motion: String,
    behind: Option<String>,
    ahead: Option<String>,
    on_plan: bool,
    period: Option<String>,
    /// The rate that is worth most: `MQL to SQL`.
    gap: Option<String>,
    line_y: f64,
    name_y: f64,
    figure_y: f64,
    label_y: f64,
    note_y: f64,
    second_note_y: f64,
    people: Vec<Column>,
    money: Vec<Column>,
    /// The middle of the knot; `None` where no money is drawn.
    knot: Option<(f64, f64)>,
}

#[derive(Serialize)]
struct Column {
    /// The middle of the column.
    x: f64,
    points: String,
    shade: usize,
    figure: String,
    label: String,
    /// Between this column and the next: the rate.
    note_x: f64,
    note: Option<String>,
    target: Option<String>,
    /// The second line of a target that is long.
    target_end: Option<String>,
    biggest_gap: bool,
}

fn band(motion: &MotionWeek, top: f64, height: f64) -> Band {
    let away = motion.goal.as_ref().map_or(0.0, |goal| goal.index - 1.0);
    let off_plan = away.is_finite() && away.abs() >= 0.005;
    let percent = words::number((away.abs() * 100.0).round()) + " %";
    let frame = Frame::of(motion, top, height);
    Band {
        motion: cut(&motion.motion, 24),
        behind: (off_plan && away < 0.0).then(|| percent.clone()),
        ahead: (off_plan && away > 0.0).then_some(percent),
        on_plan: motion.goal.is_some() && !off_plan,
        period: motion.goal.as_ref().map(|goal| cut(&goal.period, 16)),
        gap: motion.gap.as_ref().map(|gap| cut(&gap.rate, 32)),
        line_y: top,
        name_y: top + 36.0,
        figure_y: top + 78.0,
        label_y: top + 104.0,
        note_y: top + height - 38.0,
        second_note_y: top + height - 15.0,
        people: people(motion, &frame),
        money: money(motion, &frame),
        knot: (!motion.money_side.is_empty()).then(|| frame.knot()),
    }
}

/// Where the shapes of a band stand.
struct Frame {
    middle: f64,
    tallest: f64,
    column: f64,
    stages: usize,
}

impl Frame {
    fn of(motion: &MotionWeek, top: f64, height: f64) -> Frame {
        let stages = motion.stages.len().clamp(1, STAGES_MAX);
        let columns = stages + motion.money_side.len().min(MONEY_COLUMNS_MAX);
        let (shapes_top, shapes_bottom) = (top + 116.0, top + height - 66.0);
        Frame {
            middle: f64::midpoint(shapes_top, shapes_bottom),
            tallest: shapes_bottom - shapes_top,
            column: (WIDTH_PX - 2.0 * SIDE - if motion.money_side.is_empty() { 0.0 } else { KNOT }) / columns as f64,
            stages,
        }
    }

    fn x(&self, column: usize) -> f64 {
        let knot = if column >= self.stages { KNOT } else { 0.0 };
        SIDE + knot + self.column * column as f64
    }

    /// How many letters of a size fit into a column.
    fn letters(&self, size: f64, width: f64) -> usize {
        ((self.column - 6.0) / (size * width)).max(3.0) as usize
    }

    fn knot(&self) -> (f64, f64) {
        (self.x(self.stages) - (KNOT + SHAPE_GAP) / 2.0, self.middle)
    }

    /// A shape that goes from one height to another over the width of a column.
    fn points(&self, column: usize, left: f64, right: f64) -> String {
        let (from, to) = (self.x(column), self.x(column) + self.column - SHAPE_GAP);
        let corner = |x: f64, y: f64| format!("{x:.1},{y:.1}");
        [
            corner(from, self.middle - left / 2.0),
            corner(to, self.middle - right / 2.0),
            corner(to, self.middle + right / 2.0),
            corner(from, self.middle + left / 2.0),
        ]
        .join(" ")
    }

    /// The height of a value: its square root, so that small stages stay visible beside large ones.
    fn height(&self, value: f64, largest: f64) -> f64 {
        let share = if largest > 0.0 { (value.max(0.0) / largest).sqrt() } else { 0.0 };
        (share * self.tallest).clamp(SHAPE_LEAST, self.tallest)
    }
}

fn people(motion: &MotionWeek, frame: &Frame) -> Vec<Column> {
    // Of very many stages the first and those next to the knot are drawn.
    let skipped = motion.stages.len().saturating_sub(STAGES_MAX);
    let stages: Vec<_> = motion.stages.iter().take(1).chain(motion.stages.iter().skip(1 + skipped)).collect();
    let largest = stages.iter().map(|stage| stage.quarter).max().unwrap_or(0) as f64;
    let column = |(at, stage): (usize, &&crate::messages::StageWeek)| {
        let next = stages.get(at + 1).map_or(stage.quarter, |next| next.quarter);
        let (left, right) = (frame.height(stage.quarter as f64, largest), frame.height(next as f64, largest));
        Column {
            x: frame.x(at) + (frame.column - SHAPE_GAP) / 2.0,
            points: frame.points(at, left, right),
            shade: at.min(5),
            figure: cut(&words::count(stage.quarter), frame.letters(32.0, SEMI_BOLD)),
            label: cut(&stage.label, frame.letters(22.0, REGULAR)),
            note_x: frame.x(at) + (frame.column - SHAPE_GAP) / 2.0,
            note: stage.next.as_ref().map(|rate| cut(&rate.bare(), frame.letters(26.0, SEMI_BOLD))),
            target: stage.target.map(words::share),
            target_end: None,
            biggest_gap: stage.biggest_gap,
        }
    };
    stages.iter().enumerate().map(column).collect()
}

fn money(motion: &MotionWeek, frame: &Frame) -> Vec<Column> {
    let columns = &motion.money_side[..motion.money_side.len().min(MONEY_COLUMNS_MAX)];
    let amount = |money: Money| money.minor as f64;
    let largest = columns.iter().map(|column| amount(column.money)).fold(0.0, f64::max);
    let drawn = columns.iter().enumerate().map(|(at, column)| {
        let before = at.checked_sub(1).map_or(0.0, |before| amount(columns[before].money));
        let place = frame.stages + at;
        let (left, right) = (frame.height(before, largest), frame.height(amount(column.money), largest));
        let (note, note_end) = two_lines(column.note.as_deref(), frame.letters(20.0, NOTE));
        Column {
            x: frame.x(place) + (frame.column - SHAPE_GAP) / 2.0,
            points: frame.points(place, left, right),
            shade: at.min(3),
            figure: cut(&short(column.money), frame.letters(32.0, SEMI_BOLD)),
            label: cut(&column.label, frame.letters(22.0, REGULAR)),
            note_x: frame.x(place) + (frame.column - SHAPE_GAP) / 2.0,
            note: None,
            target: note,
            target_end: note_end,
            biggest_gap: false,
        }
    });
    drawn.collect()
}

/// A note in at most two lines, broken between words.
fn two_lines(note: Option<&str>, letters: usize) -> (Option<String>, Option<String>) {
    let Some(note) = note else { return (None, None) };
    let mut first = String::new();
    let mut words = note.split_whitespace().peekable();
    while let Some(word) =
        words.next_if(|word| first.is_empty() || first.chars().count() + 1 + word.chars().count() <= letters)
    {
        first = if first.is_empty() { word.to_owned() } else { format!("{first} {word}") };
    }
    let rest = words.collect::<Vec<_>>().join(" ");
    (Some(cut(&first, letters)), (!rest.is_empty()).then(|| cut(&rest, letters)))
}

/// `$1,500`, `$38.4k`, `$144k`, `$2.4M`: the words beside the picture have it exactly.
fn short(money: Money) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "B"), (1e6, "M"), (1e3, "k")];
    let major = money.minor as f64 / 10_f64.powi(money.currency.digits().cast_signed());
    let whole = |major: f64| words::number(major.round());
    let said = match UNITS
        .iter()
        .find(|(unit, _)| major.abs() >= (unit * 10.0).min(1e9) || (*unit > 1e3 && major.abs() >= *unit))
    {
        None => whole(major.abs()),
        Some((unit, letter)) if major.abs() / unit >= 100.0 => whole(major.abs() / unit) + letter,
        Some((unit, letter)) => words::number(major.abs() / unit) + letter,
    };
    let sign = if major < 0.0 { "-" } else { "" };
    format!("{sign}{}{said}", words::currency(money.currency))
}

#[cfg(test)]
mod tests {
    use shiftbell_metrics::money::Currency;

    use super::*;

    #[test]
    fn money_is_short_in_a_picture() {
        let said = |major: i64| short(Money::new(major * 100, Currency::USD));
        assert_eq!([1_500, 38_440, 143_850, 2_449_000].map(said), ["$1,500", "$38.4k", "$144k", "$2.4M"]);
    }
}
