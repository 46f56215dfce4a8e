use jiff::civil::{Weekday, date, time};

use super::*;
use crate::calendar::sample::{new_york, office};
use crate::definitions::{DigestKind, DigestTo};

fn digest(at: Time, days: DigestDays) -> Digest {
    Digest {
        id: "scorecard".into(),
        send: DigestKind::Scorecard,
        to: DigestTo::EachPerson,
        at,
        days,
        closes: Some(Closes::EndOfDay),
        motions: Vec::new(),
        not_active: None,
    }
}

fn scorecard() -> Digest {
    digest(time(17, 0, 0, 0), DigestDays::WorkingDays)
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_date(date(year, month, day))
}

#[test]
fn a_scorecard_comes_at_five_on_the_clock_of_its_reader() {
    let due = next_due(&scorecard(), &new_york(), at("2026-11-19T12:00:00Z")).unwrap();
    assert_eq!((due.day, due.due_at), (day(2026, 11, 19), at("2026-11-19T22:00:00Z")));
    // The next after that is not on Thanksgiving weekend.
    let wednesday = next_due(&scorecard(), &new_york(), at("2026-11-25T22:00:00Z")).unwrap();
    assert_eq!(wednesday.day, day(2026, 11, 30));
    let kolkata = next_due(&scorecard(), &office("Asia/Kolkata", &[]), at("2026-11-19T12:00:00Z")).unwrap();
    assert_eq!((kolkata.day, kolkata.due_at), (day(2026, 11, 20), at("2026-11-20T11:30:00Z")));
}

