//! What stands behind internal ids: a webhook and a poll read them alike, and the identity of an event never depends on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;
use shiftbell_sources::hubspot::portal::{Account, End, Labels, Owner, Pipeline, Portal, Property, Stage};
use shiftbell_sources::{Kind, SourceSettings, parse};

fn stage(id: &str, label: &str, end: Option<End>) -> Stage {
    Stage { id: id.to_owned(), label: label.to_owned(), end }
}

fn property(name: &str, label: &str, kind: &str, options: &[(&str, &str)]) -> Property {
    Property {
        name: name.to_owned(),
        label: label.to_owned(),
        kind: kind.to_owned(),
        is_custom: true,
        options: options.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect(),
    }
}

fn portal() -> Portal {
    Portal {
        account: Account {
            id: "7".to_owned(),
            zone: Some("US/Arizona".to_owned()),
            currency: Some("EUR".to_owned()),
            ..Account::default()
        },
        pipelines: vec![Pipeline {
            id: "7781".to_owned(),
            label: "Partners".to_owned(),
            stages: vec![
                stage("appointmentscheduled", "Demo booked", None),
                stage("555", "Appointment scheduled", None),
                stage("123456", "Contract won", Some(End::Won)),
                stage("1f4f1ec1-11f2", "Not now", Some(End::Lost)),
            ],
        }],
        properties: BTreeMap::from([
            (EntityKind::Contact, vec![property("score_2", "Fit score", "number", &[])]),
            (EntityKind::Company, vec![property("segment", "Segment", "enumeration", &[("seg_1", "Business")])]),
            (
                EntityKind::Deal,
                vec![property("renewal", "Renewal", "date", &[]), property("closedate", "Close", "datetime", &[])],
            ),
        ]),
        owners: vec![
            Owner {
                id: "1001".to_owned(),
                user: Some("77".to_owned()),
                email: Some("ann@clowns.example".to_owned()),
                ..Owner::default()
            },
            Owner {
                id: "77".to_owned(),
                user: Some("78".to_owned()),
                email: Some("bob@clowns.example".to_owned()),
                ..Owner::default()
            },
        ],
        ..Portal::default()
    }
}

fn settings(map: &[(&str, &str)], portal: &Portal) -> SourceSettings {
    let map = map.iter().map(|(ours, theirs)| ((*ours).to_owned(), vec![(*theirs).to_owned()])).collect();
    SourceSettings::new("hubspot-main").with_map(&map).with_labels(Arc::new(Labels::new(portal)))
}

fn changed(object: &str, property: &str, value: &str, settings: &SourceSettings) -> Event {
    let body = serde_json::json!([{"subscriptionType": format!("{object}.propertyChange"), "objectId": 5, "portalId": 7,
        "occurredAt": 1_785_580_200_000_i64, "propertyName": property, "propertyValue": value, "sourceId": "userId:77"}]);
    let mut parsed = parse(Kind::HubSpot, body.to_string().as_bytes(), settings, Instant(0));
    assert_eq!((parsed.events.len(), parsed.unreadable.len()), (1, 0), "{:?}", parsed.ignored);
    parsed.events.remove(0)
}

fn deal(property: &str, value: &str, settings: &SourceSettings) -> BTreeMap<String, Value> {
    changed("deal", property, value, settings).set[&EntityKind::Deal].clone().into_iter().collect()
}

#[test]
fn a_label_in_the_map_means_the_stage_that_is_called_so_now() {
    let settings =
        settings(&[("deal.stage.signed", "Contract won"), ("deal.stage.met", "Appointment scheduled")], &portal());
    let stage = |id: &str| deal("dealstage", id, &settings)["stage"].as_text().map(str::to_owned);
    assert_eq!(stage("123456").as_deref(), Some("signed"));
    assert_eq!(stage("555").as_deref(), Some("met"));
    // Its id reads like the label of another stage.
    assert_eq!(stage("appointmentscheduled").as_deref(), Some("appointmentscheduled"));
}

