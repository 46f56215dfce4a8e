use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::money::Currency;

fn company(zone: &str, year_starts_month: i8) -> Workspace {
    Workspace {
        name: "Clowns To Go".into(),
        zone: Zone::named(zone).unwrap(),
        currency: Currency::USD,
        week_starts: Weekday::Monday,
        year_starts_month,
        business_model: "subscription".into(),
        growth_stage: "gtm-fit".into(),
        north_star: None,
    }
}

fn today() -> Day {
    Day::from_date(date(2026, 11, 19)) // a Thursday
}

fn read(text: &str, workspace: &Workspace) -> Option<(Period, usize)> {
    parse_period(&text.split(' ').collect::<Vec<_>>(), today(), workspace)
}

/// The label, first and last day of what the text means, all words used.
fn check(text: &str, expected: &str) {
    check_in(text, expected, &company("America/New_York", 1));
}

fn check_in(text: &str, expected: &str, workspace: &Workspace) {
    let (period, used) = read(text, workspace).unwrap_or_else(|| panic!("`{text}` was not understood"));
    assert_eq!(format!("{}: {} to {}", period.label, period.from, period.until.plus(-1)), expected, "`{text}`");
    assert_eq!(used, text.split(' ').count(), "`{text}`");
}

#[test]
fn a_period_is_split_into_named_parts_and_cut_ones_say_their_days() {
    let company = company("America/New_York", 2);
    let labels = |from, until, unit| {
        let (from, until) = (Day::from_date(from), Day::from_date(until));
        let parts = Period::of_days(from, until, &company.zone).split(unit, &company);
        parts.into_iter().map(|part| part.label).collect::<Vec<_>>()
    };
    let months = labels(date(2026, 8, 15), date(2026, 11, 1), Unit::Month);
    assert_eq!(months, ["15 - 31 Aug 2026", "September 2026", "October 2026"]);
    assert_eq!(labels(date(2026, 5, 1), date(2026, 11, 1), Unit::Quarter), ["FY2027-Q2", "FY2027-Q3"]);
    let series = Period::of_series(today(), Unit::Month, &company);
    assert_eq!((series.label.as_str(), series.split(Unit::Month, &company).len()), ("1 Dec 2025 - 19 Nov 2026", 12));
}

proptest! {
    #[test]
    fn the_parts_of_a_period_are_all_of_it_and_none_twice(from in -20_000..40_000_i32, days in 0..800_i32, starts in 1..=12_i8) {
        let company = company("Europe/Berlin", starts);
        let period = Period::of_days(Day(from), Day(from).plus(days), &company.zone);
        for unit in Unit::ALL {
            let parts = period.split(unit, &company);
            let all: Vec<Day> = parts.iter().flat_map(|part| (part.from.0..part.until.0).map(Day)).collect();
            prop_assert_eq!(all, (from..from + days).map(Day).collect::<Vec<_>>());
        }
    }
}

#[test]
fn days_and_running_spans_are_read() {
    check("today", "today: 2026-11-19 to 2026-11-19");
    check("Yesterday", "yesterday: 2026-11-18 to 2026-11-18");
    check("this week", "16 - 22 Nov 2026: 2026-11-16 to 2026-11-22");
    check("last week", "9 - 15 Nov 2026: 2026-11-09 to 2026-11-15");
    check("this month", "November 2026: 2026-11-01 to 2026-11-30");
    check("last month", "October 2026: 2026-10-01 to 2026-10-31");
    check("this quarter", "2026-Q4: 2026-10-01 to 2026-12-31");
    check("last-quarter", "2026-Q3: 2026-07-01 to 2026-09-30");
    check("last year", "2025: 2025-01-01 to 2025-12-31");
}

#[test]
fn last_days_end_today_and_last_weeks_are_full() {
    check("last 30 days", "21 Oct - 19 Nov 2026: 2026-10-21 to 2026-11-19");
    check("last-13-weeks", "17 Aug - 15 Nov 2026: 2026-08-17 to 2026-11-15");
    check("last 3 months", "1 Aug - 31 Oct 2026: 2026-08-01 to 2026-10-31");
    check("LAST 2 QUARTERS", "1 Apr - 30 Sep 2026: 2026-04-01 to 2026-09-30");
}

