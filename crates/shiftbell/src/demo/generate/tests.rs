use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::MS_PER_DAY;

use super::*;

fn plan(seed: u64, events: usize) -> Plan {
    Plan { seed, events, until: Instant::parse("2026-11-19T22:00:00Z").unwrap() }
}

fn year() -> Vec<Event> {
    generate(&plan(7, 40_000)).collect()
}

fn has(event: &Event, kind: &str, property: &str, value: &str) -> bool {
    event.kind == kind && event.properties.get(property).and_then(|v| v.as_text()) == Some(value)
}

/// Different contacts of the events that are meant.
fn contacts(year: &[Event], is_meant: impl Fn(&Event) -> bool) -> BTreeSet<&str> {
    let meant = year.iter().filter(|event| is_meant(event));
    meant.filter_map(|event| event.names.get(&EntityKind::Contact)).map(String::as_str).collect()
}

/// In per cent, of those that are old enough to have got there.
fn rate(of: &BTreeSet<&str>, reached: &BTreeSet<&str>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let counts = (of.intersection(reached).count() as f64, of.len() as f64);
    100.0 * counts.0 / counts.1
}

#[test]
fn the_same_plan_gives_the_same_year_and_another_seed_another() {
    let first: Vec<Event> = generate(&plan(7, 2_000)).collect();
    assert_eq!(first, generate(&plan(7, 2_000)).collect::<Vec<_>>());
    assert_ne!(first, generate(&plan(8, 2_000)).collect::<Vec<_>>());
}

#[test]
fn there_are_about_as_many_events_as_asked_for() {
    for events in [40_000, 200_000] {
        let made = generate(&plan(1, events)).count();
        assert!(made.abs_diff(events) < events / 10, "{made} instead of {events}");
    }
}

#[test]
fn nothing_happens_or_arrives_after_the_end_and_all_arrives_in_order() {
    let plan = plan(7, 40_000);
    let mut events = generate(&plan);
    let (mut before, mut late, mut twice) = (0, 0, 0);
    let mut seen = BTreeSet::new();
    while let Some(event) = events.next() {
        let arrived = events.arrived_at();
        assert!(before <= arrived.0 && event.at < arrived && arrived <= plan.until, "{event:?}");
        before = arrived.0;
        late += u32::from(arrived.since(event.at) > 3_600_000);
        twice += u32::from(!seen.insert(event.id));
    }
    assert!((500..1_600).contains(&late), "{late} late");
    assert!((600..1_000).contains(&twice), "{twice} twice");
}

#[test]
fn every_event_is_written_and_read_as_the_same() {
    for event in year() {
        assert_eq!(Event::from_json(&event.to_json().to_string()).unwrap(), event);
    }
}

#[test]
fn business_rates_are_those_of_the_messages() {
    let year = year();
    let old = Instant(plan(7, 1).until.0 - 130 * MS_PER_DAY);
    let leads = contacts(&year, |e| has(e, "contact_created", "how", "import") && e.at < old);
    let request = |e: &Event| has(e, "form", "form", "meeting-request") || has(e, "form", "form", "calendar-link");
    let mqls = contacts(&year, request);
    let old_mqls = contacts(&year, |e| request(e) && e.at < old);
    let sqls = contacts(&year, |e| has(e, "meeting", "status", "confirmed"));
    let old_sqls = contacts(&year, |e| has(e, "meeting", "status", "confirmed") && e.at < old);
    let deals = contacts(&year, |e| e.kind == "deal");
    let (mql, sql, deal) = (rate(&leads, &mqls), rate(&old_mqls, &sqls), rate(&old_sqls, &deals));
    assert!(
        (12.5..17.5).contains(&mql) && (23.0..33.0).contains(&sql) && (50.0..72.0).contains(&deal),
        "{mql} {sql} {deal}"
    );
}