#[test]
fn a_stage_that_ends_deals_does_so_where_the_map_says_nothing_else() {
    let nothing = settings(&[], &portal());
    assert_eq!(deal("dealstage", "123456", &nothing)["stage"].as_text(), Some("won"));
    assert_eq!(deal("dealstage", "1f4f1ec1-11f2", &nothing)["stage"].as_text(), Some("lost"));
    let said = settings(&[("deal.stage.won", "Demo booked")], &portal());
    assert_eq!(deal("dealstage", "123456", &said)["stage"].as_text(), Some("123456"));
    assert_eq!(deal("dealstage", "appointmentscheduled", &said)["stage"].as_text(), Some("won"));
}

#[test]
fn options_pipelines_and_properties_are_known_by_their_labels() {
    let settings = settings(
        &[
            ("company.segment.business", "Business"),
            ("deal.pipeline.partners", "partners"),
            ("contact.lead_score", "Fit score"),
        ],
        &portal(),
    );
    assert_eq!(
        changed("company", "segment", "seg_1", &settings).set[&EntityKind::Company]["segment"].as_text(),
        Some("business")
    );
    assert_eq!(deal("pipeline", "7781", &settings)["pipeline"].as_text(), Some("partners"));
    let score = changed("contact", "score_2", "12", &settings);
    assert_eq!(score.set[&EntityKind::Contact]["lead_score"], Value::Number(12.into()));
}

#[test]
fn owners_and_users_are_people_and_their_numbers_are_not_mixed_up() {
    let settings = settings(&[("owner.cleo@clowns.example", "1003")], &portal());
    let owner = |id: &str| changed("deal", "hubspot_owner_id", id, &settings).owner;
    assert_eq!(owner("1001").as_deref(), Some("ann@clowns.example"));
    assert_eq!(owner("77").as_deref(), Some("bob@clowns.example"));
    assert_eq!(owner("1003").as_deref(), Some("cleo@clowns.example"), "the map comes first");
    assert_eq!(owner("9").as_deref(), Some("9"), "somebody unknown keeps the number");
    let booked = changed("contact", "meeting_status", "SCHEDULED", &settings);
    assert_eq!(booked.owner.as_deref(), Some("ann@clowns.example"), "user 77 is not owner 77");
}

#[test]
fn a_day_is_one_of_the_account_and_a_time_stays_what_it_is() {
    let settings = settings(&[], &portal());
    // 31 March 2026, as HubSpot sends a day; Arizona is seven hours behind.
    assert_eq!(deal("renewal", "1774915200000", &settings)["renewal"].as_text(), Some("2026-03-31T07:00:00Z"));
    assert_eq!(deal("renewal", "2026-03-31", &settings)["renewal"].as_text(), Some("2026-03-31T07:00:00Z"));
    // Entered as 31 March in the evening there, which is 1 April in UTC.
    assert_eq!(deal("closedate", "1775012400000", &settings)["close_at"].as_text(), Some("2026-04-01T03:00:00Z"));
}

#[test]
fn an_amount_is_in_the_currency_of_the_account() {
    let amount = &deal("amount", "1200.50", &settings(&[], &portal()))["amount"];
    assert_eq!(amount.to_json(), serde_json::json!({"amount": "1200.50", "currency": "EUR"}));
}

#[test]
fn a_form_with_a_colon_in_its_name_is_found_on_any_page() {
    let settings = settings(&[("form.form.webinar", "Webinar: sign up")], &portal());
    for theirs in ["Webinar: sign up", "Pricing: Webinar: sign up"] {
        let form = changed("contact", "recent_conversion_event_name", theirs, &settings);
        assert_eq!(form.properties["form"].as_text(), Some("webinar"), "{theirs}");
    }
}

proptest! {
    /// A webhook that came before the account was read and a poll that comes after it tell one event.
    #[test]
    fn the_identity_of_a_change_does_not_depend_on_what_is_known_of_the_account(
        property in prop::sample::select(vec!["dealstage", "hubspot_owner_id", "renewal", "closedate", "amount", "pipeline", "other"]),
        value in prop::sample::select(vec!["123456", "1001", "77", "1774915200000", "2026-03-31", "1200.50", "7781", "", "x"]),
    ) {
        let known = settings(&[("deal.stage.won", "Contract won")], &portal());
        let unknown = SourceSettings::new("hubspot-main");
        prop_assert_eq!(changed("deal", property, value, &known).id, changed("deal", property, value, &unknown).id);
    }
}
