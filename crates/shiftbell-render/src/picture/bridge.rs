//! The bridge of recurring revenue: what was there, each movement as a step up or down, what is there now.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde::Serialize;
use shiftbell_metrics::money::Money;

use super::engine;
use crate::inline::cut;
use crate::messages::Mrr;
use crate::template::RenderError;
use crate::words;

const NAME: &str = "bridge";
const LEFT: f64 = 60.0;
const RIGHT: f64 = 1_140.0;
const TOP: f64 = 130.0;
const BOTTOM: f64 = 540.0;
/// Of the place of a column, how much is drawn.
const FILLED: f64 = 0.68;
/// The least height of a step, so that a small movement is still seen.
const LEAST: f64 = 3.0;
/// Letters of what changed, in its line.
const CHANGED_LETTERS_MAX: usize = 60;
/// Movements that are drawn; there are eight kinds.
const MOVES_MAX: usize = 8;

static ENGINE: LazyLock<Result<Handlebars<'static>, RenderError>> =
    LazyLock::new(|| engine(NAME, include_str!("../../../../templates/pictures/bridge.svg.hbs")));

#[derive(Serialize)]
struct PictureView<'a> {
    scope: Option<String>,
    period: String,
    change: String,
    customers: String,
    policy: &'a str,
    /// What means something else since a day of the period.
    changed: Option<String>,
    /// Where the columns begin, if not at zero.
    cut: Option<String>,
    columns: Vec<Column>,
}

#[derive(Serialize)]
struct Column {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    middle: f64,
    figure_y: f64,
    figure: String,
    label: String,
    /// `whole`, `up` or `down`.
    is_whole: bool,
    is_up: bool,
    /// Where the line to the next column begins and ends; `None` for the last.
    line: Option<(f64, f64, f64)>,
}

/// The picture of the bridge in the workspace's own currency, 1200 by 630; `None` where nothing is or was there.
///
/// # Errors
/// The template's.
pub fn svg(mrr: &Mrr) -> Result<Option<String>, RenderError> {
    let Some(line) = mrr.whole.first().filter(|line| line.opening.minor != 0 || line.closing.minor != 0) else {
        return Ok(None);
    };
    // A kind that did not move needs no column; the words name it.
    let moves: Vec<_> = line.moves.iter().filter(|one| one.money.minor != 0).take(MOVES_MAX).collect();
    let mut steps = vec![Step::whole("before", line.opening)];
    let mut level = line.opening.minor;
    for one in moves {
        let next = level + if one.adds { one.money.minor } else { -one.money.minor };
        steps.push(Step { label: one.name.clone(), from: level, to: next, is_whole: false, money: one.money });
        level = next;
    }
    steps.push(Step::whole("now", line.closing));
    let view = PictureView {
        scope: mrr.scope.as_ref().map(|scope| cut(scope, 40)),
        period: cut(&mrr.period, 40),
        change: words::money_change(mrr.change),
        customers: words::count(mrr.customers),
        policy: &mrr.policy,
        changed: super::changed(&mrr.changed, CHANGED_LETTERS_MAX),
        cut: cut_at(&steps, line.closing),
        columns: columns(&steps),
    };
    let engine = ENGINE.as_ref().map_err(Clone::clone)?;
    let drawn = engine.render(NAME, &view);
    drawn
        .map(Some)
        .map_err(|cause| RenderError::Template { template: format!("pictures/{NAME}"), why: cause.to_string() })
}

struct Step {
    label: String,
    from: i64,
    to: i64,
    is_whole: bool,
    money: Money,
}

impl Step {
    fn whole(label: &str, money: Money) -> Step {
        Step { label: label.to_owned(), from: 0, to: money.minor, is_whole: true, money }
    }
}

/// The amount at which the columns begin: whoever compares their heights has to know that it is not zero.
fn cut_at(steps: &[Step], like: Money) -> Option<String> {
    let foot = scale_of(steps).foot;
    #[expect(clippy::cast_possible_truncation, reason = "an amount that was one")]
    (foot != 0.0).then(|| words::money(Money::new((foot / 100.0).round() as i64 * 100, like.currency)))
}

