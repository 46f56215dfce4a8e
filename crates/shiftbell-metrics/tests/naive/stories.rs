//! What may happen in an account.

use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND};

use super::generator::Teller;

const OWNERS: [&str; 4] = ["ann@naive.example", "Bob@naive.example", "bob@naive.example", "cy@naive.example"];

/// The names of those of whom a story tells.
struct Names {
    number: usize,
    company: Option<String>,
    contact: String,
}

impl Names {
    /// `"contact":"c1"`, and at times the company beside it.
    fn contact(&self, told: &mut Teller) -> String {
        let contact = format!(r#""contact":"{}""#, self.contact);
        match &self.company {
            Some(company) if told.chance.percent(40) => format!(r#"{contact},"company":"{company}""#),
            _ => contact,
        }
    }

    fn company(&self) -> String {
        self.company
            .as_ref()
            .map_or_else(|| format!(r#""contact":"{}""#, self.contact), |company| format!(r#""company":"{company}""#))
    }
}

/// One account: a company with its people, or somebody alone.
pub(crate) fn account(told: &mut Teller, number: usize) {
    let company = told.chance.percent(65).then(|| format!("a{number}"));
    let mut people = Vec::new();
    for index in 0..1 + usize::from(company.is_some() && told.chance.percent(45)) {
        people.push(Names { number, company: company.clone(), contact: format!("c{number}-{index}") });
    }
    if let Some(company) = &company {
        firm(told, company);
    }
    let start = told.beginning();
    for names in &people {
        let at = if told.chance.percent(50) { start } else { told.later(start) };
        if told.chance.percent(30) { straight(told, names, &people, at) } else { person(told, names, at) }
    }
    for index in 0..told.chance.pick(&[0, 0, 1, 1, 2]) {
        deal(told, &people, &format!("d{number}-{index}"), start);
    }
    for index in 0..told.chance.pick(&[0, 0, 1, 2]) {
        super::plans::subscription(told, &people[0].company(), &format!("s{number}-{index}"), start);
    }
    after(told, &people[0], start);
    if told.chance.percent(30) {
        disorder(told, &people, start);
    }
}

fn firm(told: &mut Teller, company: &str) {
    let mut at = told.beginning();
    for _ in 0..told.chance.below(3) {
        let set = told.chance.pick(&[
            r#""segment":"business""#,
            r#""segment":"business","country":"DE""#,
            r#""segment":"business","owner":"Ann@naive.example""#,
            r#""segment":"home""#,
            r#""country":"US""#,
            r#""country":null,"segment":"business""#,
        ]);
        told.tell(at, &format!(r#""type":"company","company":"{company}","set":{{"company":{{{set}}}}}"#));
        at = told.later(at);
    }
}

fn person(told: &mut Teller, names: &Names, start: Instant) {
    let mut at = start;
    if told.chance.percent(40) {
        let visitor = format!("v{}", names.contact);
        told.tell(at, &format!(r#""type":"page_view","visitor":"{visitor}""#));
        at = told.later(at);
        if told.chance.percent(70) {
            let who = names.contact(told);
            told.tell(at, &format!(r#""type":"page_view","visitor":"{visitor}",{who}"#));
        }
    }
    for _ in 0..1 + told.chance.below(6) {
        let rest = step(told);
        let who = names.contact(told);
        told.tell(at, &format!("{rest},{who}"));
        if rest.contains(r#""form":"demo""#) && told.chance.percent(30) {
            // The second telling of one form.
            let again = at.plus_ms(told.chance.pick(&[30 * MS_PER_SECOND, 2 * MS_PER_MINUTE, 3 * MS_PER_MINUTE]));
            told.tell(again, &format!("{rest},{who}"));
        }
        at = told.later(at);
    }
}

/// From stage to stage without a detour, often just in time.
fn straight(told: &mut Teller, names: &Names, people: &[Names], start: Instant) {
    let deal = format!(r#","deal":"d{}""#, names.contact);
    let steps = [
        (r#""type":"contact_created","set":{"contact":{"owner":"ann@naive.example","source":"list"}}"#, ""),
        (r#""type":"form","form":"demo","set":{"contact":{"lead_score":30}}"#, ""),
        (r#""type":"meeting","status":"confirmed","by":"ae","owner":"ann@naive.example""#, ""),
        (r#""type":"checkout""#, ""),
        (r#""type":"deal","set":{"deal":{"bant":"met","annual_amount":"1200.30","owner":"bob@naive.example"}}"#, &deal),
        (r#""type":"deal","set":{"deal":{"stage":"won"}}"#, &deal),
        (r#""type":"show_held""#, ""),
    ];
    let mut at = start;
    for (rest, deal) in steps {
        let who = names.contact(told);
        told.tell(at, &format!("{rest}{deal},{who}"));
        if rest.contains(r#""bant":"met""#) && told.chance.percent(60) {
            // Others take part, who have asked for nothing or came by another way.
            let other = &people[told.chance.below(people.len())].contact;
            told.tell(at, &format!(r#""type":"deal"{deal},"contact":"{other}""#));
        }
        if rest.contains(r#""stage":"won""#) && told.chance.percent(30) {
            // The next deal, in the moment in which the first is won.
            let set = r#""set":{"deal":{"bant":"met","product":"small-parties"}}"#;
            told.tell(at, &format!(r#""type":"deal","deal":"d{}-next",{who},{set}"#, names.contact));
        }
        at = if told.chance.percent(25) { at } else { told.window_later(at) };
        if told.chance.percent(10) {
            return;
        }
    }
}

/// Something that a person does or that is said of one.
fn step(told: &mut Teller) -> &'static str {
    told.chance.pick(&[
        r#""type":"contact_created""#,
        r#""type":"contact_created","set":{"contact":{"source":"ads","owner":"bob@naive.example"}}"#,
        r#""type":"form","form":"demo""#,
        r#""type":"form","form":"demo","owner":"Bob@naive.example""#,
        r#""type":"form","form":"price-list","set":{"contact":{"source":"Ads"}}"#,
        r#""type":"contact","set":{"contact":{"lead_score":12}}"#,
        r#""type":"contact","owner":"ann@naive.example","set":{"contact":{"lead_score":4,"country":"US"}}"#,
        r#""type":"contact","set":{"contact":{"lead_score":"11","product":"Small Parties"}}"#,
        r#""type":"contact","set":{"contact":{"owner":"cy@naive.example","product":"corporate-events"}}"#,
        r#""type":"contact","set":{"contact":{"owner":null,"source":"list"}}"#,
        r#""type":"contact","set":{"contact":{"status":"disqualified"}}"#,
        r#""type":"contact","set":{"contact":{"status":"working","source":"call"}}"#,
        r#""type":"contact","set":{"contact":{"product":""}}"#,
        r#""type":"meeting","status":"confirmed","owner":"ann@naive.example""#,
        r#""type":"meeting","status":"confirmed","by":"ae""#,
        r#""type":"meeting","status":"confirmed","by":"bdr""#,
        r#""type":"meeting","status":"held","owner":"ann@naive.example""#,
        r#""type":"meeting","status":"no-show""#,
        r#""type":"checkout""#,
        r#""type":"checkout_expired""#,
        r#""type":"call","outcome":"accepted","direction":"out","owner":"bob@naive.example""#,
        r#""type":"call","outcome":"accepted","direction":"in""#,
        r#""type":"call","direction":"out","owner":"ann@naive.example""#,
        r#""type":"email","direction":"out""#,
        r#""type":"email","direction":"in""#,
    ])
}

fn deal(told: &mut Teller, people: &[Names], id: &str, start: Instant) {
    let mut at = told.later(start);
    let names = &people[told.chance.below(people.len())];
    let whom = match told.chance.below(5) {
        0 => names.company(),
        1 if people.len() > 1 => format!(r#""contact":"{}""#, people[0].contact),
        2 => format!(r#""contact":"{}",{}"#, names.contact, names.company()).replacen(
            &format!(r#","contact":"{}""#, names.contact),
            "",
            1,
        ),
        _ => format!(r#""contact":"{}""#, names.contact),
    };
    let set = opening(told);
    told.tell(at, &format!(r#""type":"deal","deal":"{id}",{whom},"set":{{"deal":{set}}}"#));
    for _ in 0..told.chance.below(5) {
        at = told.later(at);
        let rest = move_of(told);
        let who = match told.chance.below(6) {
            0 => format!(r#","contact":"{}""#, people[told.chance.below(people.len())].contact),
            1 => format!(",{}", names.company()),
            _ => String::new(),
        };
        told.tell(at, &format!(r#"{rest},"deal":"{id}"{who}"#));
    }
}

fn opening(told: &mut Teller) -> String {
    let owner = told.chance.pick(&OWNERS);
    let amount = 100 + told.chance.below(50) * 37;
    let set = told.chance.pick(&[
        r#""bant":"met""#,
        r#""bant":"met","product":"small-parties""#,
        r#""bant":"open","product":"corporate-events""#,
        r#""stage":"open""#,
        r#""bant":"met","stage":"won""#,
    ]);
    match told.chance.below(4) {
        0 => format!("{{{set}}}"),
        1 => format!(r#"{{{set},"annual_amount":{amount},"owner":"{owner}"}}"#),
        2 => format!(r#"{{{set},"annual_amount":{{"amount":"{amount}.50","currency":"EUR"}}}}"#),
        _ => {
            format!(r#"{{{set},"annual_amount":"{amount}.25","annual_list_amount":{},"owner":"{owner}"}}"#, amount + 50)
        }
    }
}

/// Something that happens to a deal.
fn move_of(told: &mut Teller) -> &'static str {
    told.chance.pick(&[
        r#""type":"deal","set":{"deal":{"bant":"met"}}"#,
        r#""type":"deal","set":{"deal":{"stage":"won","annual_amount":1300}}"#,
        r#""type":"deal","set":{"deal":{"stage":"won"}}"#,
        r#""type":"deal","set":{"deal":{"stage":"lost"}}"#,
        r#""type":"deal","set":{"deal":{"stage":"lost","lost_reason":"no decision"}}"#,
        r#""type":"deal","set":{"deal":{"lost_reason":"too dear"}}"#,
        r#""type":"deal","set":{"deal":{"stage":"open"}}"#,
        r#""type":"deal","set":{"deal":{"product":"Corporate_Events","owner":"cy@naive.example"}}"#,
        r#""type":"deal","owner":"Bob@naive.example","set":{"deal":{"annual_amount":"900.10"}}"#,
        r#""type":"deal","set":{"deal":{"annual_amount":777,"currency":"EUR"}}"#,
        r#""type":"deal","set":{"deal":{"next_step_at":"2026-09-01T00:00:00Z"}}"#,
        r#""type":"deal","set":{"deal":{"next_step_at":"2026-04-01T00:00:00Z","product":null}}"#,
        r#""type":"order","status":"created","set":{"deal":{"annual_amount":250.5}}"#,
        r#""type":"order","status":"paid""#,
        r#""type":"meeting","status":"held","owner":"ann@naive.example""#,
        r#""type":"call","direction":"out","outcome":"accepted""#,
        r#""type":"email","direction":"in","set":{"deal":{"stage":"won"}}"#,
    ])
}

/// What happens to a customer, and what it cost.
fn after(told: &mut Teller, names: &Names, start: Instant) {
    let mut at = told.later(start);
    for _ in 0..told.chance.below(5) {
        at = told.later(at);
        let rest = told.chance.pick(&[
            r#""type":"show_held""#,
            r#""type":"show_held""#,
            r#""type":"ended""#,
            r#""type":"call","direction":"out","owner":"bob@naive.example""#,
            r#""type":"spend","amount":{"amount":"10.01","currency":"USD"}"#,
            r#""type":"spend","amount":25,"motion":"b2c""#,
            r#""type":"spend","amount":{"amount":"7","currency":"EUR"},"motion":"nowhere""#,
            r#""type":"spend","amount":{"amount":"300.33","currency":"EUR"}"#,
            r#""type":"spend","amount":{"amount":"3","currency":"GBP"}"#,
            r#""type":"spend","for":"everything","amount":1200"#,
            r#""type":"spend","for":"everything","amount":{"amount":"-7.77","currency":"EUR"}"#,
        ]);
        let who = names.company();
        told.tell(at, &format!("{rest},{who}"));
    }
}

/// What goes wrong with records: moved, taken apart, deleted, tests.
fn disorder(told: &mut Teller, people: &[Names], start: Instant) {
    let names = &people[told.chance.below(people.len())];
    let (contact, number) = (&names.contact, names.number);
    let at = told.later(start);
    let at = told.later(at);
    match told.chance.below(7) {
        0 => {
            // To another company; the old link ends a moment later, or just before.
            let end = at.plus_ms(told.chance.pick(&[-3, 0, 4, 10]) * MS_PER_SECOND);
            told.tell(at, &format!(r#""type":"linked","contact":"{contact}","company":"a{}""#, number + 1));
            if let Some(company) = &names.company {
                told.tell(end, &format!(r#""type":"unlinked","contact":"{contact}","company":"{company}""#));
            }
        }
        1 => {
            if let Some(company) = &names.company {
                told.tell(at, &format!(r#""type":"unlinked","contact":"{contact}","company":"{company}""#));
            }
        }
        2 => told.tell(at, &format!(r#""type":"unlinked","deal":"d{number}-0","contact":"{contact}""#)),
        3 => {
            told.tell(at, &format!(r#""type":"deleted","contact":"{contact}""#));
            if told.chance.percent(50) {
                told.tell(at.plus_ms(MS_PER_DAY), &format!(r#""type":"restored","contact":"{contact}""#));
            }
        }
        4 => told.tell(at, &format!(r#""type":"deleted","deal":"d{number}-0""#)),
        5 => {
            let set = told.chance.pick(&[r#""email":"x@naive.example""#, r#""email":"x@Naive.Example ""#]);
            told.tell(at, &format!(r#""type":"contact","contact":"{contact}","set":{{"contact":{{{set}}}}}"#));
            if told.chance.percent(30) {
                let set = r#""email":"x@else.example""#;
                told.tell(
                    at.plus_ms(MS_PER_DAY),
                    &format!(r#""type":"contact","contact":"{contact}","set":{{"contact":{{{set}}}}}"#),
                );
            }
        }
        _ => told.tell(at, &format!(r#""type":"deal","deal":"d{number}-0","company":"a{}""#, number + 1)),
    }
}
