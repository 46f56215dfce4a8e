//! HubSpot's changes, as it sends them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;
use shiftbell_sources::{Kind, Parsed, SourceSettings, parse};

const AT: i64 = 1_785_580_200_000;

/// The map of the sample company, and the ids of two people.
fn settings() -> SourceSettings {
    let map: BTreeMap<String, Vec<String>> = serde_json::from_value(json!({
        "call.outcome.accepted": ["Connected"],
        "meeting.status.confirmed": ["Scheduled"],
        "meeting.status.no-show": ["No show"],
        "form.form.meeting-request": ["Meeting request"],
        "deal.stage.won": ["Contract won"],
        "deal.stage.lost": ["Closed lost"],
        "deal.bant.met": ["Yes"],
        "company.segment.business": ["Business", "Enterprise"],
        "contact.lead_score": ["HubSpot score"],
        "owner.bdr.one@clowns.example": ["1001"],
        "owner.ae.one@clowns.example": ["1003", "userId:98499705"],
    }))
    .unwrap();
    SourceSettings::new("hubspot-main").with_map(&map)
}

fn parsed(body: &Json) -> Parsed {
    parse(Kind::HubSpot, body.to_string().as_bytes(), &settings(), Instant(AT))
}

/// The one event of one element; what the element does not say is filled in.
fn event(element: Json) -> Event {
    let mut parsed = parsed(&json!([with_defaults(element)]));
    assert_eq!((parsed.events.len(), &parsed.ignored, &parsed.unreadable), (1, &BTreeMap::new(), &vec![]));
    parsed.events.remove(0)
}

fn with_defaults(mut element: Json) -> Json {
    let mut whole = json!({"eventId": 1, "portalId": 10_000_001, "occurredAt": AT, "objectId": 42, "attemptNumber": 0});
    whole.as_object_mut().unwrap().append(element.as_object_mut().unwrap());
    whole
}

fn change(object: &str, property: &str, value: &str) -> Event {
    let subscription = format!("{object}.propertyChange");
    event(json!({"subscriptionType": subscription, "propertyName": property, "propertyValue": value}))
}

fn ignored(element: Json) -> String {
    let parsed = parsed(&json!([with_defaults(element)]));
    assert!(parsed.events.is_empty() && parsed.unreadable.is_empty(), "{parsed:?}");
    parsed.ignored.into_keys().next().unwrap()
}

fn set(event: &Event, kind: EntityKind, field: &str) -> Value {
    event.set[&kind][field].clone()
}

fn fixture(text: &str) -> Parsed {
    parse(Kind::HubSpot, text.as_bytes(), &SourceSettings::new("hubspot-main"), Instant(AT))
}

#[test]
fn the_three_generations_of_payloads_are_read() {
    let first = fixture(include_str!("../fixtures/hubspot_docs_2016_eventType.json"));
    assert_eq!(set(&first.events[0], EntityKind::Contact, "lifecycle"), Value::text("subscriber"));
    assert_eq!(first.events[1].kind, "contact_created");
    assert_eq!(first.events[1].properties["how"], Value::text("import"));

    let legacy = fixture(include_str!("../fixtures/hubspot_legacy_batch.json"));
    let kinds: Vec<&str> = legacy.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["deal", "deal", "deal", "deleted"]);
    assert_eq!(legacy.events[0].properties["change"], Value::text("created"));
    assert_eq!(set(&legacy.events[1], EntityKind::Deal, "stage"), Value::text("qualifiedtobuy"));
    assert_eq!(set(&legacy.events[2], EntityKind::Deal, "amount"), Value::Number(2000.into()));
    assert_eq!(legacy.events[3].names[&EntityKind::Deal], "332507367156");

    let generic = fixture(include_str!("../fixtures/hubspot_object_star.json"));
    assert_eq!(set(&generic.events[0], EntityKind::Contact, "email_domain"), Value::text("example.com"));
    assert_eq!(generic.ignored, BTreeMap::from([("records of custom objects are not counted".to_owned(), 1)]));
    assert!([&first, &legacy, &generic].iter().all(|parsed| parsed.unreadable.is_empty()));
}

