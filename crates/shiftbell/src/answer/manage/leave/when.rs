//! Days as people write them: `until 23 Nov`, `from 2 Dec until 5 Dec`, `today`, `3 days`.

use jiff::civil::{Date, Weekday};
use shiftbell_metrics::time::Day;
use shiftbell_render::words;

/// Longest leave, in days.
const DAYS_MAX: i32 = 370;
/// A day without a year that would be further ahead than this is meant in the past.
const AHEAD_MAX: i32 = 300;

/// Words that change nothing.
const FILLING: [&str; 7] = ["the", "of", "on", "for", "and", "incl", "inclusive"];

/// What is said about nothing that can be read.
const EXAMPLES: &str = "Write it as: until 23 Nov, from 2 Dec until 5 Dec, today, 3 days, next week.";

/// Reads the first and the last day, both included, or says in a sentence what is wrong.
pub(super) fn read(text: &str, today: Day) -> Result<(Day, Day), String> {
    let lower = text.to_lowercase().replace(['–', '—'], " - ").replace([',', ';'], " ");
    let words: Vec<&str> =
        lower.split_whitespace().filter(|word| !FILLING.contains(word)).flat_map(taken_apart).collect();
    let (first, last) = match words.as_slice() {
        [] => return Err(format!("Say until when. {EXAMPLES}")),
        ["from", rest @ ..] => from(rest, today)?,
        ["until" | "till" | "til" | "to" | "through" | "thru", rest @ ..] => (today, whole(rest, today)?),
        words => match span(words, today) {
            Some((first, last)) => (first, last),
            None if words.iter().any(|word| is_joint(word)) => from(words, today)?,
            None => {
                let day = whole(words, today)?;
                (day, day)
            }
        },
    };
    checked(first, last, today)
}

fn checked(first: Day, last: Day, today: Day) -> Result<(Day, Day), String> {
    if last < today {
        return Err(format!("{} has passed. {EXAMPLES}", words::day_and_year(last.date())));
    }
    if first < today {
        return Err(format!(
            "{} has passed; leave begins today or later. {EXAMPLES}",
            words::day_and_year(first.date())
        ));
    }
    if last < first {
        let (first, last) = (words::day_and_year(first.date()), words::day_and_year(last.date()));
        return Err(format!("That ends ({last}) before it begins ({first})."));
    }
    if last.0 - today.0 > DAYS_MAX {
        return Err(format!("{} is more than a year ahead.", words::day_and_year(last.date())));
    }
    Ok((first, last))
}

/// `2-5` is `2 - 5`; a date like `2026-12-02` stays one word.
fn taken_apart(word: &str) -> Vec<&str> {
    let is_number = |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    match word.split_once('-') {
        Some((one, other)) if is_number(one) && is_number(other) => vec![one, "-", other],
        _ => vec![word],
    }
}

fn is_joint(word: &str) -> bool {
    ["until", "till", "til", "to", "through", "thru", "-"].contains(&word)
}

/// `2 dec until 5 dec`, `2 - 5 dec`, `2 dec 3 days`.
fn from(words: &[&str], today: Day) -> Result<(Day, Day), String> {
    let Some(joint) = words.iter().position(|word| is_joint(word)) else {
        // A day and how long from it.
        for at in (1..words.len()).rev() {
            if let (Ok(first), Some((_, last))) = (whole(&words[..at], today), span(&words[at..], today)) {
                return Ok((first, first.plus(last.0 - today.0)));
            }
        }
        whole(words, today)?;
        return Err(format!("Say until when, too. {EXAMPLES}"));
    };
    let (before, behind) = (&words[..joint], &words[joint + 1..]);
    let last = whole(behind, today)?;
    let first = match before {
        // The month stands behind the second day only.
        [number] if number.parse::<i8>().is_ok() => {
            let day: i8 = number.parse().unwrap_or_default();
            let date = last.date();
            let date = Date::new(date.year(), date.month(), day).map_err(|_| not_a_day(number))?;
            Day::from_date(date)
        }
        before => whole(before, today)?,
    };
    // Weekdays and days without a year are the first such behind the beginning.
    let last = if last < first { whole(behind, first).unwrap_or(last) } else { last };
    Ok((first, last))
}

