//! The portal that our tests believe in behaves like the real one.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::json;
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::{Kind, Parsed, Request, Secret, SourceSettings, parse, verify};
use shiftbell_tests::fake_hubspot::{FakeHubSpot, Generation, Object, Signature};
use shiftbell_tests::sample::{DEFINITIONS, vocabulary};

const NOW: Instant = Instant(1_785_580_200_000);
const URL: &str = "https://shiftbell.example/hooks/clowns/hubspot-main";

fn portal() -> FakeHubSpot {
    FakeHubSpot::new(10_000_001, "client-secret", NOW)
}

/// A small story: a list import, a company, a deal, a merge and a deletion.
fn story(portal: &mut FakeHubSpot) {
    let contact = portal.import_contact(&[("email", "ann@sample.example"), ("hs_analytics_source", "OFFLINE")]);
    let company = portal.create(Object::Company, &[("name", "Sample Bank"), ("segment", "Business")]);
    portal.associate((Object::Contact, contact), (Object::Company, company));
    portal.set(Object::Contact, contact, "recent_conversion_event_name", "Meeting request");
    let deal = portal.create(Object::Deal, &[("dealname", "Sample Bank"), ("dealstage", "discovery")]);
    portal.associate((Object::Deal, deal), (Object::Contact, contact));
    portal.now = portal.now.plus_ms(5_000);
    portal.set(Object::Deal, deal, "dealstage", "closedwon");
    let other = portal.create(Object::Contact, &[]);
    let merged = portal.merge(Object::Contact, contact, other);
    portal.delete(Object::Contact, merged, true);
}

fn parsed(batches: &[Vec<serde_json::Value>]) -> Parsed {
    let whole: Vec<_> = batches.concat();
    let body = serde_json::Value::from(whole).to_string();
    parse(Kind::HubSpot, body.as_bytes(), &SourceSettings::new("hubspot-main"), NOW)
}

#[test]
fn every_generation_of_payloads_tells_the_same_story() {
    let told = [Generation::First, Generation::Legacy, Generation::Generic].map(|generation| {
        let mut portal = portal();
        portal.generation = generation;
        story(&mut portal);
        let parsed = parsed(&portal.batches());
        assert_eq!(parsed.unreadable, []);
        assert_eq!(parsed.ignored.values().sum::<u64>(), 2, "{:?}", parsed.ignored); // the other half of the primary company
        parsed.events
    });
    assert_eq!(told[0], told[1]);
    assert_eq!(told[1], told[2]);
    let kinds: BTreeSet<&str> = told[0].iter().map(|event| event.kind.as_str()).collect();
    let expected = ["company", "contact", "contact_created", "deal", "deleted", "form", "linked", "merged"];
    assert_eq!(kinds, BTreeSet::from(expected));
}

#[test]
fn a_shuffled_and_doubled_queue_has_the_same_events() {
    let (mut straight, mut crooked) = (portal(), portal());
    story(&mut straight);
    story(&mut crooked);
    crooked.duplicate_pending();
    crooked.shuffle_pending(3);
    let ids = |portal: &mut FakeHubSpot| -> Vec<String> {
        parsed(&portal.batches()).events.into_iter().map(|event| event.id).collect()
    };
    let (straight, crooked) = (ids(&mut straight), ids(&mut crooked));
    assert_eq!(crooked.len(), 2 * straight.len());
    assert_ne!(crooked[..straight.len()], straight[..]);
    assert_eq!(BTreeSet::from_iter(straight), BTreeSet::from_iter(crooked));
}

#[test]
fn nothing_changed_is_nothing_told() {
    let mut portal = portal();
    let contact = portal.import_contact(&[("email", "ann@sample.example")]);
    let deal = portal.create(Object::Deal, &[]);
    portal.associate((Object::Contact, contact), (Object::Deal, deal));
    let told = portal.pending();
    portal.set(Object::Contact, contact, "email", "ann@sample.example");
    portal.associate((Object::Deal, deal), (Object::Contact, contact));
    assert_eq!((told, portal.pending()), (5, 5));
}

#[test]
#[should_panic(expected = "is deleted")]
fn a_deleted_record_cannot_be_changed() {
    let mut portal = portal();
    let contact = portal.import_contact(&[]);
    portal.delete(Object::Contact, contact, false);
    portal.set(Object::Contact, contact, "email", "ann@sample.example");
}

