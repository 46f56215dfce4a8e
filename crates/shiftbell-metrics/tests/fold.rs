//! What a journey adds to the numbers, read as a story.

mod support;

use shiftbell_metrics::contribution::Row;
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
