//! Funnels as a company writes them, over events as they arrive.

use shiftbell_metrics::definitions::{Definitions, NamedFunnel, Vocabulary, read, read_funnel};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::StoredEvent;
use shiftbell_metrics::funnel::{Anchor, Attribution, Cohort, Counting, Follower, Found, Order, Window, plan_of};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::period::Period;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, Zone};

const COMPANY: &str = r#"
[workspace]
name = "Acme"
timezone = "Europe/Berlin"
currency = "EUR"

[facts]
asked     = { event = "form", form = "demo" }
confirmed = { event = "meeting", status = "confirmed" }
signed    = { deal.stage = "won" }
gave-up   = { event = "contact", contact.status = "disqualified" }

[stages]
chain = [
  { id = "mql", label = "MQL", of = "contact", bowtie = "education" },
  { id = "sql", label = "SQL", of = "contact", bowtie = "selection" },
  { id = "won", label = "Won", of = "deal", bowtie = "commit" },
]
skipped = "implied"

[motions.all]
label = "Everybody"
who   = "everyone else"

[motions.all.stages]
mql  = "asked"
sql  = "confirmed"
won  = "signed"
lost = "gave-up"

[dimensions]
source = { from = ["contact.source"], values = ["ads", "search"] }

[funnels.demo-to-meeting]
label  = "Demo to meeting"
of     = "contact"
steps  = ["asked", "confirmed"]
within = "10 days"
by     = "source"
"#;

fn company() -> Definitions {
    let checked = read("acme.toml", COMPANY, &Vocabulary::default());
    let problems: Vec<String> = checked.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    checked.definitions.unwrap()
}

fn alone(text: &str) -> Result<NamedFunnel, Vec<String>> {
    read_funnel("ask.toml", text, &company()).map_err(|all| all.iter().map(ToString::to_string).collect())
}