#[tokio::test]
async fn batches_of_a_hundred_are_sent_again_until_they_are_taken() {
    let mut portal = portal();
    for number in 0..125 {
        portal.import_contact(&[("email", &format!("c{number}@sample.example"))]);
    }
    let (calls, bodies) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (seen, kept) = (calls.clone(), bodies.clone());
    let app = Router::new().route(
        "/hooks",
        post(async move |headers: HeaderMap, body: Bytes| {
            if seen.fetch_add(1, Ordering::SeqCst) < 2 {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            let request = Request { method: "POST", url: URL, header: &header, body: &body };
            let settings = SourceSettings { is_v3_required: true, ..SourceSettings::new("hubspot-main") };
            if let Err(refused) = verify(Kind::HubSpot, &request, &[Secret::new("client-secret")], &settings, NOW) {
                return StatusCode::from_u16(refused.status()).unwrap();
            }
            kept.lock().unwrap().push(body);
            StatusCode::ACCEPTED
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let sent = portal.deliver_to(&url, URL, NOW).await;
    server.abort();

    let counts: BTreeSet<usize> = sent.iter().map(|batch| batch.count).collect();
    assert_eq!((sent.len(), counts), (3, BTreeSet::from([50, 100])));
    assert!(sent.iter().all(|batch| batch.is_taken()), "{sent:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 5);
    let settings = SourceSettings::new("hubspot-main");
    let bodies = bodies.lock().unwrap();
    let events: usize = bodies.iter().map(|body| parse(Kind::HubSpot, body, &settings, NOW).events.len()).sum();
    assert_eq!((events, portal.pending()), (250, 0));
}

#[test]
fn each_signature_is_believed() {
    for signature in [Signature::V1, Signature::V2, Signature::V3] {
        let mut portal = portal();
        portal.signature = signature;
        let headers = portal.headers(URL, "[]", NOW);
        let header = |name: &str| {
            headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        let request = Request { method: "POST", url: URL, header: &header, body: b"[]" };
        let used = verify(Kind::HubSpot, &request, &[Secret::new("client-secret")], &SourceSettings::default(), NOW);
        assert!(used.is_ok(), "{signature:?}: {used:?}");
    }
}

/// The settings of the sample company's HubSpot.
fn sample_settings() -> SourceSettings {
    let checked = read("clowns-to-go.toml", DEFINITIONS, &vocabulary());
    let sample = checked.definitions.expect("the sample file has no problems");
    SourceSettings::of(sample.sources.iter().find(|source| source.id == "hubspot-main").unwrap())
}

#[test]
fn the_whole_left_side_of_b2b_can_arrive_by_webhook() {
    let mut portal = portal();
    let contact = portal.import_contact(&[("email", "ann@sample.example"), ("hubspot_owner_id", "1001")]);
    portal.user = "userId:2001".to_owned();
    let company = portal.create(Object::Company, &[("name", "Sample Bank"), ("segment", "Enterprise")]);
    portal.associate((Object::Contact, contact), (Object::Company, company));
    portal.set(Object::Contact, contact, "recent_conversion_event_name", "Corporate page: Meeting request");
    portal.user = "userId:2004".to_owned();
    portal.set(Object::Contact, contact, "meeting_status", "Scheduled");
    portal.set(Object::Contact, contact, "meeting_status", "Completed");
    let deal = portal.create(Object::Deal, &[("hubspot_owner_id", "1004"), ("product", "corporate-events")]);
    portal.associate((Object::Deal, deal), (Object::Contact, contact));
    portal.associate((Object::Deal, deal), (Object::Company, company));
    for (property, value) in [("amount", "18000"), ("bant", "Yes"), ("dealstage", "Contract won")] {
        portal.set(Object::Deal, deal, property, value);
    }
    let body = serde_json::Value::from(portal.batches().concat()).to_string();
    let parsed = parse(Kind::HubSpot, body.as_bytes(), &sample_settings(), NOW);
    assert_eq!(parsed.unreadable, []);

    let events: Vec<serde_json::Value> = parsed.events.iter().map(Event::to_json).collect();
    let has = |wanted: serde_json::Value| {
        let is_in =
            |event: &serde_json::Value| wanted.as_object().unwrap().iter().all(|(key, value)| &event[key] == value);
        assert!(events.iter().any(is_in), "no event has {wanted}");
    };
    let (contact, company, deal) = (contact.to_string(), company.to_string(), deal.to_string());
    has(json!({"type": "contact_created", "how": "import", "contact": contact}));
    has(json!({"type": "contact", "set": {"contact": {"owner": "bdr.one@clowns.example"}}}));
    has(json!({"type": "company", "set": {"company": {"segment": "business"}}}));
    has(json!({"type": "linked", "contact": contact, "company": company}));
    has(json!({"type": "form", "form": "meeting-request", "contact": contact}));
    has(json!({"type": "meeting", "status": "confirmed", "contact": contact, "owner": "ae.one@clowns.example"}));
    has(json!({"type": "meeting", "status": "held", "contact": contact}));
    has(json!({"type": "linked", "deal": deal, "company": company}));
    has(json!({"type": "linked", "deal": deal, "contact": contact}));
    has(json!({"type": "deal", "set": {"deal": {"amount": 18000, "annual_amount": 18000}}}));
    has(json!({"type": "deal", "set": {"deal": {"bant": "met"}}}));
    has(json!({"type": "deal", "set": {"deal": {"stage": "won"}}}));
}
