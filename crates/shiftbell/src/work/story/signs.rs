//! What could be seen before a customer left, and whom to call.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::{Instant, MS_PER_DAY};
use shiftbell_metrics::value::Value;
use shiftbell_render::words;

/// Without an answered call, e-mail or meeting for so long, it is said.
const SILENT_DAYS: i64 = 30;
/// How far back a payment that failed is told of.
const PAYMENTS_DAYS: i64 = 180;

/// Signs of the time before `at`, as phrases.
pub(super) fn before(known: &[(Event, String)], at: Instant) -> Vec<String> {
    let earlier = || known.iter().map(|(event, _)| event).filter(|event| event.at < at);
    let mut signs = Vec::new();
    let answered = earlier().filter(|event| is_contact(event) && is(event, "answered"));
    if let Some(last) = answered.map(|event| event.at).max() {
        let days = at.since(last) / MS_PER_DAY;
        if days >= SILENT_DAYS {
            signs.push(format!("no two-way contact for {days} days"));
        }
    }
    let has_failed = |event: &&Event| {
        event.kind == "invoice"
            && event.properties.get("status").and_then(Value::as_text) == Some("payment_failed")
            && at.since(event.at) < PAYMENTS_DAYS * MS_PER_DAY
    };
    match earlier().filter(has_failed).count() {
        0 => {}
        1 => signs.push("1 payment failed in the last half-year".to_owned()),
        n => signs.push(format!("{} payments failed in the last half-year", words::count(n as u64))),
    }
    signs
}

/// Whoever was spoken with last, by name.
pub(super) fn whom(known: &[(Event, String)]) -> Option<String> {
    let spoken = known.iter().map(|(event, _)| event).filter(|event| event.names.contains_key(&EntityKind::Contact));
    let last = spoken.max_by_key(|event| (is_contact(event), event.at))?;
    let id = last.names.get(&EntityKind::Contact)?;
    let name = |field: &str| {
        let set = known.iter().filter(|(event, _)| event.names.get(&EntityKind::Contact) == Some(id));
        let set = set.filter_map(|(event, _)| {
            let text = event.set.get(&EntityKind::Contact)?.get(field)?.as_text()?;
            (!text.trim().is_empty()).then_some((event.at, text))
        });
        set.max_by_key(|(at, _)| *at).map(|(_, text)| text.to_owned())
    };
    let whole: Vec<String> = ["first_name", "last_name"].into_iter().filter_map(name).collect();
    (!whole.is_empty()).then(|| whole.join(" "))
}

fn is_contact(event: &Event) -> bool {
    ["call", "email", "meeting"].contains(&event.kind.as_str())
}

fn is(event: &Event, property: &str) -> bool {
    event.properties.get(property) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(lines: &[&str]) -> Vec<(Event, String)> {
        lines.iter().map(|line| (Event::from_json(line).unwrap(), "anything".to_owned())).collect()
    }

    #[test]
    fn long_silence_and_payments_that_failed_are_told() {
        let known = known(&[
            r#"{"id":"1","type":"call","at":"2026-10-09T10:00:00Z","company":"a","answered":true}"#,
            r#"{"id":"2","type":"call","at":"2026-11-12T10:00:00Z","company":"a","answered":false}"#,
            r#"{"id":"3","type":"invoice","at":"2026-09-01T10:00:00Z","subscription":"s","status":"payment_failed"}"#,
        ]);
        let at = |text: &str| Instant::parse(text).unwrap();
        assert_eq!(
            before(&known, at("2026-11-19T18:00:00Z")),
            ["no two-way contact for 41 days", "1 payment failed in the last half-year"]
        );
        assert_eq!(before(&known, at("2026-10-20T18:00:00Z")), ["1 payment failed in the last half-year"]);
        assert_eq!(before(&known, at("2026-08-01T18:00:00Z")), Vec::<String>::new());
    }

    #[test]
    fn whoever_was_spoken_with_last_is_called() {
        let known = known(&[
            r#"{"id":"1","type":"call","at":"2026-10-09T10:00:00Z","contact":"c-1","set":{"contact":{"first_name":"Ada","last_name":"Sample"}}}"#,
            r#"{"id":"2","type":"form","at":"2026-11-09T10:00:00Z","contact":"c-2","set":{"contact":{"first_name":"Ben"}}}"#,
        ]);
        assert_eq!(whom(&known).as_deref(), Some("Ada Sample"));
        assert_eq!(whom(&known[1..]).as_deref(), Some("Ben"));
        assert_eq!(whom(&[]), None);
    }
}