#[test]
fn a_change_sent_again_or_through_two_subscriptions_is_one_event() {
    let element = json!({"subscriptionType": "deal.propertyChange", "propertyName": "amount", "propertyValue": "5",
        "subscriptionId": 7});
    let again = json!({"subscriptionType": "object.propertyChange", "objectTypeId": "0-3", "propertyName": "amount",
        "propertyValue": "5", "subscriptionId": 8, "attemptNumber": 3});
    assert_eq!(event(element.clone()).id, event(again).id);
    let mut renumbered = element.clone();
    renumbered["eventId"] = json!(2);
    assert_eq!(event(element.clone()).id, event(renumbered).id, "a poll does not know that number");
    for (key, other) in [("propertyValue", json!("6")), ("occurredAt", json!(AT + 1)), ("objectId", json!(43))] {
        let mut changed = element.clone();
        changed[key] = other;
        assert_ne!(event(element.clone()).id, event(changed).id, "{key}");
    }
}

#[test]
fn the_words_of_the_map_become_ours() {
    assert_eq!(set(&change("deal", "dealstage", "Contract won"), EntityKind::Deal, "stage"), Value::text("won"));
    assert_eq!(set(&change("deal", "dealstage", "closedwon"), EntityKind::Deal, "stage"), Value::text("won"));
    assert_eq!(set(&change("deal", "bant", "Yes"), EntityKind::Deal, "bant"), Value::text("met"));
    assert_eq!(
        set(&change("company", "segment", "enterprise"), EntityKind::Company, "segment"),
        Value::text("business")
    );
    assert_eq!(
        set(&change("contact", "hubspotscore", "12"), EntityKind::Contact, "lead_score"),
        Value::Number(12.into())
    );
    assert_eq!(
        set(&change("contact", "hs_lead_status", "UNQUALIFIED"), EntityKind::Contact, "status"),
        Value::text("disqualified")
    );
    assert_eq!(
        set(&change("deal", "product", "large-parties"), EntityKind::Deal, "product"),
        Value::text("large-parties")
    );
}

#[test]
fn an_owner_becomes_a_person_where_the_map_knows_the_id() {
    let known = change("deal", "hubspot_owner_id", "1003");
    assert_eq!(set(&known, EntityKind::Deal, "owner"), Value::text("ae.one@clowns.example"));
    assert_eq!(known.owner.as_deref(), Some("ae.one@clowns.example"));
    assert_eq!(set(&change("deal", "hubspot_owner_id", "9"), EntityKind::Deal, "owner"), Value::text("9"));
    let cleared = change("deal", "hubspot_owner_id", "");
    assert_eq!((set(&cleared, EntityKind::Deal, "owner"), cleared.owner), (Value::Null, None));
}

#[test]
fn whoever_edits_a_record_does_not_own_it() {
    let edited =
        event(json!({"subscriptionType": "deal.propertyChange", "propertyName": "dealstage", "propertyValue": "x",
        "sourceId": "userId:98499705"}));
    assert_eq!(edited.owner, None);
}

#[test]
fn a_form_and_a_meeting_come_from_properties_of_the_contact() {
    for value in ["Meeting request", "Landing page: Meeting request"] {
        let form = change("contact", "recent_conversion_event_name", value);
        assert_eq!((form.kind.as_str(), &form.properties["form"]), ("form", &Value::text("meeting-request")));
        assert!(form.set.is_empty());
    }
    let meeting = event(json!({"subscriptionType": "contact.propertyChange", "propertyName": "meeting_status",
        "propertyValue": "SCHEDULED", "sourceId": "userId:98499705"}));
    assert_eq!((meeting.kind.as_str(), &meeting.properties["status"]), ("meeting", &Value::text("confirmed")));
    assert_eq!(meeting.owner.as_deref(), Some("ae.one@clowns.example"));
    assert!(
        ignored(json!({"subscriptionType": "contact.propertyChange", "propertyName": "meeting_status",
        "propertyValue": ""}))
        .contains("cleared")
    );
}