#[test]
fn dates_and_names_are_read() {
    check("2026-Q3", "2026-Q3: 2026-07-01 to 2026-09-30");
    check("Q4", "2026-Q4: 2026-10-01 to 2026-12-31");
    check("q2 2025", "2025-Q2: 2025-04-01 to 2025-06-30");
    check("2026-07", "July 2026: 2026-07-01 to 2026-07-31");
    check("December", "December 2025: 2025-12-01 to 2025-12-31");
    check("feb 2024", "February 2024: 2024-02-01 to 2024-02-29");
    check("2026-08-15", "15 Aug 2026: 2026-08-15 to 2026-08-15");
    check("2026", "2026: 2026-01-01 to 2026-12-31");
    check("since 2026-01-01", "1 Jan - 19 Nov 2026: 2026-01-01 to 2026-11-19");
    check("since Q2 2026", "1 Apr - 19 Nov 2026: 2026-04-01 to 2026-11-19");
    check("2026-01-01..2026-03-31", "2026-Q1: 2026-01-01 to 2026-03-31");
    check("2025-12-28..2026-01-03", "28 Dec 2025 - 3 Jan 2026: 2025-12-28 to 2026-01-03");
    check("FY2026", "2026: 2026-01-01 to 2026-12-31");
}

#[test]
fn a_company_with_its_own_year_has_its_own_quarters() {
    let july = company("Europe/Berlin", 7);
    check_in("FY2026", "FY2026: 2025-07-01 to 2026-06-30", &july);
    check_in("this year", "FY2027: 2026-07-01 to 2027-06-30", &july);
    check_in("this quarter", "FY2027-Q2: 2026-10-01 to 2026-12-31", &july);
    check_in("last quarter", "FY2027-Q1: 2026-07-01 to 2026-09-30", &july);
    check_in("Q3", "FY2026-Q3: 2026-01-01 to 2026-03-31", &july);
    check_in("fy2027-q1", "FY2027-Q1: 2026-07-01 to 2026-09-30", &july);
    check_in("2026-Q3", "2026-Q3: 2026-07-01 to 2026-09-30", &july);
    let first = read("FY2027-Q1", &july).unwrap().0;
    assert_eq!(previous(&first).label, "FY2026-Q4");
    assert_eq!(previous(&read("FY2027", &july).unwrap().0).label, "FY2026");
}

#[test]
fn what_is_no_period_is_none() {
    let workspace = company("UTC", 1);
    for text in [
        "",
        "mql",
        "2026-13",
        "2026-02-30",
        "2026-Q5",
        "q0",
        "last",
        "this",
        "last 0 days",
        "last 99999 days",
        "20266",
        "since",
        "since since 2026",
        "since 2027-01-01",
        "2026-03-31..2026-01-01",
        "..",
        "..2026",
        "2026..",
        "1969",
        "fy",
        "2026-é",
        "é026",
        "last-30",
        "２０２６",
    ] {
        assert_eq!(read(text, &workspace), None, "`{text}`");
    }
}

#[test]
fn only_the_words_of_the_period_are_used() {
    let words = ["last", "quarter", "by", "source"];
    assert_eq!(parse_period(&words, today(), &company("UTC", 1)).unwrap().1, 2);
}

#[test]
fn the_period_before_is_of_the_same_kind() {
    let workspace = company("America/New_York", 1);
    for (text, expected) in [
        ("2026-Q1", "2025-Q4"),
        ("2026-03", "February 2026"),
        ("2026", "2025"),
        ("today", "yesterday"),
        ("last week", "2 - 8 Nov 2026"),
        ("2026-06-15..2026-09-13", "16 Mar - 14 Jun 2026"),
    ] {
        assert_eq!(previous(&read(text, &workspace).unwrap().0).label, expected, "`{text}`");
    }
}

#[test]
fn a_running_month_is_compared_with_as_much_of_the_month_before() {
    let workspace = company("America/New_York", 1);
    let month = Period::containing(today(), Unit::Month, &workspace);
    assert_eq!(previous_at_same_age(&month, today()).label, "1 - 19 Oct 2026");
    let march = read("2026-03", &workspace).unwrap().0;
    let last_of_march = Day::from_date(date(2026, 3, 31));
    assert_eq!(previous_at_same_age(&march, last_of_march).label, "February 2026");
    assert_eq!(previous_at_same_age(&march, today()).label, "February 2026");
}

#[test]
fn the_default_period_is_that_of_the_reference_messages() {
    let workspace = company("America/New_York", 1);
    for day in [date(2026, 11, 16), date(2026, 11, 19), date(2026, 11, 22)] {
        for (window, label) in [
            (30, "13 Jul - 11 Oct 2026"),
            (60, "15 Jun - 13 Sep 2026"),
            (90, "18 May - 16 Aug 2026"),
            (0, "17 Aug - 15 Nov 2026"),
        ] {
            assert_eq!(default_period(Day::from_date(day), 13, window, &workspace).label, label);
        }
    }
}