/// An event of one contact on a day of March 2026, with a deal where it has one.
fn event(who: &str, day: i64, what: &str) -> StoredEvent {
    let at = Instant::parse("2026-03-01T09:00:00Z").unwrap().plus_ms((day - 1) * MS_PER_DAY);
    let text = format!(r#"{{"id":"{who}-{day}-{}","at":"{at}","contact":"{who}",{what}}}"#, what.len());
    StoredEvent { source: "crm".to_owned(), event: Event::from_json(&text).unwrap(), by: None }
}

const ASKED: &str = r#""type":"form","form":"demo""#;
const CONFIRMED: &str = r#""type":"meeting","status":"confirmed""#;
const LOOKED: &str = r#""type":"page","page":"prices""#;
const GAVE_UP: &str = r#""type":"contact","set":{"contact":{"status":"disqualified"}}"#;

fn from(source: &str) -> String {
    format!(r#""type":"contact","set":{{"contact":{{"source":"{source}"}}}}"#)
}

fn count(funnel: &NamedFunnel, people: &[(&str, Vec<StoredEvent>)]) -> Found {
    let defs = company();
    let plan = plan_of(&defs, funnel);
    let day = |day: i8| Day::from_date(jiff::civil::date(2026, 3, day));
    let period = Period::of_days(day(1), day(31), &defs.workspace.zone);
    let now = Zone::utc().start_of(day(31).plus(60));
    let mut follower = Follower::new(funnel, &plan, Cohort { period: &period, now });
    for (_, events) in people {
        follower.add(EntityId(events[0].event.entity_id().0), events);
    }
    let (events, found) = follower.found();
    assert_eq!(events, people.iter().map(|(_, events)| events.len() as u64).sum::<u64>());
    found
}

fn reached(found: &Found) -> Vec<u64> {
    found.whole.steps.iter().map(|step| step.reached).collect()
}

fn people() -> Vec<(&'static str, Vec<StoredEvent>)> {
    vec![
        ("a", vec![event("a", 1, &from("ads")), event("a", 2, ASKED), event("a", 3, LOOKED), event("a", 9, CONFIRMED)]),
        ("b", vec![event("b", 1, &from("search")), event("b", 2, ASKED), event("b", 13, CONFIRMED)]),
        (
            "c",
            vec![event("c", 1, &from("ads")), event("c", 2, ASKED), event("c", 10, ASKED), event("c", 13, CONFIRMED)],
        ),
        ("d", vec![event("d", 2, ASKED), event("d", 3, GAVE_UP), event("d", 4, CONFIRMED)]),
        ("e", vec![event("e", 4, CONFIRMED)]),
    ]
}

#[test]
fn a_funnel_of_the_file_is_counted_from_the_events() {
    let funnel = company().funnels[0].clone();
    assert_eq!((funnel.id.as_str(), funnel.counted()), ("demo-to-meeting", "people"));
    let found = count(&funnel, &people());
    // b was confirmed too late, c within ten days of asking again; e never asked.
    assert_eq!(reached(&found), [4, 3]);
    assert!(found.is_mature);
    let parts: Vec<(Option<&str>, u64, u64)> = found
        .parts
        .iter()
        .map(|(value, tally)| (value.as_deref(), tally.steps[1].reached, tally.steps[0].reached))
        .collect();
    assert_eq!(parts, [(None, 1, 1), (Some("ads"), 2, 2), (Some("search"), 0, 1)]);
}

#[test]
fn every_rule_can_be_chosen_in_the_file() {
    let text = r#"
        of = "contact"
        steps = ["asked", { event = "page", page = "prices" }, "confirmed"]
        within = "3 calendar days"
        order = "strict"
        anchor = "first"
        exclude = ["gave-up"]
        by = "page"
        value_of = "step 2"
        hold = { session = "bought_in" }
    "#;
    let funnel = alone(text).unwrap();
    assert_eq!((funnel.rules.order, funnel.rules.anchor), (Order::Strict, Anchor::First));
    assert!(matches!(funnel.rules.window, Window::Days { days: 3, .. }));
    assert_eq!(funnel.rules.by, Some(("page".to_owned(), Attribution::Step(1))));
    assert_eq!((funnel.rules.hold[0].first.as_str(), funnel.rules.hold[0].later.as_str()), ("session", "bought_in"));
    assert_eq!((funnel.exclude.as_slice(), funnel.own.len()), (&["gave-up".to_owned()][..], 1));
    let events =
        alone("of = \"account\"\nsteps = [\"asked\", \"confirmed\"]\nwithin = \"10 days\"\ncount = \"events\"")
            .unwrap();
    assert_eq!((events.rules.counting, events.counted()), (Counting::Events, "events"));
}

#[test]
fn what_ends_an_attempt_and_what_must_follow_at_once_are_seen_in_the_events() {
    let with = |more: &str| {
        let text = format!("of = \"contact\"\nsteps = [\"asked\", \"confirmed\"]\nwithin = \"10 days\"\n{more}");
        reached(&count(&alone(&text).unwrap(), &people()))
    };
    assert_eq!(with("exclude = [\"gave-up\"]"), [4, 2], "d gave up before it was confirmed");
    assert_eq!(with("order = \"strict\""), [4, 1], "a looked at prices between, d changed between");
    assert_eq!(with("anchor = \"first\""), [4, 2], "c asked again in vain");
    assert_eq!(with("order = \"any\""), [5, 3], "e did one of the two");
    assert_eq!(with("count = \"events\""), [5, 3], "c asked twice");
}

#[test]
fn an_event_predicate_of_its_own_is_a_step_like_any_other() {
    let text = "of = \"contact\"\nwithin = \"10 days\"\nsteps = [\"asked\", { event = \"page\", page = \"prices\" }, \"confirmed\"]";
    assert_eq!(reached(&count(&alone(text).unwrap(), &people())), [4, 1, 1]);
}

#[test]
fn in_a_chain_of_stages_a_later_one_implies_those_before_it() {
    let won = |who: &str, day| {
        event(who, day, &format!(r#""type":"deal","deal":"d-{who}","set":{{"deal":{{"stage":"won"}}}}"#))
    };
    let people = [("a", vec![event("a", 2, ASKED), won("a", 5)]), ("b", vec![event("b", 2, ASKED)])];
    let text = "of = \"contact\"\nwithin = \"10 days\"\nsteps = [\"mql\", \"sql\", \"won\"]\n";
    let found = count(&alone(text).unwrap(), &people);
    assert_eq!(reached(&found), [2, 1, 1]);
    assert_eq!(found.whole.steps.iter().map(|step| step.skipped).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(reached(&count(&alone(&format!("{text}skips = \"strict\"")).unwrap(), &people)), [2, 0, 0]);
    assert_eq!(reached(&count(&alone(&format!("{text}skips = \"any\"")).unwrap(), &people)), [2, 0, 1]);
}

#[test]
fn a_mistake_is_named_with_its_line_and_what_would_be_right() {
    let one = alone("of = \"contact\"\nsteps = [\"asked\"]\nwithin = \"10 days\"").unwrap_err();
    assert_eq!(
        one,
        [
            "ask.toml:2:9: the funnel \"funnel\": a funnel with one step is a count; name a second step, or ask /kpi how many there were"
        ]
    );
    let unknown = alone("of = \"contact\"\nsteps = [\"asked\", \"confirmd\"]\nwithin = \"10 days\"").unwrap_err();
    assert_eq!(unknown, ["ask.toml:2:19: \"confirmd\" is no stage or fact; did you mean \"confirmed\"?"]);
    let bare = alone("steps = [\"asked\", \"confirmed\"]\nwithn = \"10 days\"").unwrap_err();
    assert!(bare.iter().any(|problem| problem.contains("has no `of`")), "{bare:?}");
    assert!(bare.iter().any(|problem| problem.contains("did you mean \"within\"?")), "{bare:?}");
    let month = alone("of = \"contact\"\nsteps = [\"asked\", \"confirmed\"]\nwithin = \"2 working days\"").unwrap_err();
    assert!(month[0].contains("is no window"), "{month:?}");
    let events =
        "of = \"contact\"\nsteps = [\"asked\", \"confirmed\", \"asked\"]\nwithin = \"10 days\"\ncount = \"events\"";
    assert!(alone(events).unwrap_err()[0].contains("3 steps need count = \"entities\""));
}