#[test]
fn an_amount_is_money_only_where_the_currency_is_known() {
    let plain = change("deal", "amount", "18000.50");
    assert_eq!(set(&plain, EntityKind::Deal, "annual_amount"), Value::Number("18000.50".parse().unwrap()));
    let mut settings = settings();
    settings.currency = Some(Currency::USD);
    let body = json!([with_defaults(json!({"subscriptionType": "deal.propertyChange", "propertyName": "amount",
        "propertyValue": "18000.50"}))]);
    let parsed = parse(Kind::HubSpot, body.to_string().as_bytes(), &settings, Instant(AT));
    assert_eq!(set(&parsed.events[0], EntityKind::Deal, "amount"), Value::Money(Money::new(1_800_050, Currency::USD)));
}

#[test]
fn times_in_milliseconds_are_readable_as_times() {
    let closes = change("deal", "closedate", "1785580200000");
    assert_eq!(set(&closes, EntityKind::Deal, "close_at").as_instant(), Some(Instant(AT)));
}

#[test]
fn a_sensitive_value_is_not_taken_for_text() {
    let event =
        event(json!({"subscriptionType": "object.propertyChange", "objectTypeId": "0-1", "propertyName": "health",
        "propertyValue": "REDACTED", "isSensitive": true}));
    assert_eq!(set(&event, EntityKind::Contact, "health"), Value::Null);
    assert_eq!(event.properties["redacted"], Value::Bool(true));
}

#[test]
fn a_merge_gives_one_event_for_each_record_that_is_no_more() {
    let element = json!({"subscriptionType": "contact.merge", "primaryObjectId": 1, "mergedObjectIds": [1, 2, 3], "newObjectId": 9});
    let parsed = parsed(&json!([with_defaults(element)]));
    let gone: Vec<&str> = parsed.events.iter().map(|event| event.names[&EntityKind::Contact].as_str()).collect();
    assert_eq!(gone, ["1", "2", "3"]);
    assert!(parsed.events.iter().all(|event| event.kind == "merged" && event.properties["into"] == Value::text("9")));
    assert_eq!(parsed.events.iter().map(|event| &event.id).collect::<std::collections::BTreeSet<_>>().len(), 3);
    let old = event(json!({"subscriptionType": "company.merge", "primaryObjectId": 1, "mergedObjectIds": [2]}));
    assert_eq!((old.names[&EntityKind::Company].as_str(), &old.properties["into"]), ("2", &Value::text("1")));
}

#[test]
fn an_association_links_and_unlinks_in_both_directions() {
    let element = |kind: &str, removed: bool| {
        json!({"subscriptionType": "contact.associationChange", "associationType": kind, "fromObjectId": 1, "toObjectId": 2,
            "associationRemoved": removed, "isPrimaryAssociation": true})
    };
    let made = event(element("CONTACT_TO_COMPANY", false));
    assert_eq!((made.kind.as_str(), made.names.len()), ("linked", 2));
    assert_eq!((&made.names[&EntityKind::Contact][..], &made.names[&EntityKind::Company][..]), ("1", "2"));
    let back = event(element("COMPANY_TO_DEAL", true));
    assert_eq!((back.kind.as_str(), &back.names[&EntityKind::Deal][..]), ("unlinked", "2"));
    assert_ne!(made.id, event(element("CONTACT_TO_COMPANY", true)).id);
    let generic = event(json!({"subscriptionType": "object.associationChange", "fromObjectTypeId": "0-1",
        "toObjectTypeId": "0-2", "fromObjectId": 1, "toObjectId": 2, "associationRemoved": false, "isPrimaryAssociation": true}));
    assert_eq!(generic, made);
    let second = json!({"subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_COMPANY",
        "fromObjectId": 1, "toObjectId": 3, "isPrimaryAssociation": false});
    assert!(ignored(second).contains("primary"));
    assert!(ignored(element("CONTACT_TO_TICKET", false)).contains("CONTACT_TO_TICKET"));
}

#[test]
fn deletion_restoration_and_privacy_have_their_words() {
    assert_eq!(event(json!({"subscriptionType": "contact.deletion"})).kind, "deleted");
    assert_eq!(event(json!({"subscriptionType": "deal.restore"})).kind, "restored");
    let privacy = event(json!({"subscriptionType": "contact.privacyDeletion"}));
    assert_eq!((privacy.kind.as_str(), &privacy.properties["reason"]), ("deleted", &Value::text("privacy")));
}

