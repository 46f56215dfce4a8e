//! Whatever arrives: no panic, and every element is accounted for.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::{Instant, Zone};
use shiftbell_sources::file::{Mapping, Table};
use shiftbell_sources::{Kind, SourceSettings, parse};

const FIXTURES: [&str; 3] = [
    include_str!("../fixtures/hubspot_docs_2016_eventType.json"),
    include_str!("../fixtures/hubspot_legacy_batch.json"),
    include_str!("../fixtures/hubspot_object_star.json"),
];

const KEYS: [&str; 12] = [
    "eventId",
    "portalId",
    "occurredAt",
    "subscriptionType",
    "objectId",
    "objectTypeId",
    "propertyName",
    "propertyValue",
    "specversion",
    "data",
    "set",
    "id",
];

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
        proptest::sample::select(vec![
            "contact.propertyChange",
            "object.merge",
            "deal.associationChange",
            "0-1",
            "1.0"
        ])
        .prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            proptest::collection::btree_map(proptest::sample::select(KEYS.to_vec()), inner, 0..8)
                .prop_map(|map| Json::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

/// What is read keeps its meaning when it is written down and read again.
fn survives_writing(event: &Event) {
    assert_eq!(&Event::from_json(&event.to_json().to_string()).unwrap(), event);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for kind in Kind::ALL {
            parse(kind, &bytes, &SourceSettings::default(), Instant(0));
        }
    }

    #[test]
    fn every_element_is_an_event_ignored_or_unreadable(elements in proptest::collection::vec(any_json(), 0..6)) {
        let body = Json::from(elements.clone()).to_string();
        for kind in [Kind::HubSpot, Kind::Generic] {
            let parsed = parse(kind, body.as_bytes(), &SourceSettings::default(), Instant(0));
            let ignored: u64 = parsed.ignored.values().sum();
            let merges: usize = parsed.events.iter().filter(|event| event.kind == "merged").count();
            let accounted = parsed.events.len() + usize::try_from(ignored).unwrap() + parsed.unreadable.len();
            prop_assert!(accounted >= elements.len() && accounted <= elements.len() + merges);
            parsed.events.iter().for_each(survives_writing);
        }
    }

    #[test]
    fn a_spoilt_fixture_loses_only_what_was_spoilt(
        fixture in 0_usize..3, element in 0_usize..4, key in proptest::sample::select(KEYS.to_vec()), value in any_json()
    ) {
        let whole: Vec<Json> = serde_json::from_str(FIXTURES[fixture]).unwrap();
        let before = parse(Kind::HubSpot, json!(whole).to_string().as_bytes(), &SourceSettings::default(), Instant(0));
        let mut spoilt = whole.clone();
        let element = element % whole.len();
        spoilt[element][key] = value;
        let after = parse(Kind::HubSpot, json!(spoilt).to_string().as_bytes(), &SourceSettings::default(), Instant(0));
        prop_assert!(after.unreadable.iter().all(|bad| bad.index == Some(element)));
        let kept = before.events.iter().filter(|event| after.events.contains(event)).count();
        prop_assert!(kept + 1 >= before.events.len());
        after.events.iter().for_each(survives_writing);
    }

    #[test]
    fn a_cut_off_fixture_is_refused_as_a_whole(fixture in 0_usize..3, share in 0.0..1.0_f64) {
        let whole = FIXTURES[fixture].trim_end();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
        let cut = (whole.len() as f64 * share) as usize;
        let parsed = parse(Kind::HubSpot, &whole.as_bytes()[..cut], &SourceSettings::default(), Instant(0));
        prop_assert!(parsed.events.is_empty());
        prop_assert_eq!(parsed.unreadable.len(), 1);
    }
}

proptest! {
    #[test]
    fn any_table_is_read_or_refused(cells in proptest::collection::vec("[0-9/.,\"a\n -]{0,9}", 0..40), width in 1_usize..5) {
        let mapping = Mapping::read("type = { always = \"x\" }\nat = \"A\"\ncompany = \"B\"\n[set.company]\nc = { column = \"A\", currency = \"USD\" }");
        let rows: Vec<String> = cells.chunks(width).map(|row| row.join(",")).collect();
        let table = format!("A,B\n{}", rows.join("\n"));
        if let Ok(checked) = Table::check(table.as_bytes(), mapping.unwrap(), &Zone::utc()) {
            prop_assert_eq!(checked.events(table.as_bytes()).count() as u64, checked.rows());
        }
    }
}