#[test]
fn other_days_are_found_too() {
    let monday = digest(time(8, 30, 0, 0), DigestDays::Weekdays(vec![Weekday::Monday]));
    let due = next_due(&monday, &new_york(), at("2026-11-16T13:30:00Z")).unwrap();
    assert_eq!(due.day, day(2026, 11, 23));
    let second = digest(time(9, 0, 0, 0), DigestDays::NthWorkingDayOfMonth(2));
    let due = due_between(&second, &new_york(), at("2026-10-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    assert_eq!(
        due.iter().map(|due| due.day).collect::<Vec<_>>(),
        [day(2026, 10, 2), day(2026, 11, 3), day(2026, 12, 2)]
    );
    let daily = digest(time(9, 0, 0, 0), DigestDays::EveryDay);
    assert_eq!(due_between(&daily, &new_york(), at("2026-11-01T00:00:00Z"), at("2026-11-08T00:00:00Z")).len(), 7);
}

#[test]
fn the_end_of_a_span_belongs_to_it_and_its_beginning_does_not() {
    let due_at = at("2026-11-19T22:00:00Z");
    assert_eq!(due_between(&scorecard(), &new_york(), due_at.plus_ms(-1), due_at).len(), 1);
    assert_eq!(due_between(&scorecard(), &new_york(), due_at, due_at.plus_ms(1)).len(), 0);
}

#[test]
fn missed_runs_are_caught_up_once_and_marked_late() {
    let place = new_york();
    let now = at("2026-11-23T15:00:00Z"); // Monday morning, down since Wednesday
    let caught = catch_up(&scorecard(), &place, Some(day(2026, 11, 18)), now).unwrap();
    assert_eq!((caught.due.day, caught.is_late), (day(2026, 11, 20), true));
    assert_eq!(catch_up(&scorecard(), &place, Some(caught.due.day), now), None);
    assert_eq!(catch_up(&scorecard(), &place, None, now), None);
    let on_time = catch_up(&scorecard(), &place, None, at("2026-11-19T22:00:20Z")).unwrap();
    assert!(!on_time.is_late);
}

#[test]
fn a_day_closes_at_its_end_or_at_a_time() {
    let mut digest = scorecard();
    assert_eq!(closes_at(&digest, &new_york(), day(2026, 11, 19)), Some(at("2026-11-20T05:00:00Z")));
    digest.closes = Some(Closes::At(time(22, 0, 0, 0)));
    assert_eq!(closes_at(&digest, &new_york(), day(2026, 11, 19)), Some(at("2026-11-20T03:00:00Z")));
    digest.closes = Some(Closes::At(time(2, 0, 0, 0)));
    assert_eq!(closes_at(&digest, &new_york(), day(2026, 11, 19)), Some(at("2026-11-20T07:00:00Z")));
    digest.closes = None;
    assert_eq!(closes_at(&digest, &new_york(), day(2026, 11, 19)), None);
}

#[test]
fn a_skipped_time_is_the_first_instant_behind_the_gap() {
    let zone = Zone::named("America/New_York").unwrap();
    assert_eq!(moment(&zone, day(2026, 3, 8), time(2, 30, 0, 0)), at("2026-03-08T07:00:00Z"));
    assert_eq!(moment(&zone, day(2026, 11, 1), time(1, 30, 0, 0)), at("2026-11-01T05:30:00Z"));
    // In Nuuk the hour before midnight is skipped: behind the gap it is already Sunday.
    let nuuk = Zone::named("America/Nuuk").unwrap();
    let due = moment(&nuuk, day(2026, 3, 28), time(23, 30, 0, 0));
    assert_eq!((due, nuuk.day_of(due)), (at("2026-03-29T00:59:59.999Z"), day(2026, 3, 28)));
}

#[test]
fn a_day_that_a_zone_skipped_has_no_digest() {
    let apia = office("Pacific/Apia", &[]); // there was no Friday 30 December 2011
    assert!(!is_due_on(&scorecard(), &apia, day(2011, 12, 30)));
    let due = due_between(&scorecard(), &apia, at("2011-12-29T12:00:00Z"), at("2012-01-02T12:00:00Z"));
    assert_eq!(due.iter().map(|due| due.day).collect::<Vec<_>>(), [day(2011, 12, 29), day(2012, 1, 2)]);
}

/// Every zone of the database, every change of its clocks from 2000 to 2100: each day around it has exactly one message of
/// each hour, on that day, at that time of its clocks.
#[test]
fn no_change_of_clocks_moves_a_message_to_another_day() {
    let hours = [(0, 0), (2, 30), (17, 0), (23, 30)].map(|(hour, minute)| time(hour, minute, 0, 0));
    let digests = hours.map(|hour| digest(hour, DigestDays::EveryDay));
    let (start, end) = (at("2000-01-01T00:00:00Z").to_timestamp(), at("2101-01-01T00:00:00Z").to_timestamp());
    let mut seen = std::collections::HashSet::new();
    let mut changes = 0;
    for name in jiff::tz::db().available() {
        let place = office(name.as_str(), &[]);
        for change in place.zone.tz().following(start).take_while(|change| change.timestamp() < end) {
            // Links and neighbours share most changes; each kind is looked at once.
            if !seen.insert((
                change.timestamp(),
                change.offset(),
                place.zone.local(Instant(change.timestamp().as_millisecond() - 1)),
            )) {
                continue;
            }
            changes += 1;
            let at = Instant::from(change.timestamp());
            for digest in &digests {
                check_around(digest, &place, at, &format!("{} at {at} {}", place.zone.name(), digest.at));
            }
        }
    }
    assert!(changes > 5_000, "only {changes} changes of clocks were found");
}

fn check_around(digest: &Digest, place: &Place, change: Instant, what: &str) {
    let zone = &place.zone;
    let (first, last) = (zone.day_of(change).plus(-1), zone.day_of(change).plus(1));
    let from = moment(zone, first, digest.at).plus_ms(-1);
    let found = due_between(digest, place, from, moment(zone, last, digest.at));
    let exists = |day: &Day| zone.day_of(zone.start_of(*day)) == *day;
    let days: Vec<Day> = (first.0..=last.0).map(Day).filter(exists).collect();
    for day in &days {
        assert!(zone.day_of(zone.start_of(*day).plus_ms(-1)) < *day, "{what}: {day} starts too late");
    }
    assert_eq!(found.iter().map(|due| due.day).collect::<Vec<_>>(), days, "{what}");
    for due in found {
        assert_eq!(zone.day_of(due.due_at), due.day, "{what}");
        let shown = zone.local(due.due_at).time();
        let is_at_change = due.due_at == change || due.due_at.plus_ms(1) == change;
        assert!(shown == digest.at || is_at_change, "{what}: {shown}");
    }
}

#[test]
fn a_century_of_days_has_one_message_each() {
    for zone in ["America/New_York", "Australia/Lord_Howe"] {
        let place = office(zone, &[]);
        let digest = digest(time(2, 15, 0, 0), DigestDays::WorkingDays);
        let mut now = at("2000-01-03T12:00:00Z");
        let mut last = day(2000, 1, 3);
        while last < day(2100, 1, 1) {
            let due = next_due(&digest, &place, now).unwrap();
            let gap = due.day.0 - last.0;
            assert!(gap == 1 || (gap == 3 && due.day.date().weekday() == Weekday::Monday), "{zone} {}", due.day);
            (now, last) = (due.due_at, due.day);
        }
    }
}