#[test]
fn what_is_authentic_but_not_wanted_is_counted_by_reason() {
    for (element, word) in [
        (json!({"subscriptionType": "object.creation", "objectTypeId": "0-48"}), "activities"),
        (json!({"subscriptionType": "object.creation", "objectTypeId": "0-69"}), "billing"),
        (json!({"subscriptionType": "object.creation", "objectTypeId": "0-5"}), "0-5"),
        (json!({"subscriptionType": "ticket.creation"}), "ticket"),
        (json!({"subscriptionType": "conversation.newMessage"}), "conversation"),
        (json!({"subscriptionType": "contact.somethingNew"}), "somethingNew"),
        (json!({"subscriptionType": "nonsense"}), "nonsense"),
    ] {
        assert!(ignored(element.clone()).contains(word), "{element}");
    }
    let mut settings = settings();
    settings.account = Some("10000001".to_owned());
    let body = json!([
        with_defaults(json!({"subscriptionType": "contact.creation", "portalId": 33})),
        with_defaults(json!({"subscriptionType": "contact.creation"}))
    ]);
    let parsed = parse(Kind::HubSpot, body.to_string().as_bytes(), &settings, Instant(AT));
    assert_eq!(
        (parsed.events.len(), parsed.ignored),
        (1, BTreeMap::from([("it is of account 33, not of 10000001".to_owned(), 1)]))
    );
}

#[test]
fn one_bad_element_does_not_lose_the_others() {
    let body = json!([
        with_defaults(json!({"subscriptionType": "contact.creation"})),
        {"subscriptionType": "contact.creation", "objectId": 7},
        {"subscriptionType": "contact.creation", "occurredAt": AT},
        {"occurredAt": AT, "objectId": 7},
        17,
        with_defaults(json!({"subscriptionType": "contact.creation", "objectId": [1]})),
        with_defaults(json!({"subscriptionType": "contact.creation", "occurredAt": "soon"})),
        with_defaults(json!({"subscriptionType": "contact.merge", "primaryObjectId": 1, "mergedObjectIds": []})),
        with_defaults(json!({"subscriptionType": "contact.creation", "objectId": 8})),
    ]);
    let parsed = parsed(&body);
    assert_eq!(parsed.events.len(), 2);
    let reasons: Vec<String> =
        parsed.unreadable.iter().map(|bad| format!("{}: {}", bad.index.unwrap(), bad.reason)).collect();
    insta::assert_snapshot!(reasons.join("\n"), @r"
    1: `occurredAt` is missing; milliseconds since 1970 were expected
    2: `objectId` is missing; the id of a record was expected
    3: `subscriptionType` is missing; such as `contact.creation` was expected
    4: a change is an object, found a number
    5: `objectId` is a list; text or a number was expected
    6: `occurredAt` is `soon`; milliseconds since 1970 were expected
    7: a merge names no record besides the one that stays; `mergedObjectIds` was expected
    ");
}

#[test]
fn a_body_that_is_no_list_of_changes_says_what_it_is() {
    let reason = |body: &[u8]| {
        let parsed = parse(Kind::HubSpot, body, &settings(), Instant(AT));
        assert!(parsed.events.is_empty() && parsed.ignored.is_empty());
        assert_eq!((parsed.unreadable.len(), parsed.unreadable[0].index), (1, None));
        parsed.unreadable[0].reason.clone()
    };
    assert!(reason(b"").contains("empty"));
    assert!(reason(b"{}").contains("an object"));
    assert!(reason(b"[{\"eventId\":1,").contains("cut off after 14 bytes"));
    assert!(reason(b"[\xff]").contains("byte 1"));
    assert!(reason(b"hello").contains("not JSON"));
    assert!(reason("[".repeat(5_000_000).as_bytes()).contains("not JSON"));
}

#[test]
fn that_an_activity_was_deleted_is_taken_and_told_of_the_same_record_as_a_poll_would() {
    let deleted = event(json!({"subscriptionType": "object.deletion", "objectTypeId": "0-48"}));
    assert_eq!(deleted.kind, "deleted");
    let (kind, id) = deleted.names.first_key_value().unwrap();
    assert_eq!(*kind, EntityKind::Activity);
    assert!(id.starts_with("call/"), "{id}");
}