/// `today`, `3 days`, `a week`, `next week`: a span that begins by itself.
fn span(words: &[&str], today: Day) -> Option<(Day, Day)> {
    let monday = today.plus(-i32::from(today.date().weekday().to_monday_zero_offset()));
    let number = |word: &str| match word {
        "a" | "an" | "one" => Some(1),
        "two" => Some(2),
        "three" => Some(3),
        _ => word.parse::<i32>().ok().filter(|n| (1..=DAYS_MAX).contains(n)),
    };
    match words {
        ["today"] => Some((today, today)),
        ["tomorrow"] => Some((today.plus(1), today.plus(1))),
        ["this", "week"] => Some((today, monday.plus(6))),
        ["next", "week"] => Some((monday.plus(7), monday.plus(13))),
        [n, "day" | "days"] => number(n).map(|n| (today, today.plus(n - 1))),
        [n, "week" | "weeks"] => number(n).map(|n| (today, today.plus(n * 7 - 1))),
        _ => None,
    }
}

/// One day, of which every word is used.
fn whole(words: &[&str], from: Day) -> Result<Day, String> {
    let text = words.join(" ");
    let day = match words {
        [] => return Err(format!("Say until when. {EXAMPLES}")),
        ["today"] => Some(from),
        ["tomorrow"] => Some(from.plus(1)),
        ["next", word] => weekday(word).map(|wanted| next(wanted, from.plus(1))),
        [word] => match weekday(word) {
            Some(wanted) => Some(next(wanted, from)),
            None => written(word, from)?,
        },
        [one, other] => match (number(one), month(other), month(one), number(other)) {
            (Some(day), Some(month), _, _) | (_, _, Some(month), Some(day)) => Some(coming(day, month, from)?),
            _ => None,
        },
        [one, other, year] => match (number(one), month(other), month(one), number(other), year.parse::<i16>()) {
            (Some(day), Some(month), _, _, Ok(year)) | (_, _, Some(month), Some(day), Ok(year)) => {
                Date::new(year, month, day).ok().map(Day::from_date)
            }
            _ => None,
        },
        _ => None,
    };
    day.ok_or_else(|| not_a_day(&text))
}

fn not_a_day(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("\"{shown}\" is no day that I can read. {EXAMPLES}")
}