#[test]
fn some_who_ask_for_a_meeting_looked_at_the_website_before_they_were_known() {
    let year = year();
    let (mut first_visit, mut imported) = (BTreeMap::new(), BTreeMap::new());
    for event in &year {
        if let Some(visitor) = event.names.get(&EntityKind::Visitor).filter(|_| event.kind == "page_view") {
            let first = first_visit.entry(visitor.clone()).or_insert(event.at);
            *first = event.at.min(*first);
        }
        if has(event, "contact_created", "how", "import") {
            imported.insert(event.names[&EntityKind::Contact].clone(), event.at);
        }
    }
    let (mut asked, mut looked_first) = (0, 0);
    for event in year.iter().filter(|e| e.kind == "form") {
        let (contact, visitor) = (&event.names[&EntityKind::Contact], &event.names[&EntityKind::Visitor]);
        let (Some(visited), Some(known)) = (first_visit.get(visitor), imported.get(contact)) else { continue };
        asked += 1;
        looked_first += u32::from(visited < known);
        assert!(known.since(*visited) < 60 * MS_PER_DAY, "{contact} was known long after the visit");
    }
    assert!((30..60).contains(&(100 * looked_first / asked)), "{looked_first} of {asked}");
}

#[test]
fn family_rates_are_those_of_the_messages() {
    let year = year();
    let old = Instant(plan(7, 1).until.0 - 40 * MS_PER_DAY);
    let leads = contacts(&year, |e| {
        e.at < old && ["party-ideas", "price-list", "newsletter"].iter().any(|form| has(e, "form", "form", form))
    });
    let score = |e: &Event| e.set.get(&EntityKind::Contact).and_then(|set| set.get("lead_score")?.as_number());
    let mqls = contacts(&year, |e| score(e) > Some(10.into()));
    let checkouts = contacts(&year, |e| e.kind == "checkout");
    let orders = contacts(&year, |e| has(e, "order", "status", "created"));
    let rates = (rate(&leads, &mqls), rate(&mqls, &checkouts), rate(&checkouts, &orders));
    assert!(
        (31.0..39.0).contains(&rates.0) && (36.0..44.0).contains(&rates.1) && (75.0..85.0).contains(&rates.2),
        "{rates:?}"
    );
}

#[test]
fn requests_for_corporate_events_stopped_being_answered() {
    let year = year();
    let until = plan(7, 1).until;
    let is_corporate = |e: &Event| {
        (has(e, "form", "form", "meeting-request") || has(e, "form", "form", "calendar-link"))
            && e.set[&EntityKind::Contact]["product"].as_text() == Some("corporate-events")
    };
    let days = |e: &Event| until.since(e.at) / MS_PER_DAY;
    let recent = contacts(&year, |e| is_corporate(e) && (14..56).contains(&days(e)));
    let before = contacts(&year, |e| is_corporate(e) && (70..161).contains(&days(e)));
    let confirmed = contacts(&year, |e| has(e, "meeting", "status", "confirmed"));
    let (now, then) = (rate(&recent, &confirmed), rate(&before, &confirmed));
    assert!(recent.len() > 30 && now < 10.0 && then > 14.0, "{} {now} {then}", recent.len());
}

#[test]
fn two_customers_leave_in_the_last_days_and_a_deal_is_won_today() {
    let year = year();
    let until = plan(7, 1).until;
    let is_recent = |e: &&Event, days: i64| until.since(e.at) < days * MS_PER_DAY;
    let leaving: Vec<&Event> = year
        .iter()
        .filter(|e| has(e, "subscription", "change", "cancel_scheduled"))
        .filter(|e| is_recent(e, 3))
        .collect();
    assert!(leaving.len() >= 2, "{leaving:?}");
    let is_won = |e: &Event| e.set.get(&EntityKind::Deal).and_then(|set| set.get("stage")?.as_text()) == Some("won");
    assert!(year.iter().any(|e| is_won(e) && is_recent(&e, 1)));
}

#[test]
fn people_are_busy_on_the_last_working_day() {
    let mut by_person: BTreeMap<String, u32> = BTreeMap::new();
    for event in year() {
        if plan(7, 1).until.since(event.at) < MS_PER_DAY && ["call", "email"].contains(&event.kind.as_str()) {
            *by_person.entry(event.owner.unwrap()).or_default() += 1;
        }
    }
    for bdr in ["bdr.one@clowns.example", "bdr.two@clowns.example", "bdr.three@clowns.example"] {
        assert!(by_person[bdr] > 15, "{by_person:?}");
    }
}

#[test]
fn some_names_are_hostile_and_some_are_those_of_the_messages() {
    let year = year();
    let names: BTreeSet<&str> =
        year.iter().filter_map(|e| e.set.get(&EntityKind::Company)?.get("name")?.as_text()).collect();
    assert!(names.iter().any(|name| name.contains("<!channel>")));
    assert!(names.contains("Sample Hotel Group") && names.contains("Sample Insurance"));
}
