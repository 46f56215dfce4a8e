//! CloudEvents, plain events, and lines of a file.

use serde_json::{Value as Json, json};
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::{Kind, Parsed, SourceSettings, file, parse};

const NOW: Instant = Instant(1_785_580_200_000);

fn parsed(body: &Json) -> Parsed {
    parse(Kind::Generic, body.to_string().as_bytes(), &SourceSettings::new("website"), NOW)
}

fn envelope(data: &Json) -> Json {
    json!({"specversion": "1.0", "id": "7", "source": "/shop", "type": "checkout", "time": "2026-08-01T09:30:00Z",
        "datacontenttype": "application/json", "data": data})
}

fn refused(body: &Json) -> String {
    let parsed = parsed(body);
    assert!(parsed.events.is_empty(), "{parsed:?}");
    parsed.unreadable[0].reason.clone()
}

#[test]
fn an_envelope_fills_what_its_event_leaves_out() {
    let event = parsed(&envelope(&json!({"contact": "c-1", "product": "small-parties"}))).events.remove(0);
    assert_eq!((event.id.as_str(), event.kind.as_str(), event.at), ("/shop#7", "checkout", Instant(1_785_576_600_000)));
    assert_eq!(event.properties.len(), 1);
    let whole = json!({"id": "e1", "type": "order", "at": "2026-07-01T00:00:00Z", "deal": "o-1", "contact": "c-1"});
    let event = parsed(&envelope(&whole)).events.remove(0);
    assert_eq!((event.id.as_str(), event.kind.as_str()), ("e1", "order"));
    assert_eq!(event, parsed(&whole).events[0]);
}

#[test]
fn an_envelope_without_a_time_happened_when_it_arrived() {
    let mut body = envelope(&json!({"contact": "c-1"}));
    body.as_object_mut().unwrap().remove("time");
    assert_eq!(parsed(&body).events[0].at, NOW);
}

#[test]
fn a_list_may_hold_envelopes_and_plain_events_and_bad_ones() {
    let plain = json!({"id": "e1", "type": "visit", "at": "2026-07-01T00:00:00Z", "visitor": "v"});
    let parsed = parsed(&json!([envelope(&json!({"contact": "c"})), plain, 1, {"id": "e2"}, envelope(&json!({}))]));
    assert_eq!(parsed.events.len(), 2);
    assert_eq!(parsed.events[1].names[&EntityKind::Visitor], "v");
    let reasons: Vec<String> =
        parsed.unreadable.iter().map(|bad| format!("{}: {}", bad.index.unwrap(), bad.reason)).collect();
    insta::assert_snapshot!(reasons.join("\n"), @r"
    2: an event is an object, found a number
    3: `type` is missing; an event needs `id`, `type` and `at`
    4: `data` of the CloudEvent: it names no entity; one of contact, company, deal, subscription or visitor is needed
    ");
}

#[test]
fn data_in_base64_are_data() {
    let mut body = envelope(&Json::Null);
    body.as_object_mut().unwrap().remove("data");
    body["data_base64"] = json!("eyJjb250YWN0IjoiYyJ9");
    assert_eq!(parsed(&body).events[0].names[&EntityKind::Contact], "c");
    body["data_base64"] = json!("!");
    assert!(refused(&body).contains("data_base64"));
}

#[test]
fn an_envelope_that_is_not_understood_says_why() {
    let but = |key: &str, value: Json| {
        let mut body = envelope(&json!({"contact": "c"}));
        body[key] = value;
        refused(&body)
    };
    assert!(but("specversion", json!("0.3")).contains("`0.3`"));
    assert!(but("specversion", json!(1)).contains("a number"));
    assert!(but("id", Json::Null).contains("`id` of the CloudEvent is missing"));
    assert!(but("time", json!("yesterday")).contains("yesterday"));
    assert!(but("datacontenttype", json!("text/xml")).contains("text/xml"));
    assert!(but("data", json!("<xml/>")).contains("text"));
    assert!(refused(&json!("hello")).contains("text"));
}

#[test]
fn a_long_identity_is_shortened_and_stays_the_same() {
    let mut body = envelope(&json!({"contact": "c"}));
    body["source"] = json!("x".repeat(600));
    let id = parsed(&body).events[0].id.clone();
    assert_eq!((id.len(), &id), (32, &parsed(&body).events[0].id));
}

#[test]
fn a_line_of_a_file_is_an_event_or_empty_or_a_reason() {
    let line = br#"{"id":"e1","type":"visit","at":"2026-07-01T00:00:00Z","visitor":"v"}"#;
    assert_eq!(file::line(line).unwrap().unwrap().id, "e1");
    assert_eq!(file::line(b" \r\n").unwrap(), None);
    assert_eq!(file::line(b"\xEF\xBB\xBF").unwrap(), None);
    assert!(file::line(b"{\"id\":").unwrap_err().contains("not a JSON object"));
    assert!(file::line(b"\xff").unwrap_err().contains("byte 0"));
    let whole = [&line[..], b"\n\nnonsense\n", &line[..]].concat();
    let parsed = parse(Kind::File, &whole, &SourceSettings::default(), NOW);
    assert_eq!((parsed.events.len(), parsed.unreadable[0].index), (2, Some(2)));
}
