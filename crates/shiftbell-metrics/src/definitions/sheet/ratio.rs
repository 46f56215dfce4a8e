//! Calculations with KPIs, by their names as people write them.

use super::super::kpis::WIN_RATE;
use super::super::spelling::nearest;
use super::cells::{before, shortened, singular, split_at};
use super::formula::{Doubt, Kind};
use super::known::Known;
use super::patterns::{conversion, uncounted, window};
use crate::expression::Expression;

/// `SQLs / MQLs`: a stage divided by an earlier one is how many went on.
pub(super) fn of_stages(text: &str, known: &Known<'_>) -> Option<Result<(Kind, Option<String>), Doubt>> {
    let (text, within) = window(text);
    let text = plain(text);
    let text = before(&text, &["* 100%", "* 100 %", "* 100", "*100", "x 100", "x100"]).unwrap_or(&text);
    let text = inside(text.trim());
    let both = split_at(text, "/").or_else(|| split_at(text, " divided by "));
    let Some((over, under)) = both else {
        return within.map(|within| Err(no_window(within)));
    };
    match (known.stage(uncounted(over)), known.stage(uncounted(under))) {
        (Some(to), Some(from)) if known.defs.stage_index(from) < known.defs.stage_index(to) => {
            let read = conversion(from, to, within, known).map(|(kind, _)| {
                let note = format!(
                    "\"{}\" is read as a conversion: of those who reached {from}, how many reached {to}; for two counts of one \
                     period write \"formula: {to} / {from}\"",
                    shortened(text)
                );
                (kind, Some(note))
            });
            Some(read)
        }
        _ => within.map(|within| Err(no_window(within))),
    }
}

/// `won / (won + lost)`, `won / closed deals`: of the deals that closed, how many were won.
pub(super) fn of_closed(text: &str, known: &Known<'_>) -> Option<Result<(Kind, Option<String>), Doubt>> {
    let text = plain(text);
    let text = before(&text, &["* 100%", "* 100 %", "* 100", "*100", "x 100", "x100"]).unwrap_or(&text);
    let (won, closed) = split_at(text.trim(), "/").or_else(|| split_at(text.trim(), " divided by "))?;
    let is_won = |text: &str| {
        let stage = known.stage(uncounted(text)).and_then(|stage| known.defs.stage(stage));
        stage.is_some_and(|stage| stage.bowtie == "commit")
    };
    let is_lost = |text: &str| LOST.contains(&singular(uncounted(text)).as_str());
    let closed = inside(closed);
    let both = split_at(closed, "+").or_else(|| split_at(closed, " and "));
    let all = match both {
        Some((one, other)) => (is_won(one) && is_lost(other)) || (is_lost(one) && is_won(other)),
        None => ["closed", "closeddeal", "dealclosed"].contains(&singular(uncounted(closed)).as_str()),
    };
    let kind = || Kind::Standard { name: WIN_RATE.to_owned(), over: None };
    (all && is_won(won)).then(|| Ok((kind(), None)))
}

/// Deals that were lost, as people call them: singular and folded.
const LOST: [&str; 5] = ["lost", "lostdeal", "deallost", "closedlost", "closedlostdeal"];

fn no_window(within: &str) -> Doubt {
    let message = format!("only a conversion from one stage to a later one has a window (\"{}\")", shortened(within));
    Doubt::new(message, "write for example \"MQL to SQL within 60 days\"")
}

/// With our signs of arithmetic.
fn plain(text: &str) -> String {
    text.replace('\u{f7}', "/").replace('\u{d7}', "*").replace(['\u{2212}', '\u{2013}'], "-")
}

/// Without brackets around the whole.
fn inside(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inner.filter(|inner| !inner.contains(['(', ')'])).map_or(text, str::trim)
}

/// The text of a formula with every name of a KPI as its slug.
pub(super) fn calculation(text: &str, known: &Known<'_>) -> Result<String, Doubt> {
    if Expression::compile(text, &known.names).is_ok_and(|read| !read.fields().is_empty()) {
        return Ok(text.to_owned());
    }
    let mut out = String::new();
    let mut unknown = Vec::new();
    let mut operands = 0;
    for part in parts(&plain(text)) {
        match part {
            Part::Sign(sign) => out.push(sign),
            Part::Name(name) if is_number(name) => out.push_str(name),
            Part::Name(name) => {
                operands += 1;
                match known.kpi(uncounted(name)) {
                    Some(slug) => out.push_str(slug),
                    None => unknown.push(name.to_owned()),
                }
            }
        }
        out.push(' ');
    }
    let out = out.trim().replace("( ", "(").replace(" )", ")");
    if let Some(name) = unknown.first() {
        return Err(not_known(text, name, unknown.len() == operands && operands == 1, known));
    }
    match Expression::compile(&out, &known.names) {
        Ok(read) if !read.fields().is_empty() => Ok(out),
        Ok(_) => Err(Doubt::new("it names no KPI", "write for example \"won-amount / won\"")),
        Err(problems) => {
            let why = problems.first().map(ToString::to_string).unwrap_or_default();
            Err(Doubt::new(format!("it is no calculation: {why}"), "write for example \"won-amount / won\""))
        }
    }
}

/// A name that no KPI has. Where nothing is calculated at all, the cell is a sentence that is not understood.
fn not_known(text: &str, name: &str, is_sentence: bool, known: &Known<'_>) -> Doubt {
    let near = nearest(name, known.kpi_names());
    let shown = shortened(name);
    if is_sentence {
        let near = near.map(|near| format!("did you mean \"{near}\"? Else ")).unwrap_or_default();
        let fix = "write \"count of MQLs\", \"MQL to SQL within 60 days\", \"sum of deal.amount at won\", \"median time from \
                   deal to won\" or a calculation with names of KPIs";
        return Doubt::new("it is not understood", format!("{near}{fix}"));
    }
    let fix = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("add a row \"{shown}\" that says how it is worked out, or name another KPI"),
    };
    Doubt::new(format!("\"{shown}\" is no KPI of this sheet or file (in \"{}\")", shortened(text)), fix)
}

fn is_number(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '%']);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
}

enum Part<'t> {
    Sign(char),
    Name(&'t str),
}

/// Names and what stands between them. A hyphen belongs to a name; minus has a space on both sides.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut from = 0;
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let is_space = |at: Option<&(usize, char)>| at.is_some_and(|(_, c)| c.is_whitespace());
    for (n, (at, c)) in letters.iter().enumerate() {
        let is_minus = *c == '-' && is_space(letters.get(n + 1)) && n > 0 && is_space(letters.get(n - 1));
        if is_minus || matches!(c, '+' | '*' | '/' | '(' | ')') {
            parts.push(Part::Name(text.get(from..*at).unwrap_or_default().trim()));
            parts.push(Part::Sign(*c));
            from = at + c.len_utf8();
        }
    }
    parts.push(Part::Name(text.get(from..).unwrap_or_default().trim()));
    parts.retain(|part| !matches!(part, Part::Name("")));
    parts
}