fn scale_of(steps: &[Step]) -> Scale {
    let ends = steps.iter().flat_map(|step| [step.from, step.to]);
    Scale::of(steps.iter().filter(|step| !step.is_whole).flat_map(|step| [step.from, step.to]).min(), ends)
}

fn columns(steps: &[Step]) -> Vec<Column> {
    let scale = scale_of(steps);
    #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
    let place = (RIGHT - LEFT) / steps.len() as f64;
    let width = place * FILLED;
    let drawn = steps.iter().enumerate().map(|(at, step)| {
        #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
        let x = LEFT + place * at as f64 + (place - width) / 2.0;
        let (one, other) = (scale.y(step.from), scale.y(step.to));
        let (y, height) = (one.min(other), (one - other).abs().max(LEAST));
        let sign = if step.is_whole {
            ""
        } else if step.to >= step.from {
            "+"
        } else {
            "-"
        };
        let has_next = at + 1 < steps.len();
        Column {
            x,
            y,
            width,
            height,
            middle: x + width / 2.0,
            figure_y: y - 12.0,
            figure: format!("{sign}{}", words::money(step.money)),
            label: cut(&step.label, 14),
            is_whole: step.is_whole,
            is_up: step.to >= step.from,
            line: has_next.then_some((x + width, x + place, other)),
        }
    });
    drawn.collect()
}

/// Where an amount stands. Movements that are small beside the whole are drawn larger: the foot of the picture is then not
/// zero, and the two wholes are cut off below.
struct Scale {
    foot: f64,
    top: f64,
}

impl Scale {
    #[expect(clippy::cast_precision_loss, reason = "money as pixels")]
    fn of(lowest_move: Option<i64>, ends: impl Iterator<Item = i64>) -> Scale {
        let ends: Vec<f64> = ends.map(|minor| minor as f64).collect();
        let top = ends.iter().copied().fold(0.0, f64::max);
        let lowest = lowest_move.map_or(0.0, |minor| minor as f64);
        let least = ends.iter().copied().fold(0.0, f64::min);
        let span = (top - lowest).max(top * 0.002);
        let foot = if least < 0.0 { least } else { (lowest - span * 1.5).max(0.0) };
        Scale { foot, top: if top > foot { top } else { foot + 1.0 } }
    }

    #[expect(clippy::cast_precision_loss, reason = "money as pixels")]
    fn y(&self, minor: i64) -> f64 {
        let share = ((minor as f64 - self.foot) / (self.top - self.foot)).clamp(0.0, 1.0);
        BOTTOM - share * (BOTTOM - TOP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Message;

    #[test]
    fn every_step_begins_where_the_one_before_ended_and_the_last_is_what_is_there() {
        for (name, mrr) in Mrr::samples() {
            let line = &mrr.whole[0];
            let mut level = line.opening.minor;
            for one in &line.moves {
                level += if one.adds { one.money.minor } else { -one.money.minor };
            }
            assert_eq!(level, line.closing.minor, "{name}");
            let svg = svg(&mrr).unwrap().unwrap();
            assert!(svg.contains(&words::money(line.closing)), "{name}");
            crate::picture::png(&svg).unwrap();
        }
    }

    #[test]
    fn where_nothing_is_and_was_nothing_is_drawn() {
        let (_, mut mrr) = Mrr::samples().remove(0);
        let line = &mut mrr.whole[0];
        (line.opening.minor, line.closing.minor) = (0, 0);
        assert_eq!(svg(&mrr).unwrap(), None);
    }

    #[test]
    fn a_small_movement_beside_a_large_whole_is_still_seen() {
        let steps =
            [Step::whole("before", usd(14_215_000)), step(14_215_000, 14_230_000), Step::whole("now", usd(14_230_000))];
        let drawn = columns(&steps);
        assert!(drawn[1].height > 100.0, "{}", drawn[1].height);
        assert!(drawn.iter().all(|column| column.y >= TOP - 0.01 && column.y + column.height <= BOTTOM + LEAST + 0.01));
    }

    fn usd(minor: i64) -> Money {
        Money::new(minor, shiftbell_metrics::money::Currency::USD)
    }

    fn step(from: i64, to: i64) -> Step {
        Step { label: "new".into(), from, to, is_whole: false, money: usd((to - from).abs()) }
    }
}
