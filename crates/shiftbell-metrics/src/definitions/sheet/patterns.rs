//! The sentences that a formula may be, each by itself.

use super::super::model::{CountOf, Motion, PerMotion};
use super::super::words;
use super::cells::{after, before, shortened, split_at, unquoted};
use super::formula::{Doubt, Kind};
use super::known::Known;
use super::{per_motion, ratio};

/// `None`: it is not this sentence. With a note, where another reading is not far.
type Read = Option<Result<(Kind, Option<String>), Doubt>>;

/// In the order in which they are tried.
pub(super) const ALL: [fn(&str, &Known<'_>) -> Read; 11] =
    [standard, count, sum, time, share, stock, worklist, steps, ratio::of_closed, ratio::of_stages, single];

fn found(kind: Kind) -> Read {
    Some(Ok((kind, None)))
}

/// `standard gross-retention over 12 months`, or `GRR over 12 months`.
fn standard(text: &str, _: &Known<'_>) -> Read {
    let (name, over) = split_at(text, " over ").map_or((text, None), |(name, over)| (name, Some(over.to_owned())));
    let said = after(name, &["standard "]);
    match (Known::standard(said.unwrap_or(name)), said) {
        (Some(name), _) => found(Kind::Standard { name: name.to_owned(), over }),
        (None, Some(said)) => {
            let names = super::super::kpis::standard_names().collect::<Vec<_>>().join(", ");
            let message = format!("\"{}\" is no standard KPI", shortened(said));
            Some(Err(Doubt::new(message, format!("write one of these: {names}"))))
        }
        (None, None) => None,
    }
}

const COUNT: [&str; 8] =
    ["count of ", "number of ", "no. of ", "# of ", "#of ", "how many ", "total number of ", "total count of "];
/// Said of what is asked for any period anyway.
const PERIODS: [&str; 6] = [" per day", " per week", " per month", " per quarter", " in the period", " in period"];

fn count(text: &str, known: &Known<'_>) -> Read {
    let what = after(text, &COUNT)?;
    let what = before(what, &PERIODS).unwrap_or(what);
    Some(known.counted(what).map(|of| (Kind::Count(of), None)))
}

/// Without the words of a count before or behind it.
pub(super) fn uncounted(text: &str) -> &str {
    let text = after(text, &COUNT).unwrap_or(text);
    before(text, &[" count"]).unwrap_or(text).trim()
}

/// `sum of deal amount at won`
fn sum(text: &str, known: &Known<'_>) -> Read {
    let what = after(text, &["sum of ", "total of "])?;
    let split = [" at ", " when ", " on "].iter().find_map(|word| split_at(what, word));
    let Some((field, at)) = split else {
        let message = "the sum does not say when it is taken";
        return Some(Err(Doubt::new(message, format!("write \"sum of {} at won\"", shortened(what)))));
    };
    let read = known.field(field).and_then(|of| {
        let at = known.counted(after(at, &["stage "]).unwrap_or(at))?;
        Ok((Kind::Sum { of, at }, None))
    });
    Some(read)
}

/// `median time from deal to won in working hours`
fn time(text: &str, known: &Known<'_>) -> Read {
    let (begins, way) = split_at(text, " from ")?;
    let begins = begins.to_ascii_lowercase();
    let words = ["time", "days", "hours", "median", "percentile", "p90", "average", "avg", "mean"];
    begins.split_whitespace().any(|word| words.contains(&word)).then_some(())?;
    if begins.split_whitespace().any(|word| ["average", "avg", "mean"].contains(&word)) {
        let message = "an average of times says little: a few long ones pull it, so it is not kept";
        return Some(Err(Doubt::new(message, format!("write \"median time from {}\"", shortened(way)))));
    }
    let (way, working_hours) = match before(way, &[" in working hours", " in business hours"]) {
        Some(way) => (way, true),
        None => (way, begins.contains("working hours") || begins.contains("business hours")),
    };
    let is_p90 = begins.contains("p90") || begins.contains("90th");
    let (from, to) = split_at(way, " to ")?;
    let read = known.counted(to).and_then(|to| {
        let Some(from) = known.stage(from) else {
            let message = format!("\"{}\" is no stage, and a time begins with one", shortened(from));
            return Err(Doubt::new(message, "write for example \"median time from deal to won\""));
        };
        Ok((Kind::Time { from: from.to_owned(), to, working_hours, is_p90 }, None))
    });
    Some(read)
}

/// `share of meeting-due that are also meeting-held`, or `% of MQLs that become SQLs within 60 days`.
fn share(text: &str, known: &Known<'_>) -> Read {
    let what = after(text, &["share of ", "% of ", "percent of ", "percentage of ", "proportion of "])?;
    let (what, within) = window(what);
    let (of, also) = [" that ", " which ", " who "].iter().find_map(|word| split_at(what, word))?;
    // "also" speaks of two facts of one event; becoming something takes a step from stage to stage.
    let both = after(also, &["are also ", "were also ", "also "]);
    if let Some((of, also)) = both.and_then(|also| Some((known.fact(of)?, known.fact(also)?))) {
        return found(Kind::Share { of: of.to_owned(), also: also.to_owned() });
    }
    let verbs = ["are ", "were ", "became ", "become ", "convert to ", "converted to ", "reached ", "reach "];
    let also = both.or_else(|| after(also, &verbs)).unwrap_or(also);
    Some(match (known.stage(of), known.stage(also)) {
        (Some(from), Some(to)) => conversion(from, to, within, known),
        _ => known.one_fact(of).and_then(|of| Ok((Kind::Share { of, also: known.one_fact(also)? }, None))),
    })
}

/// `stock of deal where 'deal.open' have 'deal.contacts >= 2'`
fn stock(text: &str, _: &Known<'_>) -> Read {
    let rest = after(text, &["stock of "])?;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (of, mut rest) = (rest.get(..end)?.to_owned(), rest.get(end..)?.trim());
    let (mut filter, mut have) = (None, None);
    while !rest.is_empty() {
        let clauses = [("where ", &mut filter), ("have ", &mut have)];
        let clause = clauses.into_iter().find_map(|(word, into)| {
            let (sentence, behind) = unquoted(after(rest, &[word])?)?;
            into.is_none().then_some((into, sentence, behind))
        });
        let Some((into, sentence, behind)) = clause else {
            let message = format!("\"{}\" is no condition of a stock", shortened(rest));
            return Some(Err(Doubt::new(
                message,
                "write \"stock of deal where 'deal.open' have 'deal.contacts >= 2'\"",
            )));
        };
        *into = Some(sentence);
        rest = behind;
    }
    found(Kind::Stock { of, filter, have })
}

/// `worklist of milestone-due and rules under-used, leaving done by customer-contact`
fn worklist(text: &str, known: &Known<'_>) -> Read {
    let rest = after(text, &["worklist of "])?;
    let Some((due, done)) = split_at(rest, " done by ") else {
        let message = "the worklist does not say what was done when it is done";
        return Some(Err(Doubt::new(message, "write \"worklist of milestone-due done by milestone-reached\"")));
    };
    let (due, rules) = match (after(due, &["rules "]), split_at(due, " and rules ")) {
        (Some(rules), _) => ("", rules),
        (None, Some(both)) => both,
        (None, None) => (due, ""),
    };
    let due_by: Vec<String> =
        rules.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect();
    let read = known.facts(due).and_then(|due| {
        let done = known.one_fact(done)?;
        Ok((Kind::Worklist { due, due_by, done }, None))
    });
    Some(read)
}

/// `MQL to SQL within 60 days`, `MQL -> SQL`.
fn steps(text: &str, known: &Known<'_>) -> Read {
    let (way, within) = window(text);
    let ends = [" conversion rate", " conversion", " rate", " cvr"];
    let way = before(way, &ends).unwrap_or(way);
    let begins = ["conversion rate from ", "conversion rate of ", "conversion from ", "conversion of ", "from "];
    let way = after(way, &begins).unwrap_or(way);
    let separators = ["\u{2192}", "->", "=>", " to ", " into ", "-to-"];
    let both = separators.iter().find_map(|separator| {
        let (from, to) = split_at(way, separator)?;
        Some((known.stage(from)?, known.stage(to)?))
    });
    let (from, to) = both?;
    Some(conversion(from, to, within, known))
}

/// One stage, fact or KPI.
fn single(text: &str, known: &Known<'_>) -> Read {
    let name = uncounted(text);
    if let Some(stage) = known.stage(name) {
        return found(Kind::Count(CountOf::Stage(stage.to_owned())));
    }
    if let Some(fact) = known.fact(name) {
        return found(Kind::Count(CountOf::Facts(vec![fact.to_owned()])));
    }
    known.kpi(name).map(|slug| Ok((Kind::Calculation(slug.to_owned()), None)))
}

pub(super) fn conversion(
    from: &str,
    to: &str,
    within: Option<&str>,
    known: &Known<'_>,
) -> Result<(Kind, Option<String>), Doubt> {
    let windows = within.map(|within| windows(within, &known.defs.motions)).transpose()?;
    let note = windows
        .is_none()
        .then(|| format!("\"{from} to {to}\" says no window, so the usual {} are taken", super::super::kpis::WINDOW));
    let within = windows.unwrap_or_default();
    Ok((Kind::Conversion { from: from.to_owned(), to: to.to_owned(), within }, note))
}

/// What stands before a window, and the window.
pub(super) fn window(text: &str) -> (&str, Option<&str>) {
    if let Some((head, within)) = split_at(text, "within ") {
        let within = if head.ends_with('(') { within.trim_end_matches(')') } else { within };
        return (head.trim_end_matches(['(', ',', ' ']), Some(within.trim()));
    }
    let in_brackets = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    match in_brackets.filter(|(_, inner)| words::span(inner).is_some()) {
        Some((head, inner)) => (head.trim(), Some(inner.trim())),
        None => (text, None),
    }
}

/// `60 days`, or `60 days in b2b, 14 days in b2c`.
fn windows(text: &str, motions: &[Motion]) -> Result<PerMotion<String>, Doubt> {
    let wrong = |part: &str| {
        let message = format!("\"{}\" is no window", shortened(part));
        Doubt::new(message, "write \"within 60 days\", or \"within 60 days in b2b, 14 days in b2c\"")
    };
    let mut result = PerMotion::default();
    for part in text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let split = [" in ", " for ", "("].iter().find_map(|word| split_at(part, word));
        let (span, motion) = split.map_or((part, None), |(span, motion)| (span, Some(motion.trim_end_matches(')'))));
        let span = words::span(span).ok_or_else(|| wrong(part))?.to_string();
        let motion = motion.map(|motion| per_motion::named(motion, motions).ok_or_else(|| wrong(part))).transpose()?;
        let before = match motion {
            Some(motion) => result.by_motion.insert(motion.id.clone(), span),
            None => result.every.replace(span),
        };
        if before.is_some() || (result.every.is_some() && !result.by_motion.is_empty()) {
            return Err(wrong(text));
        }
    }
    if result == PerMotion::default() { Err(wrong(text)) } else { Ok(result) }
}
