//! Tables with a mapping.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::time::Zone;
use shiftbell_metrics::value::Value;
use shiftbell_sources::file::{Mapping, Table};

const MAPPING: &str = r#"
timezone = "America/New_York"
type     = { always = "deal" }
at       = "Closed"
deal     = "Deal"
company  = "Company"
owner    = "Owner"

[set.deal]
stage         = { column = "Stage", values = { "Contract won" = "won" } }
annual_amount = { column = "Amount", currency_column = "Currency" }

[properties]
change = { always = "imported" }
"#;

const HEADER: &str = "Deal,Company,Owner,Closed,Stage,Amount,Currency";

fn zone() -> Zone {
    Zone::named("Europe/Berlin").unwrap()
}

fn read(mapping: &str, table: &str) -> Result<Vec<Result<Event, String>>, String> {
    let mapping = Mapping::read(mapping).map_err(|problems| problems.join("; "))?;
    let checked = Table::check(table.as_bytes(), mapping, &zone())
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    Ok(checked.events(table.as_bytes()).map(|event| event.map_err(|problem| problem.to_string())).collect())
}

fn rows(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn with_dates(dates: &[&str]) -> String {
    rows(
        &dates
            .iter()
            .map(|date| format!("d1,c1,,{date},Open,1,USD"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    )
}

fn first_time(dates: &[&str]) -> Result<String, String> {
    let events = read(MAPPING, &with_dates(dates))?;
    events[0].as_ref().map(|event| event.at.to_string()).map_err(Clone::clone)
}

#[test]
fn a_row_becomes_an_event() {
    let table = rows(&["d1,acme,ann@clowns.example,2026-08-01,Contract won,\"1,200.50\",EUR"]);
    let event = read(MAPPING, &table).unwrap().remove(0).unwrap();
    assert_eq!((event.kind.as_str(), event.at.to_string().as_str()), ("deal", "2026-08-01T04:00:00Z"));
    assert_eq!(event.names[&EntityKind::Company], "acme");
    assert_eq!(event.owner.as_deref(), Some("ann@clowns.example"));
    let set = &event.set[&EntityKind::Deal];
    assert_eq!(set["stage"], Value::text("won"));
    assert_eq!(set["annual_amount"], Value::Money(Money::new(120_050, Currency::from_code("EUR").unwrap())));
    assert_eq!(event.properties["change"], Value::text("imported"));
}

#[test]
fn a_date_that_can_be_read_in_two_ways_is_refused_with_the_rows() {
    let refused = first_time(&["03/04/2026", "05/05/2026", "12/01/2026"]).unwrap_err();
    assert_eq!(
        refused,
        "the dates in column `Closed` can be read as %d/%m/%Y or as %m/%d/%Y: line 2 `03/04/2026` is 2026-03-04 or 2026-04-03, \
         line 4 `12/01/2026` is 2026-01-12 or 2026-12-01; say which with `format = \"%d/%m/%Y\"`"
    );
    assert!(first_time(&["03/04/26"]).unwrap_err().contains("%d/%m/%y"));
}

#[test]
fn one_row_that_can_be_read_in_only_one_way_decides_for_all() {
    assert_eq!(first_time(&["03/04/2026", "13/04/2026"]).unwrap(), "2026-04-03T04:00:00Z");
    assert_eq!(first_time(&["03/04/2026", "04/13/2026"]).unwrap(), "2026-03-04T05:00:00Z");
    assert_eq!(first_time(&["05/05/2026"]).unwrap(), "2026-05-05T04:00:00Z"); // both readings are the same day
    assert_eq!(first_time(&["03.04.2026 14:30"]).unwrap(), "2026-04-03T18:30:00Z");
    assert_eq!(first_time(&["May 2026", "June 2026"]).unwrap(), "2026-05-01T04:00:00Z");
    assert_eq!(first_time(&["2026-04-03T12:00:00+02:00", "2026-04-03"]).unwrap(), "2026-04-03T10:00:00Z");
    assert_eq!(first_time(&["\"Apr 3, 2026\"", "\"Apr 14, 2026, 2:05 PM\""]).unwrap(), "2026-04-03T04:00:00Z");
}

#[test]
fn mixed_and_unknown_dates_are_told_apart() {
    let mixed = first_time(&["13/04/2026", "04/13/2026"]).unwrap_err();
    assert!(
        mixed.contains("mixed") && mixed.contains("line 2 `13/04/2026`") && mixed.contains("line 3 `04/13/2026`"),
        "{mixed}"
    );
    let unknown = first_time(&["next week"]).unwrap_err();
    assert!(unknown.contains("`next week` in line 2"), "{unknown}");
}

#[test]
fn the_mapping_may_say_how_dates_are_written() {
    let said = MAPPING.replace("\"Closed\"", "{ column = \"Closed\", format = \"%m/%d/%Y\" }");
    let table = with_dates(&["03/04/2026", "13/04/2026"]);
    let events = read(&said, &table).unwrap();
    assert_eq!(events[0].as_ref().unwrap().at.to_string(), "2026-03-04T05:00:00Z");
    assert_eq!(events[1].as_ref().unwrap_err(), "line 3, column `Closed`: `13/04/2026` is no such time");
    let hours = MAPPING.replace("\"Closed\"", "{ column = \"Closed\", format = \"%d/%m/%Y %H:%M\" }");
    let events = read(&hours, &with_dates(&["03/04/2026 09:30"])).unwrap();
    assert_eq!(events[0].as_ref().unwrap().at.to_string(), "2026-04-03T13:30:00Z");
}

#[test]
fn rows_without_an_id_have_the_same_one_each_time_and_equal_rows_differ() {
    let row = "d1,c1,,2026-08-01,Open,1,USD";
    let table = rows(&[row, row, "d1,c1,,2026-08-01,Open,2,USD"]);
    let ids = || -> Vec<String> { read(MAPPING, &table).unwrap().into_iter().map(|event| event.unwrap().id).collect() };
    let first = ids();
    assert_eq!(first, ids());
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2]);
    let numbered = format!("id = \"Deal\"\n{MAPPING}");
    assert_eq!(read(&numbered, &table).unwrap()[0].as_ref().unwrap().id, "d1");
}

#[test]
fn a_bad_row_says_where_and_loses_no_other() {
    let table = rows(&[
        "d1,c1,,2026-08-01,Open,abc,USD",
        "d2,c1,,2026-08-01,Open,1,XXQ",
        ",,,2026-08-01,Open,1,USD",
        "d3,c1,,,Open,1,USD",
        "d4,c1,,2026-08-01,Open,1,USD",
    ]);
    let results: Vec<String> = read(MAPPING, &table)
        .unwrap()
        .into_iter()
        .map(|event| event.map_or_else(|why| why, |e| e.names[&EntityKind::Deal].clone()))
        .collect();
    insta::assert_snapshot!(results.join("\n"), @r"
    line 2, column `Amount`: `abc` is no amount with `.` before the cents; set `decimal` in the mapping if it is the other way
    line 3, column `Amount`: `XXQ` is no ISO 4217 currency code, such as USD or EUR
    line 4: it names no entity; Deal and Company are empty
    line 5, column `Closed`: it is empty, but every row needs its `at`
    d4
    ");
}

#[test]
fn columns_that_do_not_exist_are_named_with_the_nearest() {
    let refused = read(&MAPPING.replace("\"Owner\"", "\"Ovner\""), &with_dates(&["2026-08-01"])).unwrap_err();
    assert_eq!(refused, "the table has no column `Ovner`; did you mean `Owner`?");
    assert!(read(MAPPING, "").unwrap_err().contains("empty"));
    assert!(read(MAPPING, "a,a\n").unwrap_err().contains("two columns"));
    let short = read(MAPPING, &format!("{HEADER}\nd1,c1\n")).unwrap_err();
    assert!(short.contains("line 2: it has 2 columns, but the header has 7"), "{short}");
}

#[test]
fn a_mapping_is_checked_before_it_is_used() {
    let wrong = |text: &str| Mapping::read(text).unwrap_err().join("; ");
    assert!(wrong("type = \"Kind\"\nat = \"Closed\"").contains("no row would name an entity"));
    assert!(wrong(&MAPPING.replace("America/New_York", "Mars")).contains("`Mars`"));
    assert!(wrong(&MAPPING.replace("[set.deal]", "[set.dael]")).contains("`set.dael`"));
    assert!(wrong(&format!("colour = \"red\"\n{MAPPING}")).contains("colour"));
    assert!(wrong("decimal = \"'\"\ndelimiter = '\"'\ntype = \"K\"\nat = \"C\"\ndeal = \"D\"").contains("`decimal`"));
}

#[test]
fn a_table_of_another_encoding_says_so() {
    let mapping = Mapping::read(MAPPING).unwrap();
    let mut bytes = with_dates(&["2026-08-01"]).into_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'O').unwrap();
    bytes[at] = 0xE4;
    let table = Table::check(bytes.as_slice(), mapping, &zone()).unwrap();
    assert_eq!(table.rows(), 1);
    let problem = table.events(bytes.as_slice()).next().unwrap().unwrap_err();
    assert_eq!(problem.to_string(), "line 2, column `Stage`: not UTF-8; save the table as UTF-8");
}

#[test]
fn a_byte_order_mark_and_semicolons_are_no_obstacle() {
    let mapping = format!("delimiter = \";\"\ndecimal = \",\"\n{MAPPING}");
    let table = format!("\u{feff}{}\nd1;c1;;2026-08-01;Open;1.200,50;USD\n", HEADER.replace(',', ";"));
    let event = read(&mapping, &table).unwrap().remove(0).unwrap();
    assert_eq!(event.set[&EntityKind::Deal]["annual_amount"], Value::Money(Money::new(120_050, Currency::USD)));
}
