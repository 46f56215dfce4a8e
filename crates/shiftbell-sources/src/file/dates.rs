//! Dates as people write them, and the refusal to guess: `03/04/2026` is one day in Berlin and another in New York.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use shiftbell_metrics::time::{Day, Instant, Zone};

/// The formats that are tried where the mapping says none. With dots the day always comes first.
const FORMATS: [&str; 17] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y-%m",
    "%b %Y",
    "%B %Y",
];
const TIMES: [&str; 4] = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"];
const SHOWN_MAX: usize = 3;
const KEPT_MAX: usize = 50;

/// How the times of one column are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateFormat(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// RFC 3339, which says everything by itself.
    Full,
    /// One of [`FORMATS`], perhaps with a time behind it.
    Known(&'static str),
    /// What the mapping says.
    Said(String),
}

impl DateFormat {
    pub(super) fn said(format: &str) -> DateFormat {
        DateFormat(Kind::Said(format.to_owned()))
    }

    /// Reads one value; times without an offset are in `zone`, and a date is its first moment there.
    pub(super) fn read(&self, text: &str, zone: &Zone) -> Option<Instant> {
        let text = text.trim();
        match &self.0 {
            Kind::Full => Instant::parse(text),
            Kind::Known(format) => Instant::parse(text).or_else(|| known(format, text)?.in_zone(zone)),
            Kind::Said(format) => {
                let parsed = strtime::parse(format, text).ok()?;
                if let Ok(timestamp) = parsed.to_timestamp() {
                    return Some(Instant::from(timestamp));
                }
                let date = parsed.to_date().ok().or_else(|| date_of(format, text))?;
                Local { date, time: parsed.to_time().ok() }.in_zone(zone)
            }
        }
    }
}

/// A date, perhaps with a time, on the clock of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Local {
    date: Date,
    time: Option<Time>,
}

impl Local {
    fn in_zone(self, zone: &Zone) -> Option<Instant> {
        match self.time {
            None => Some(zone.start_of(Day::from_date(self.date))),
            Some(time) => {
                let at = zone.tz().to_ambiguous_zoned(DateTime::from_parts(self.date, time)).compatible().ok()?;
                Some(Instant::from(at.timestamp()))
            }
        }
    }
}

/// A date in one of the known formats; what follows it must be a time.
fn known(format: &str, text: &str) -> Option<Local> {
    if let Some(date) = date_of(format, text) {
        return Some(Local { date, time: None });
    }
    let places = text.char_indices().filter(|(_, c)| matches!(c, ' ' | 'T' | ','));
    for (at, _) in places {
        let time = TIMES.iter().find_map(|format| Time::strptime(format, text[at + 1..].trim()).ok());
        if let (Some(time), Some(date)) = (time, date_of(format, text[..at].trim())) {
            return Some(Local { date, time: Some(time) });
        }
    }
    None
}

fn date_of(format: &str, text: &str) -> Option<Date> {
    let date = if format.contains("%d") || format.contains("%e") {
        Date::strptime(format, text)
    } else {
        Date::strptime(format!("{format} %d"), format!("{text} 1"))
    };
    // A year of two digits would else be one of the first century.
    date.ok().filter(|date| (1900..2200).contains(&date.year()))
}

/// Finds out, row by row, how the dates of a column can be read.
#[derive(Debug)]
pub(super) struct Detection {
    rows: u64,
    /// Formats that could read every row so far, with a hash of what they read.
    possible: Vec<(&'static str, u64)>,
    is_full: bool,
    /// For each format that has failed, the first row at which it did.
    failed: Vec<(&'static str, u64, String)>,
    /// Rows on which the formats disagree, or else the first.
    kept: Vec<(u64, String)>,
}

impl Detection {
    pub(super) fn new() -> Detection {
        Detection {
            rows: 0,
            possible: FORMATS.iter().map(|format| (*format, 0)).collect(),
            is_full: true,
            failed: Vec::new(),
            kept: Vec::new(),
        }
    }

    pub(super) fn see(&mut self, line: u64, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.rows += 1;
        if Instant::parse(text).is_some() {
            return; // says everything by itself, whatever the others are
        }
        self.is_full = false;
        let mut readings = BTreeSet::new();
        let failed = &mut self.failed;
        self.possible.retain_mut(|(format, hash)| match known(format, text) {
            Some(local) => {
                readings.insert(local.date);
                *hash = hash.wrapping_mul(31).wrapping_add(u64::from(local.date.day_of_year().unsigned_abs()) * 4_000)
                    + u64::from(local.date.year().unsigned_abs());
                true
            }
            None => {
                failed.push((format, line, text.to_owned()));
                false
            }
        });
        if self.kept.len() < KEPT_MAX && (readings.len() != 1 || self.kept.is_empty()) {
            self.kept.push((line, text.to_owned()));
        }
    }

    /// The one way in which every row can be read.
    ///
    /// # Errors
    /// A sentence that names the formats and the rows, if there is none or more than one.
    pub(super) fn settle(&self, column: &str) -> Result<DateFormat, String> {
        if self.is_full {
            return Ok(DateFormat(Kind::Full));
        }
        let different: BTreeSet<u64> = self.possible.iter().map(|(_, hash)| *hash).collect();
        match (different.len(), self.possible.first()) {
            (1, Some((format, _))) => Ok(DateFormat(Kind::Known(format))),
            (_, None) => Err(self.nothing_fits(column)),
            (_, Some(_)) => Err(self.ambiguous(column)),
        }
    }

    fn ambiguous(&self, column: &str) -> String {
        let formats: Vec<&str> = self.possible.iter().map(|(format, _)| *format).collect();
        let shown = self.kept.iter().filter_map(|(line, text)| {
            let readings: BTreeSet<Date> =
                formats.iter().filter_map(|format| Some(known(format, text)?.date)).collect();
            let readings: Vec<String> = readings.iter().map(Date::to_string).collect();
            (readings.len() > 1).then(|| format!("line {line} `{text}` is {}", readings.join(" or ")))
        });
        format!(
            "the dates in column `{column}` can be read as {}: {}; say which with `format = \"{}\"`",
            formats.join(" or as "),
            shown.take(SHOWN_MAX).collect::<Vec<_>>().join(", "),
            formats[0],
        )
    }

    /// The formats that came furthest tell most about what is mixed.
    fn nothing_fits(&self, column: &str) -> String {
        let mut failed: Vec<_> = self.failed.iter().collect();
        failed.sort_by_key(|(_, line, _)| std::cmp::Reverse(*line));
        let furthest = failed.first().map_or(0, |(_, line, _)| *line);
        let first = self.kept.first();
        match first.filter(|(line, _)| *line < furthest) {
            Some((line, text)) => {
                let mixed = failed.iter().filter(|(_, line, _)| *line == furthest);
                let formats: Vec<&str> = mixed.map(|(format, _, _)| *format).collect();
                let (_, at, other) = failed[0];
                format!(
                    "the dates in column `{column}` are mixed: line {line} `{text}` fits {}, but line {at} `{other}` does not; \
                     write all in one way, best as 2026-08-01",
                    formats.join(" or ")
                )
            }
            None => {
                let (line, text) = first.map_or((0, ""), |(line, text)| (*line, text.as_str()));
                format!("`{text}` in line {line} of column `{column}` is no date that is known; say how with `format`")
            }
        }
    }
}
