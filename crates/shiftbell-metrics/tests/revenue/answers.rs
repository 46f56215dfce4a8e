//! Recurring revenue as it is asked: from events through the fold and stored segments to the answer.

use shiftbell_metrics::answer::{Asked, Figure, MrrBridge, Rate, Rows, mrr_bridge};
use shiftbell_metrics::contribution::Entry;
use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::segment::Segment;
use shiftbell_metrics::time::{Day, Instant};

use crate::support::live::Live;
use crate::support::{definitions, event};

const NOW: &str = "2026-03-20T12:00:00Z";

fn sub(at: &str, company: &str, says: &str, set: &str) -> StoredEvent {
    let words = format!(
        r#""type":"subscription","subscription":"{company}-sub","company":"{company}"{says},"set":{{"subscription":{{{set}}},"company":{{"segment":"business"}}}}"#
    );
    event(at, &words)
}

fn items(amount: &str, product: &str) -> String {
    format!(r#""items":[{{"amount":"{amount}","product":"{product}","interval":"month"}}]"#)
}

/// Four customers: one grows, one stays, one says that it will leave in April, one is new; a fifth tells nonsense.
fn story() -> Vec<StoredEvent> {
    let small = |amount: &str| items(amount, "small-parties");
    let corporate = |amount: &str| items(amount, "corporate-events");
    let started = r#","change":"started""#;
    vec![
        sub("2026-01-10", "a", started, &corporate("100")),
        sub("2026-03-05", "a", r#","change":"updated""#, &corporate("150")),
        sub("2026-01-11", "b", started, &small("80")),
        sub("2026-01-12", "c", started, &small("30")),
        sub(
            "2026-03-10",
            "c",
            r#","change":"cancel_scheduled","reason":"closed""#,
            r#""ends_at":"2026-04-10T12:00:00Z""#,
        ),
        sub("2026-03-12", "d", started, &small("40")),
        sub("2026-03-13", "e", started, r#""items":[{"amount":"9","interval_count":0}]"#),
    ]
}

fn company() -> (Definitions, Live) {
    let definitions = definitions();
    let live = Live::batch(&definitions, &Plan::new(&definitions), &story());
    (definitions, live)
}

fn march(definitions: &Definitions) -> Period {
    let day = |text: &str| Day::from_date(text.parse().unwrap());
    Period::of_days(day("2026-03-01"), day("2026-04-01"), &definitions.workspace.zone)
}

fn bridge_at(question: &Question, now: &str) -> MrrBridge {
    let (definitions, live) = company();
    let asked = Asked { defs: &definitions, question, now: Instant::parse(now).unwrap(), names: &[] };
    let mut rows = Rows::default();
    for _ in 0..2 {
        match mrr_bridge(&asked, &rows).unwrap() {
            Ok(bridge) => return bridge,
            Err(reads) => reads.into_iter().for_each(|read| live.read(read, &mut rows)),
        }
    }
    panic!("asked for rows twice");
}

/// `100 + new 40 = 140`, in major units.
fn said(line: &shiftbell_metrics::answer::BridgeLine) -> String {
    let moves: Vec<String> =
        line.moves.iter().map(|one| format!("{} {}", one.kind, one.money.major().normalize())).collect();
    let value = line.value.as_ref().map(|value| format!("{value}: ")).unwrap_or_default();
    format!("{value}{}, {} = {}", line.opening.major().normalize(), moves.join(", "), line.closing.major().normalize())
}

#[test]
fn the_bridge_of_a_month_adds_up_and_splits_by_product() {
    let question = Question { by: Some("product".into()), ..Question::of("mrr") };
    let found = bridge_at(&question, NOW);
    assert_eq!(said(&found.whole[0]), "210, new 40, expansion 50, contraction 0, churn 0 = 300");
    assert_eq!((found.whole[0].customers_start, found.whole[0].customers_end), (3, 4));
    let parts: Vec<String> = found.parts.iter().map(said).collect();
    assert_eq!(
        parts,
        [
            "corporate-events: 100, new 0, expansion 50, contraction 0, churn 0 = 150",
            "small-parties: 110, new 40, expansion 0, contraction 0, churn 0 = 150",
        ]
    );
    assert_eq!(found.policy, "shiftbell");
    let named: Vec<&str> = found.problems.iter().map(|(problem, _)| problem.as_str()).collect();
    assert_eq!(named, ["interval count 0: 1 or more was expected, such as 1 for every month; the item counts as 0"]);
}

#[test]
fn who_has_said_to_leave_counts_until_then_and_is_not_committed() {
    let now = bridge_at(&Question::of("mrr"), NOW);
    assert_eq!((now.whole[0].closing.minor, now.committed.minor), (30_000, 27_000));
    let may = bridge_at(&Question::of("mrr"), "2026-05-02T12:00:00Z");
    assert_eq!(said(&may.whole[0]), "270, new 0, expansion 0, contraction 0, churn 0 = 270");
    let (definitions, _) = company();
    let april =
        Period::of_days(march(&definitions).until, march(&definitions).until.plus(30), &definitions.workspace.zone);
    let april = bridge_at(&Question { period: Some(april), ..Question::of("mrr") }, "2026-05-02T12:00:00Z");
    assert_eq!(said(&april.whole[0]), "300, new 0, expansion 0, contraction 0, churn -30 = 270");
    assert_eq!(april.whole[0].churn[0].0, "voluntary");
    assert_eq!(
        april.committed, april.whole[0].closing,
        "what was announced in April is not told of a month that is over"
    );
}

#[test]
fn the_family_is_answered_with_what_it_rests_on() {
    let (definitions, live) = company();
    let ask = |kpi: &str, now: &str| {
        let question = Question { period: Some(march(&definitions)), ..Question::of(kpi) };
        live.ask(&definitions, &question, Instant::parse(now).unwrap(), &[])
    };
    let later = "2026-05-02T12:00:00Z";
    assert!(matches!(&ask("mrr", later).figure, Figure::Money { amounts, records: 4 } if amounts[0].minor == 30_000));
    assert!(
        matches!(&ask("new-mrr", later).figure, Figure::Money { amounts, records: 1 } if amounts[0].minor == 4_000)
    );
    let net = ask("net-retention", later);
    let Figure::Number { value: Some(value), is_share: true } = net.figure else { panic!("{:?}", net.figure) };
    assert_eq!(value.round_dp(9).to_string(), "1.238095238"); // 260 of 210
    assert_eq!(net.money_rate().map(|(left, start)| (left.minor, start.minor)), Some((26_000, 21_000)));
    assert!(matches!(&net.inputs["start"], Figure::Money { amounts, records: 3 } if amounts[0].minor == 21_000));
    assert!(matches!(&net.inputs["left"], Figure::Money { amounts, records: 3 } if amounts[0].minor == 26_000));
    assert_eq!(ask("customer-churn", later).figure, Figure::Rate { rate: Rate { num: 0, den: 3 } });
}

#[test]
fn a_movement_is_a_fact_where_the_definitions_say_so() {
    let (definitions, live) = company();
    let question = Question { period: Some(march(&definitions)), ..Question::of("raises") };
    let answer = live.ask(&definitions, &question, Instant::parse(NOW).unwrap(), &[]);
    assert_eq!(answer.figure, Figure::Count { count: 1 });
}

#[test]
fn every_stored_movement_tells_its_exact_amount() {
    let (_, live) = company();
    let entries: Vec<(String, Entry)> = live
        .segments
        .iter()
        .filter(|(key, _)| key.series.starts_with("mrr/"))
        .flat_map(|(key, bytes)| {
            Segment::decode(bytes).unwrap().into_entries().into_iter().map(|entry| (key.series.to_string(), entry))
        })
        .collect();
    assert_eq!(entries.len(), 7, "five times new or more, one churn to come, one problem");
    assert!(entries.iter().all(|(series, entry)| series == "mrr/problem" || entry.state("amount").is_some()));
    assert!(live.cells.keys().all(|key| !key.series.starts_with("mrr/")));
}
