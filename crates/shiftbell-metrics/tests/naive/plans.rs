//! Subscriptions as billing tells of them: quantities, intervals, trials, pauses, cancels and swaps.

use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_HOUR};

use super::generator::Teller;

pub(crate) fn subscription(told: &mut Teller, whom: &str, id: &str, start: Instant) {
    let mut at = told.later(start);
    if told.chance.percent(25) {
        // Who paid a year ago already, or half a year.
        at = at.plus_ms(-(told.chance.pick(&[180, 365, 450]) + told.chance.below(60) as i64) * MS_PER_DAY);
    }
    let (change, status) = told.chance.pick(&[
        ("started", ""),
        ("started", ""),
        ("started", r#""status":"active","#),
        ("created", r#""status":"trialing","#),
        ("created", r#""status":"incomplete","#),
    ]);
    let begins = match told.chance.below(6) {
        0 => format!(r#""starts_at":"{}","#, at.plus_ms(5 * MS_PER_DAY)),
        _ => String::new(),
    };
    let renews = match told.chance.below(3) {
        0 => format!(r#""renews_at":"{}","#, at.plus_ms(30 * MS_PER_DAY)),
        _ => String::new(),
    };
    let (items, coupons) = (items(told), if told.chance.percent(25) { coupons(told, at) } else { String::new() });
    told.tell(at, &of(id, whom, change, "", &format!(r#"{status}{begins}{renews}{coupons}"items":{items}"#)));
    for _ in 0..told.chance.below(6) {
        at = told.later(at);
        let whom = if told.chance.percent(15) { whom } else { "" };
        turn(told, id, whom, at);
    }
    if told.chance.percent(25) {
        swap(told, id, whom, at);
    }
}

/// The JSON of a change of a subscription.
fn of(id: &str, whom: &str, change: &str, says: &str, set: &str) -> String {
    let comma = if whom.is_empty() { "" } else { "," };
    format!(
        r#""type":"subscription","subscription":"{id}"{comma}{whom},"change":"{change}"{says},"set":{{"subscription":{{{set}}}}}"#
    )
}

fn turn(told: &mut Teller, id: &str, whom: &str, at: Instant) {
    let end = at.plus_ms(told.chance.below(40) as i64 * MS_PER_DAY);
    let reason = told.chance.pick(&["", r#","reason":"too dear""#, r#","reason":"payment_failed""#, r#","reason":"""#]);
    let (change, says, set) = match told.chance.below(16) {
        14 => ("updated", String::new(), format!(r#"{}"items":{}"#, coupons(told, at), items(told))),
        15 => ("updated", String::new(), coupons(told, at).trim_end_matches(',').to_owned()),
        0..3 => ("updated", String::new(), format!(r#""items":{}"#, items(told))),
        3 => ("updated", format!(r#","effective_at":"{end}""#), format!(r#""items":{}"#, items(told))),
        4 => ("cancel_scheduled", reason.to_owned(), format!(r#""ends_at":"{end}""#)),
        5 => ("cancel_withdrawn", String::new(), String::new()),
        6 => ("renewed", String::new(), format!(r#""renews_at":"{end}""#)),
        7 | 8 => ("ended", reason.to_owned(), String::new()),
        9 => ("paused", String::new(), String::new()),
        10 => ("resumed", String::new(), String::new()),
        11 => ("updated", String::new(), r#""status":"past_due""#.to_owned()),
        12 => ("updated", reason.to_owned(), r#""status":"unpaid""#.to_owned()),
        _ => ("updated", String::new(), r#""status":"active""#.to_owned()),
    };
    told.tell(at, &of(id, whom, change, &says, &set));
    if told.chance.percent(15) {
        // A bill for part of a month changes nothing of what is paid a month.
        told.tell(at, &format!(r#""type":"invoice","subscription":"{id}","amount":"16.45","reason":"proration""#));
    }
}

/// Cancelled and taken anew within a day, or nearly.
fn swap(told: &mut Teller, id: &str, whom: &str, at: Instant) {
    told.tell(at, &of(id, "", "ended", "", ""));
    let hours = told.chance.pick(&[0, 1, 23, 24, 25, 48]);
    let items = items(told);
    told.tell(
        at.plus_ms(hours * MS_PER_HOUR),
        &of(&format!("{id}-new"), whom, "started", "", &format!(r#""items":{items}"#)),
    );
}

/// Up to two coupons, or none any more.
fn coupons(told: &mut Teller, at: Instant) -> String {
    let until = at.plus_ms(told.chance.below(60) as i64 * MS_PER_DAY);
    let mut coupons = Vec::new();
    for _ in 0..told.chance.below(3) {
        let off = told.chance.pick(&[
            r#""percent_off":50"#,
            r#""percent_off":25"#,
            r#""percent_off":100"#,
            r#""percent_off":150"#,
            r#""amount_off":"5""#,
            r#""amount_off":"30.10""#,
            r#""amount_off":"12","currency":"EUR""#,
        ]);
        let lasts = told.chance.pick(&[
            r#""duration":"forever""#,
            r#""duration":"repeating","months":1"#,
            r#""duration":"repeating","months":3"#,
            r#""duration":"once""#,
            "",
        ]);
        let until = format!(r#""duration":"forever","until":"{until}""#);
        let lasts = if lasts.is_empty() { &until } else { lasts };
        let id = told.chance.pick(&["", r#""id":"spring","#, r#""id":"friend","#]);
        coupons.push(format!("{{{id}{off},{lasts}}}"));
    }
    format!(r#""coupons":[{}],"#, coupons.join(","))
}

fn items(told: &mut Teller) -> String {
    let mut items = Vec::new();
    for _ in 0..1 + told.chance.below(2) {
        let amount = told.chance.pick(&["25", "50", "99.99", "120.50", "2000", "0", "7.77"]);
        let interval = told.chance.pick(&["month", "month", "week", "year", "day"]);
        let more = told.chance.pick(&[
            "",
            r#","quantity":3"#,
            r#","interval_count":2"#,
            r#","interval_count":3,"quantity":2"#,
            r#","product":"small-parties""#,
            r#","product":"corporate-events","quantity":4"#,
            r#","plan":"gold""#,
            r#","currency":"EUR""#,
            r#","currency":"EUR","product":"small-parties""#,
            r#","currency":"GBP""#,
            r#","metered":true"#,
            r#","interval_count":0"#,
        ]);
        items.push(format!(r#"{{"amount":"{amount}","interval":"{interval}"{more}}}"#));
    }
    format!("[{}]", items.join(","))
}
