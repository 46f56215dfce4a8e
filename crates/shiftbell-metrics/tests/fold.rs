//! What a journey adds to the numbers, read as a story.

mod support;

use shiftbell_metrics::contribution::Row;
use shiftbell_metrics::definitions::SkipPolicy;
use shiftbell_metrics::fold::{LeftOut, Plan, StoredEvent};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::time::MS_PER_DAY;
use support::{company, contact, deal, definitions, event};

fn fold(account: EntityId, events: &[StoredEvent]) -> Vec<Row> {
    let plan = Plan::new(&definitions());
    plan.fold(account, events).into_iter().flat_map(|(_, contribution)| contribution.rows().to_vec()).collect()
}

fn find<'a>(rows: &'a [Row], series: &str) -> Vec<&'a Row> {
    rows.iter().filter(|row| &*row.series == series).collect()
}

/// One line per row of the wanted series: motion, series, day, dimensions, days to each target.
fn story(rows: &[Row]) -> String {
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let entry = &row.entry;
            let lags: Vec<String> =
                entry.lags.iter().map(|(target, lag)| format!("{target}+{}", lag / MS_PER_DAY)).collect();
            let sums: Vec<String> = entry.sums.iter().map(|(name, sum)| format!("{name}={}", sum.major())).collect();
            let day = entry.at.to_string();
            format!("{} {} {} {} {}", &day[..10], row.motion, row.series, lags.join(" "), sums.join(" "))
                .trim()
                .to_owned()
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

fn a_business() -> Vec<StoredEvent> {
    vec![
        event(
            "2026-03-01",
            r#""type":"contact_created","contact":"c","company":"acme","set":{"company":{"segment":"business"},"contact":{"owner":"Bdr@x.example","source":"list"}}"#,
        ),
        event("2026-03-05", r#""type":"form","contact":"c","form":"meeting-request""#),
        event("2026-03-06", r#""type":"email","contact":"c","direction":"out","owner":"bdr@x.example""#),
        event("2026-03-10", r#""type":"meeting","contact":"c","status":"confirmed","owner":"ae@x.example""#),
        event(
            "2026-03-20",
            r#""type":"deal","deal":"d","contact":"c","company":"acme","owner":"ae@x.example","set":{"deal":{"bant":"met","product":"Corporate Events","annual_amount":18000}}"#,
        ),
        event("2026-04-20", r#""type":"deal","deal":"d","set":{"deal":{"stage":"won"}}"#),
        event("2026-05-01", r#""type":"show_held","company":"acme""#),
    ]
}

#[test]
fn a_business_goes_from_lead_to_first_show() {
    let rows = fold(company("acme"), &a_business());
    insta::assert_snapshot!(story(&rows), @r"
    2026-03-01 b2b lead deal+19 fact/human-reply+5 live+61 mql+4 sql+9 won+50
    2026-03-05 b2b mql deal+15 fact/human-reply+1 live+57 sql+5 won+46
    2026-03-06 b2b fact/human-reply
    2026-03-10 b2b sql deal+10 live+52 won+41
    2026-03-20 b2b deal live+42 won+31
    2026-04-20 b2b closed/won closed/cycle+31 won+0 deal.annual_amount=18000.00
    2026-04-20 b2b won live+11 deal.annual_amount=18000.00
    2026-05-01 b2b live
    2026-05-01 b2b open/live  deal.annual_amount=18000.00
    ");
    let sql = find(&rows, "sql")[0];
    assert_eq!(sql.entry.owner.as_deref(), Some("bdr@x.example"));
    assert_eq!(sql.entry.actor.as_deref(), Some("ae@x.example"));
    assert_eq!(
        sql.entry.dim("product").map(|v| &**v),
        Some("corporate-events"),
        "known only later, spelled as declared"
    );
    let won = find(&rows, "won")[0];
    assert_eq!(won.entry.owner.as_deref(), Some("ae@x.example"));
    assert_eq!(won.entry.sourced.as_deref(), Some("bdr@x.example"));
    assert_eq!(won.entry.entity, deal("d"));
}

#[test]
fn order_and_repeats_do_not_matter() {
    let events = a_business();
    let plan = Plan::new(&definitions());
    let once = plan.fold(company("acme"), &events);
    let mut twice: Vec<StoredEvent> = events.iter().rev().chain(&events).cloned().collect();
    twice.swap(0, 5);
    assert_eq!(plan.fold(company("acme"), &twice), once);
}

#[test]
fn who_was_won_was_also_a_deal_and_an_mql() {
    let events = [
        event(
            "2026-03-01",
            r#""type":"form","contact":"c","company":"acme","form":"other","set":{"company":{"segment":"business"}}"#,
        ),
        event(
            "2026-03-20",
            r#""type":"deal","deal":"d","contact":"c","company":"acme","set":{"deal":{"stage":"won"}}"#,
        ),
    ];
    let rows = fold(company("acme"), &events);
    for series in ["lead", "mql", "sql", "deal", "won"] {
        assert_eq!(find(&rows, series).len(), 1, "{series}");
    }
    assert!(rows.iter().flat_map(|row| &row.entry.lags).all(|(_, lag)| *lag >= 0));
}

#[test]
fn a_second_deal_of_a_customer_is_expansion() {
    let mut events = a_business();
    events.push(event(
        "2026-06-01",
        r#""type":"deal","deal":"e","contact":"c","company":"acme","set":{"deal":{"bant":"met"}}"#,
    ));
    events.push(event("2026-06-10", r#""type":"deal","deal":"e","set":{"deal":{"stage":"won"}}"#));
    let rows = fold(company("acme"), &events);
    assert_eq!(find(&rows, "won").len(), 1);
    assert_eq!(find(&rows, "expansion/won").len(), 1);
    assert_eq!(find(&rows, "expansion/deal").len(), 1);
}

#[test]
fn what_is_deleted_counts_nowhere_until_it_is_restored() {
    let mut events = a_business();
    events.push(event("2026-06-01", r#""type":"deleted","deal":"d""#));
    let rows = fold(company("acme"), &events);
    assert_eq!(find(&rows, "won").len(), 0);
    assert_eq!(find(&rows, "sql").len(), 1);
    events.push(event("2026-06-02", r#""type":"restored","deal":"d""#));
    assert_eq!(fold(company("acme"), &events), fold(company("acme"), &a_business()));
}

#[test]
fn a_merged_person_counts_once() {
    let mut events = a_business();
    events.push(event("2026-03-02", r#""type":"contact_created","contact":"c2","company":"acme""#));
    assert_eq!(find(&fold(company("acme"), &events), "lead").len(), 2);
    events.push(event("2026-06-02", r#""type":"merged","contact":"c2","into":"c""#));
    assert_eq!(find(&fold(company("acme"), &events), "lead").len(), 1);
    let (_, left_out) = Plan::new(&definitions()).fold_whole(company("acme"), &events);
    assert_eq!(left_out, [LeftOut::Merged { alias: contact("c2"), into: contact("c") }]);
}

#[test]
fn what_was_said_when_a_merged_person_was_made_again_stays_known() {
    let made = |day: &str, contact: &str, set: &str| {
        let names = format!(r#""contact":"{contact}","company":"acme""#);
        event(day, &format!(r#""type":"contact_created",{names},"set":{{"contact":{set}}}"#))
    };
    let events = [
        made("2026-03-01", "double", r#"{"owner":"bob@x.example","source":"ads"}"#),
        made("2026-03-05", "c", r#"{"owner":"ann@x.example","lead_score":12}"#),
        event("2026-06-02", r#""type":"merged","contact":"double","into":"c""#),
    ];
    let rows = fold(company("acme"), &events);
    let scored = find(&rows, "mql");
    assert_eq!(scored.len(), 1, "the score rose as the record that stays was made");
    assert_eq!(scored[0].entry.owner.as_deref(), Some("ann@x.example"));
    assert_eq!(scored[0].entry.dim("source").map(|source| &**source), Some("ads"));
}

#[test]
fn test_records_are_left_out_and_can_be_counted() {
    let mut events = a_business();
    events
        .push(event("2026-06-02", r#""type":"contact","contact":"c","set":{"contact":{"email":"Me@Clowns.example"}}"#));
    let (rows, left_out) = Plan::new(&definitions()).fold_whole(company("acme"), &events);
    assert_eq!(left_out, [LeftOut::Test(contact("c"))]);
    assert!(rows.iter().all(|(_, contribution)| contribution.rows().iter().all(|row| &*row.series != "mql")));
    let with = Plan::with_test_records(&definitions()).fold(company("acme"), &events);
    assert!(with.iter().any(|(entity, _)| *entity == contact("c")));
}

#[test]
fn a_family_counts_by_its_score_the_moment_it_rises() {
    let events = [
        event("2026-03-01", r#""type":"form","contact":"f","form":"price-list""#),
        event("2026-03-02", r#""type":"contact","contact":"f","set":{"contact":{"lead_score":11}}"#),
        event("2026-03-03", r#""type":"contact","contact":"f","set":{"contact":{"lead_score":12}}"#),
        event("2026-03-04", r#""type":"checkout","contact":"f""#),
        event(
            "2026-03-05",
            r#""type":"order","status":"created","deal":"o","contact":"f","set":{"deal":{"annual_amount":{"amount":"250.00","currency":"USD"}}}"#,
        ),
        event("2026-03-05T13:00:00Z", r#""type":"order","status":"paid","deal":"o","contact":"f""#),
    ];
    insta::assert_snapshot!(story(&fold(contact("f"), &events)), @r"
    2026-03-01 b2c lead deal+4 mql+1 sql+3 won+4
    2026-03-02 b2c mql deal+3 sql+2 won+3
    2026-03-04 b2c sql deal+1 won+1
    2026-03-05 b2c closed/won closed/cycle+0 won+0 deal.annual_amount=250.00
    2026-03-05 b2c deal won+0
    2026-03-05 b2c open/won  deal.annual_amount=250.00
    2026-03-05 b2c won  deal.annual_amount=250.00
    ");
}

#[test]
fn late_news_of_the_segment_moves_the_whole_journey() {
    let mut events = a_business();
    events[0].event.set.clear();
    assert!(fold(company("acme"), &events).iter().all(|row| &*row.motion == "b2c"));
    events.push(event("2026-09-01", r#""type":"company","company":"acme","set":{"company":{"segment":"business"}}"#));
    assert!(fold(company("acme"), &events).iter().all(|row| &*row.motion == "b2b"));
}

#[test]
fn a_blank_value_says_as_little_as_none() {
    let blank = r#""type":"contact","contact":"c","set":{"contact":{"product":"","owner":" "}}"#;
    let known =
        r#""type":"contact","contact":"c","set":{"contact":{"product":"Small Parties","owner":"Ann@x.example"}}"#;
    let form = event("2026-03-02", r#""type":"form","form":"price-list","contact":"c""#);
    for when in ["2026-03-01", "2026-03-03"] {
        let rows = fold(contact("c"), &[event(when, blank), form.clone(), event("2026-03-04", known)]);
        let lead = &find(&rows, "lead")[0].entry;
        assert_eq!(lead.dim("product").map(|value| &**value), Some("small-parties"), "blank since {when}");
        assert_eq!(lead.owner.as_deref(), Some("ann@x.example"), "blank since {when}");
    }
}

#[test]
fn a_lost_deal_that_is_opened_again_stands_open() {
    let mut events = a_business();
    events.truncate(5);
    events.push(event("2026-04-01", r#""type":"deal","deal":"d","set":{"deal":{"stage":"lost"}}"#));
    let rows = fold(company("acme"), &events);
    assert!(find(&rows, "open/deal").is_empty());
    assert_eq!(find(&rows, "deal")[0].entry.lag("lost"), Some(12 * MS_PER_DAY));
    events.push(event("2026-04-02", r#""type":"deal","deal":"d","set":{"deal":{"stage":"negotiation"}}"#));
    assert_eq!(find(&fold(company("acme"), &events), "open/deal").len(), 1);
}

#[test]
fn a_deal_without_a_contact_is_credited_to_the_one_who_got_furthest() {
    let mut events = a_business();
    events[4].event.names.remove(&shiftbell_metrics::id::EntityKind::Contact);
    events.push(event("2026-03-04", r#""type":"contact_created","contact":"other","company":"acme""#));
    let rows = fold(company("acme"), &events);
    assert_eq!(find(&rows, "sql")[0].entry.lag("won"), Some(41 * MS_PER_DAY));
    assert_eq!(find(&rows, "lead").len(), 2);
}

#[test]
fn strictly_only_who_was_seen_at_every_stage_counts() {
    let mut definitions = definitions();
    let series = |definitions: &shiftbell_metrics::definitions::Definitions| {
        let mut events = a_business();
        events.remove(1);
        let folded = Plan::new(definitions).fold(company("acme"), &events);
        let rows = folded.iter().flat_map(|(_, contribution)| contribution.rows());
        let mut found: Vec<String> = rows.map(|row| row.series.to_string()).filter(|s| !s.contains('/')).collect();
        found.sort();
        found.join(" ")
    };
    assert_eq!(series(&definitions), "deal lead live mql sql won");
    definitions.skipped = SkipPolicy::Any;
    assert_eq!(series(&definitions), "deal lead live sql won");
    definitions.skipped = SkipPolicy::Strict;
    assert_eq!(series(&definitions), "deal lead live won");
}

#[test]
fn a_motion_as_of_entry_keeps_what_was_reached_before() {
    let mut definitions = definitions();
    definitions.motions[0].who_as_of_entry = true;
    let mut events = a_business();
    events.push(event("2026-03-15", r#""type":"company","company":"acme","set":{"company":{"segment":"family"}}"#));
    let folded = Plan::new(&definitions).fold(company("acme"), &events);
    let rows: Vec<Row> = folded.into_iter().flat_map(|(_, contribution)| contribution.rows().to_vec()).collect();
    assert_eq!(&*find(&rows, "sql")[0].motion, "b2b");
    assert!(find(&rows, "won").is_empty(), "in b2c a contract wins nothing");
}

#[test]
fn a_meeting_confirmed_by_somebody_else_is_no_sql() {
    let mut events = a_business();
    events.truncate(4);
    events[3].by = Some("bdr".into());
    assert!(find(&fold(company("acme"), &events), "sql").is_empty());
    events[3].event.properties.insert("by".into(), shiftbell_metrics::value::Value::text("ae"));
    assert_eq!(find(&fold(company("acme"), &events), "sql").len(), 1);
}

#[test]
fn the_second_show_and_the_contact_with_a_customer_come_after_winning() {
    let mut events = a_business();
    events.push(event("2026-03-02", r#""type":"call","contact":"c","direction":"out""#));
    events.push(event("2026-05-03", r#""type":"call","contact":"c","direction":"out""#));
    events.push(event("2026-06-01", r#""type":"show_held","company":"acme""#));
    let rows = fold(company("acme"), &events);
    assert_eq!(&find(&rows, "adopted")[0].entry.at.to_string()[..10], "2026-06-01");
    assert_eq!(find(&rows, "live")[0].entry.lag("adopted"), Some(31 * MS_PER_DAY));
    assert_eq!(find(&rows, "open/adopted").len(), 1);
    let contacts = find(&rows, "fact/customer-contact");
    assert_eq!((contacts.len(), &contacts[0].entry.at.to_string()[..10]), (1, "2026-05-03"));
}

#[test]
fn a_visitor_leads_to_the_person_it_turns_out_to_be() {
    let events = [
        event("2026-03-01", r#""type":"page_view","visitor":"v""#),
        event("2026-03-02", r#""type":"page_view","visitor":"v""#),
        event("2026-03-04", r#""type":"form","visitor":"v","contact":"f","form":"price-list""#),
    ];
    let rows = fold(contact("f"), &events);
    assert_eq!(find(&rows, "session").len(), 1);
    assert_eq!(find(&rows, "session")[0].entry.lag("lead"), Some(3 * MS_PER_DAY));
    assert_eq!(find(&rows, "lead")[0].entry.entity, contact("f"));
}

#[test]
fn an_open_deal_carries_what_its_sentences_read() {
    let mut events = a_business();
    events.truncate(5);
    events.push(event(
        "2026-03-25",
        r#""type":"deal","deal":"d","set":{"deal":{"name":"Acme party","next_step_at":"2026-04-01T09:00:00Z"}}"#,
    ));
    let rows = fold(company("acme"), &events);
    let open = &find(&rows, "open/deal")[0].entry;
    let state: Vec<String> = open.state.iter().map(|(field, value)| format!("{field}={value}")).collect();
    insta::assert_snapshot!(state.join("\n"), @r#"
    deal.contacts=1
    deal.last_touch_at="2026-03-10T12:00:00Z"
    deal.next_step_at="2026-04-01T09:00:00Z"
    deal.open=true
    fact/human-reply="2026-03-06T12:00:00Z"
    name="Acme party"
    "#);
    assert_eq!(&open.at.to_string()[..10], "2026-03-20");
}

#[test]
fn who_only_takes_part_in_a_deal_has_not_asked_for_anything() {
    let mut events = a_business();
    events.push(event("2026-03-25", r#""type":"call","deal":"d","contact":"cfo","answered":true"#));
    let rows = fold(company("acme"), &events);
    assert_eq!((find(&rows, "mql").len(), find(&rows, "sql").len()), (1, 1));
    // Where nobody of a deal was seen before it, one of them was everything it took.
    let business = event("2026-03-19", r#""type":"company","company":"acme","set":{"company":{"segment":"business"}}"#);
    let unseen = [business, events[4].clone(), events[5].clone(), events[7].clone()];
    let rows = fold(company("acme"), &unseen);
    assert_eq!((find(&rows, "mql").len(), find(&rows, "won").len()), (1, 1));
}

#[test]
fn a_deal_that_began_with_one_of_our_own_passes_to_nobody_who_only_takes_part() {
    let mut events = a_business();
    events.push(event("2026-03-25", r#""type":"call","deal":"d","contact":"cfo","answered":true"#));
    let tested = r#""type":"contact","contact":"c","set":{"contact":{"email":"me@clowns.example"}}"#;
    events.push(event("2026-06-02", tested));
    let rows = fold(company("acme"), &events);
    let people = ["lead", "mql", "sql"].map(|series| find(&rows, series).len());
    assert_eq!((people, find(&rows, "won").len()), ([0, 0, 0], 1), "{}", story(&rows));
    // Whoever met by themselves is an SQL of their own, and the deal is theirs.
    events.push(event(
        "2026-03-12",
        r#""type":"meeting","contact":"cfo","company":"acme","status":"confirmed","owner":"ae@x.example""#,
    ));
    let rows = fold(company("acme"), &events);
    assert!(find(&rows, "sql")[0].entry.lag("won").is_some());
}