#[test]
fn a_span_ends_with_its_day() {
    let zone = Zone::utc();
    let ending = |count, unit| Period::ending_with(today(), Span { count, unit }, &zone).unwrap().label;
    assert_eq!(ending(30, SpanUnit::Days), "21 Oct - 19 Nov 2026");
    assert_eq!(ending(13, SpanUnit::Weeks), "21 Aug - 19 Nov 2026");
    assert_eq!(ending(12, SpanUnit::Months), "20 Nov 2025 - 19 Nov 2026");
    assert_eq!(Period::ending_with(today(), Span { count: 4, unit: SpanUnit::Hours }, &zone), None);
}

#[test]
fn goals_and_lines_have_their_periods() {
    let workspace = company("America/New_York", 1);
    let goal = |goal| Period::of_goal(&goal, today(), &workspace).map(|period| period.label);
    assert_eq!(goal(GoalPeriod::Fixed("2026-Q4".into())).as_deref(), Some("2026-Q4"));
    assert_eq!(goal(GoalPeriod::Fixed("2026-Q4 b2b".into())), None);
    assert_eq!(goal(GoalPeriod::EveryMonth).as_deref(), Some("November 2026"));
    let kolkata = Zone::named("Asia/Kolkata").unwrap();
    let line = |each| Period::of_line(each, today(), &workspace, &kolkata).unwrap();
    assert_eq!(line(LineEach::Week).label, "16 - 22 Nov 2026");
    assert_eq!(line(LineEach::Day).starts_at().to_string(), "2026-11-18T18:30:00Z");
    let days = Span { count: 30, unit: SpanUnit::Days };
    assert_eq!(line(LineEach::Last(days)).label, "21 Oct - 19 Nov 2026");
}

proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC{0,40}", day in -100_000_i32..100_000) {
        let workspace = company("America/Sao_Paulo", 4);
        let words: Vec<&str> = text.split(' ').collect();
        let _ = parse_period(&words, Day(day), &workspace);
    }

    #[test]
    fn words_of_periods_never_panic(words in prop::collection::vec("(last|this|since|q3|2026|-|\\.\\.|30|fy2026|days|jul|9999-12|[0-9]{1,9})", 0..6), day in any::<i32>()) {
        let workspace = company("Asia/Kolkata", 2);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some((period, used)) = parse_period(&words, Day(day.clamp(-3_000_000, 2_000_000)), &workspace) {
            prop_assert!(used <= words.len() && period.from < period.until);
            let _ = (previous(&period), previous_at_same_age(&period, Day(day)));
        }
    }

    /// Weeks, months, quarters and years follow each other without gap or overlap, and hold their day.
    #[test]
    fn units_tile_time(day in 0_i32..47_000, starts in 1_i8..=12) {
        let workspace = company("Pacific/Apia", starts); // a zone that skipped a whole day
        for unit in [Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year] {
            let period = Period::containing(Day(day), unit, &workspace);
            prop_assert!(period.contains_day(Day(day)));
            let after = Period::containing(period.until, unit, &workspace);
            prop_assert_eq!(after.from, period.until);
            prop_assert_eq!(previous(&after).from, period.from);
            prop_assert_eq!(Period::containing(period.until.plus(-1), unit, &workspace), period);
        }
        let month = Period::containing(Day(day), Unit::Month, &workspace);
        let quarter = Period::containing(Day(day), Unit::Quarter, &workspace);
        prop_assert!(quarter.from <= month.from && month.until <= quarter.until);
    }

    /// An instant is in exactly one of two periods that touch, also when clocks change.
    #[test]
    fn touching_periods_share_no_instant(day in 10_957_i32..47_000, ms in -90_000_000_i64..90_000_000) {
        for zone in ["America/New_York", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia"] {
            let workspace = company(zone, 1);
            let one = Period::containing(Day(day), Unit::Day, &workspace);
            let after = Period::containing(Day(day).plus(1), Unit::Day, &workspace);
            let at = one.ends_at().plus_ms(ms);
            prop_assert!(!(one.contains(at) && after.contains(at)));
            prop_assert!(one.starts_at() <= one.ends_at() && one.ends_at() == after.starts_at());
        }
    }
}