/// `2026-11-23`, `23.11.`, `23.11.2026`, `23/11`, `23nov`.
fn written(word: &str, from: Day) -> Result<Option<Day>, String> {
    if let Ok(date) = word.parse::<Date>() {
        return Ok(Some(Day::from_date(date)));
    }
    if let Some(split) = word.find(|c: char| c.is_alphabetic()) {
        let (number, name) = word.split_at(split);
        return match (number.parse::<i8>(), month(name)) {
            (Ok(day), Some(month)) => coming(day, month, from).map(Some),
            _ => Ok(None),
        };
    }
    let dotted: Vec<&str> = word.split('.').filter(|part| !part.is_empty()).collect();
    let slashed: Vec<&str> = word.split('/').collect();
    let small = |text: &str| text.parse::<i8>().ok();
    match (dotted.as_slice(), slashed.as_slice()) {
        ([day, month], _) => match (small(day), small(month)) {
            (Some(day), Some(month)) => coming(day, month, from).map(Some),
            _ => Ok(None),
        },
        ([day, month, year], _) => match (small(day), small(month), year.parse::<i16>()) {
            (Some(day), Some(month), Ok(year)) => Ok(Date::new(year, month, day).ok().map(Day::from_date)),
            _ => Ok(None),
        },
        (_, [one, other]) => match (small(one), small(other)) {
            (Some(one), Some(other)) if one > 12 => coming(one, other, from).map(Some),
            (Some(one), Some(other)) if other > 12 || one == other => coming(other, one, from).map(Some),
            (Some(_), Some(_)) => Err(format!("\"{word}\" may be two days. {EXAMPLES}")),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// The next such day of a year; one that was not long ago is meant as it is, so that it can be named as past.
fn coming(day: i8, month: i8, from: Day) -> Result<Day, String> {
    let in_year = |year: i16| Date::new(year, month, day).ok().map(Day::from_date);
    let year = from.date().year();
    let this = in_year(year);
    let next = in_year(year + 1);
    match (this, next) {
        (Some(this), _) if this >= from => Ok(this),
        (_, Some(next)) if next.0 - from.0 <= AHEAD_MAX => Ok(next),
        (Some(this), _) => Ok(this),
        (None, Some(next)) => Ok(next),
        (None, None) => Err(format!("There is no such day as {day} of month {month}.")),
    }
}

fn next(wanted: Weekday, from: Day) -> Day {
    let ahead = from.date().weekday().until(wanted);
    from.plus(i32::from(ahead))
}

fn number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(['.', 't', 'h', 's', 'n', 'd', 'r']);
    digits.parse().ok()
}

fn weekday(word: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = NAMES.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

fn month(word: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.trim_end_matches('.');
    let at = NAMES.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    i8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(year: i16, month: i8, day: i8) -> Day {
        Day::from_date(Date::constant(year, month, day))
    }

    fn thursday() -> Day {
        day(2026, 11, 19)
    }

    fn check(text: &str, first: (i8, i8), last: (i16, i8, i8)) {
        let wanted = (day(2026, first.0, first.1), day(last.0, last.1, last.2));
        assert_eq!(read(text, thursday()), Ok(wanted), "{text}");
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let monday = (2026, 11, 23);
        for text in [
            "until 23 Nov",
            "until Nov 23",
            "till 23rd of November",
            "until 23. november",
            "until 23.11.",
            "to 2026-11-23",
            "until 23/11",
            "until 11/23",
            "until Monday",
            "through mon",
            "until 23nov",
            "until the 23rd of nov 2026",
            "until 23.11.2026",
            "5 days",
            "for 5 days",
        ] {
            check(text, (11, 19), monday);
        }
        check("today", (11, 19), (2026, 11, 19));
        check("until thursday", (11, 19), (2026, 11, 19));
        check("tomorrow", (11, 20), (2026, 11, 20));
        check("23 Nov", (11, 23), monday);
        check("a week", (11, 19), (2026, 11, 25));
        check("this week", (11, 19), (2026, 11, 22));
        check("next week", (11, 23), (2026, 11, 29));
        check("until next thursday", (11, 19), (2026, 11, 26));
        check("until 4 Jan", (11, 19), (2027, 1, 4));
        for text in [
            "from 2 Dec until 5 Dec",
            "2 Dec - 5 Dec",
            "2–5 Dec",
            "2-5 Dec",
            "from 2 to 5 December",
            "from 2.12. until 5.12.",
            "from 2 Dec for 4 days",
        ] {
            check(text, (12, 2), (2026, 12, 5));
        }
        check("from 28 Dec until 3 Jan", (12, 28), (2027, 1, 3));
        check("from monday until wednesday", (11, 23), (2026, 11, 25));
    }

    #[test]
    fn what_is_past_or_no_day_is_named() {
        let wrong = |text: &str| read(text, thursday()).expect_err(text);
        assert!(wrong("until 18 Nov").contains("18 Nov 2026 has passed"));
        assert!(wrong("until 2020-01-01").contains("1 Jan 2020 has passed"));
        assert!(wrong("from 2 Nov until 5 Dec").contains("2 Nov 2026 has passed"));
        assert!(wrong("until 5/12").contains("may be two days"));
        assert!(wrong("until 31 Feb").contains("no such day"));
        assert!(wrong("until 2029-01-01").contains("more than a year ahead"));
        assert!(wrong("from 5 Dec").contains("until when"));
        assert!(wrong("until").contains("until when") && wrong("").contains("until when"));
        assert!(wrong("until christmas").contains("\"christmas\""));
        assert!(wrong("from 5 Dec until 2026-12-02").contains("before it begins"));
        for rubbish in [
            "0 days",
            "-3 days",
            "99999999999 days",
            "until 99 nov",
            "forever",
            "until <!channel>",
            "until until until",
        ] {
            wrong(rubbish);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_gives_days_ahead_or_a_sentence(text in "[a-z0-9./ -]{0,30}", today in 10_000_i32..30_000) {
            if let Ok((first, last)) = read(&text, Day(today)) {
                prop_assert!(Day(today) <= first && first <= last && last.0 - today <= DAYS_MAX);
            }
        }
    }
}
