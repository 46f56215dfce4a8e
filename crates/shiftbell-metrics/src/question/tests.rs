use proptest::prelude::*;

use super::sample::company;
use super::*;
use crate::definitions::Definitions;

fn now() -> Instant {
    Instant::parse("2026-11-19T19:05:00Z").unwrap()
}

fn ask(text: &str) -> Understood {
    let defs: Definitions = company();
    understand(text, &defs, now(), &defs.workspace.zone)
}

/// One line of what a question says.
fn told(question: &Question) -> String {
    let mut words = vec![question.kpi.clone()];
    words.extend(question.motion.clone());
    words.extend(question.filters.iter().map(|(dimension, value)| format!("{dimension}:{value}")));
    words.extend(question.period.as_ref().map(|period| period.label.clone()));
    words.extend(question.versus.as_ref().map(|period| format!("vs {}", period.label)));
    words.extend(question.by.as_ref().map(|by| format!("by {by}")));
    words.extend(question.each.map(|unit| format!("by {}", unit.word())));
    words.extend(question.top.map(|top| format!("top {top}")));
    words.extend(question.in_period.then(|| "in-period".to_owned()));
    words.extend(question.person.clone());
    words.join(" | ")
}

fn check(text: &str, expected: &str) {
    match ask(text) {
        Understood::Kpi(question) => assert_eq!(told(&question), expected, "`{text}`"),
        other => panic!("`{text}`: {other:?}"),
    }
}

fn unknown(text: &str) -> Unknown {
    match ask(text) {
        Understood::Unknown(unknown) => unknown,
        other => panic!("`{text}`: {other:?}"),
    }
}

fn labels(unknown: &Unknown) -> Vec<&str> {
    unknown.suggestions.iter().map(|suggestion| suggestion.label.as_str()).collect()
}

fn commands(unknown: &Unknown) -> Vec<&str> {
    unknown.suggestions.iter().map(|suggestion| suggestion.command.as_str()).collect()
}

#[test]
fn a_series_and_a_breakdown_are_asked_for_one_at_a_time() {
    assert_eq!(unknown("/kpi mqls by month by source").what, Missing::Twice { already: "by month".into() });
    assert_eq!(unknown("/kpi mqls by source weekly").what, Missing::Twice { already: "by source".into() });
    assert_eq!(unknown("/kpi mqls top many").what, Missing::Word);
}

#[test]
fn the_commands_of_the_help_text_are_understood() {
    check("/kpi mql-conversion b2b", "mql-to-sql | b2b");
    check("/kpi win-rate b2b 2026-Q3 vs 2026-Q2", "deal-to-won | b2b | 2026-Q3 | vs 2026-Q2");
    check("/kpi mqls b2c product:small-parties by source", "mqls | b2c | product:small-parties | by source");
    check("/kpi mqls b2b by month", "mqls | b2b | by month");
    check("/kpi mqls monthly b2b 2026-Q3", "mqls | b2b | 2026-Q3 | by month");
    check("/kpi mqls daily", "mqls | by day");
    check("/kpi mqls by owner top 3", "mqls | by owner | top 3");
    let Understood::Who { reached: false, .. } = ask("/kpi mql-conversion b2b who not") else { panic!() };
    let Understood::Who { question, reached: true } = ask("/kpi mql-conversion b2b who") else { panic!() };
    assert_eq!(told(&question), "mql-to-sql | b2b");
    assert_eq!(ask("/kpi why r-7k3m"), Understood::Why { receipt: "r-7k3m".into() });
    assert_eq!(ask("/kpi list"), Understood::List);
    assert_eq!(ask("/kpi help mql-conversion"), Understood::Help(Some("mql-to-sql".into())));
    assert_eq!(ask("/kpi help"), Understood::Help(None));
    assert_eq!(ask(""), Understood::Help(None));
    assert_eq!(ask("?"), Understood::Help(None));
}

#[test]
fn words_may_come_in_any_order() {
    let expected = "mql-to-sql | b2b | product:corporate-events | October 2026 | by source";
    check("mql-conversion b2b product:corporate-events last month by source", expected);
    check("by source last month corporate-events b2b mql-conversion", expected);
    check("mql conversion by source for b2b in october, product: corporate events", expected);
}

#[test]
fn names_are_read_without_case_hyphens_and_spaces() {
    for text in ["MQL conversion", "mql_to_sql", "MqlToSql", "mql to sql", "\"MQL to SQL\"", "kpi mql-to-sql"] {
        check(text, "mql-to-sql");
    }
    check("New ARR 2026", "new-arr | 2026");
    check("sqls Small Parties", "sqls | product:small-parties");
}

#[test]
fn periods_and_comparisons_are_read() {
    check("mqls this month vs last month", "mqls | November 2026 | vs October 2026");
    check("mqls since 2026-01-01 in-period", "mqls | 1 Jan - 19 Nov 2026 | in-period");
    check("mqls in period last 30 days", "mqls | 21 Oct - 19 Nov 2026 | in-period");
    check("mqls period:2026-Q3 motion:b2c", "mqls | b2c | 2026-Q3");
    check("mqls vs previous", "mqls");
}

#[test]
fn owners_are_people() {
    check("sqls by owner for me", "sqls | by owner | me");
    check("sqls owner:ann", "sqls | owner:ann@clowns.example");
    check("sqls Bob@Clowns.example", "sqls | owner:bob@clowns.example");
    check("sqls \"industry:Food and drink\"", "sqls | industry:Food and drink");
}

#[test]
fn a_kpi_of_one_motion_is_asked_in_it() {
    check("meeting-requests", "meeting-requests | b2b");
    let other = unknown("meeting-requests b2c last month");
    assert_eq!(other.sentence(), "It is not counted in b2c, only in b2b. Did you mean this?");
    assert_eq!(commands(&other), ["/kpi meeting-requests b2b last month"]);
}

#[test]
fn an_unknown_kpi_is_named_and_three_different_ones_are_offered() {
    let unknown = unknown("/kpi mql-converson b2b");
    assert_eq!(unknown.sentence(), "I know no KPI \"mql-converson\". Did you mean one of these?");
    assert_eq!(labels(&unknown), ["MQL to SQL, b2b", "MQLs, b2b", "Lead to MQL, b2b"]);
    assert_eq!(commands(&unknown), ["/kpi mql-to-sql b2b", "/kpi mqls b2b", "/kpi lead-to-mql b2b"]);
    assert_eq!(unknown.context, "b2b");
}

#[test]
fn what_is_like_nothing_offers_nothing() {
    let unknown = unknown("/kpi weather");
    assert_eq!(unknown.sentence(), "I know no KPI \"weather\".");
    assert_eq!(labels(&unknown), [""; 0]);
}

#[test]
fn a_missing_kpi_is_asked_for() {
    let unknown = unknown("/kpi b2b last month");
    assert_eq!(unknown.sentence(), "Which KPI? For example one of these:");
    assert_eq!(labels(&unknown), ["New ARR, b2b last month", "MQL to SQL, b2b last month"]);
}

#[test]
fn an_unknown_value_is_no_product() {
    for text in ["mql-conversion b2b corprate", "mql-conversion product:corprate b2b"] {
        let unknown = unknown(text);
        assert_eq!(unknown.sentence(), "\"corprate\" is no product. Did you mean corporate-events?");
        assert_eq!(commands(&unknown), ["/kpi mql-to-sql b2b product:corporate-events"]);
    }
}

#[test]
fn other_unknown_words_are_named() {
    let misspelt = unknown("mqls b2b by sorce");
    assert_eq!(misspelt.sentence(), "\"sorce\" is nothing that numbers are split by. Did you mean by source?");
    assert_eq!(commands(&misspelt), ["/kpi mqls b2b by source"]);
    assert_eq!(unknown("mqls prodct:small-parties").what, Missing::Dimension);
    assert_eq!(commands(&unknown("mqls last quater"))[0], "/kpi mqls last quarter");
    assert_eq!(unknown("mqls vs b2c").what, Missing::Period);
    assert_eq!(unknown("mqls by").sentence(), "By what? Did you mean one of these?");
    assert_eq!(unknown("mqls b2b b2c").sentence(), "\"b2c\" does not go with \"b2b\": ask for one at a time.");
    assert_eq!(unknown("mqls leads").what, Missing::Twice { already: "mqls".into() });
    assert_eq!(unknown("why me").what, Missing::Receipt);
}

#[test]
fn what_cannot_be_asked_yet_says_why() {
    let Understood::NotActive { kpi, why, .. } = ask("grr b2b 2026") else { panic!() };
    assert_eq!((kpi.as_str(), why.as_str()), ("grr", "recurring revenue is not counted yet"));
}

#[test]
fn a_novel_is_refused() {
    let refused = unknown(&"mqls ".repeat(300));
    assert_eq!(refused.sentence(), "That is too long: a question has at most 1000 characters.");
    assert!(refused.word.chars().count() <= 61);
}

#[test]
fn names_are_completed() {
    let defs = company();
    let slugs = |prefix: &str| autocomplete(prefix, &defs, 25).into_iter().map(|(slug, _)| slug).collect::<Vec<_>>();
    assert_eq!(slugs("mql"), ["mql-to-sql", "mqls", "lead-to-mql"]);
    assert_eq!(slugs("win")[0], "deal-to-won");
    assert_eq!(slugs("")[..2], ["new-arr", "mql-to-sql"]);
    assert_eq!(slugs("convrsations"), ["conversations"]);
    assert!(!slugs("").contains(&"grr".to_owned()));
    assert_eq!(autocomplete("", &defs, 2).len(), 2);
}

const WORDS: &str = "(mqls|mql|conversion|b2b|b2c|by|vs|source|owner|product:|corporate-events|product:large-parties|\
                     last|this|quarter|30|days|2026-Q3|who|why|help|list|in-period|me|for|xx|=|:|\"|industry:x y|r-1)";

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}") {
        if let Understood::Unknown(unknown) = ask(&text) {
            prop_assert!(unknown.suggestions.len() <= SUGGESTIONS_MAX);
            prop_assert!(!unknown.sentence().is_empty());
        }
    }

    #[test]
    fn any_words_are_answered_and_suggestions_can_be_run(words in prop::collection::vec(WORDS, 0..9)) {
        if let Understood::Unknown(unknown) = ask(&words.join(" ")) {
            let slugs: std::collections::BTreeSet<_> = unknown.suggestions.iter().map(|it| &it.command).collect();
            prop_assert_eq!(slugs.len(), unknown.suggestions.len());
            for suggestion in &unknown.suggestions {
                let again = ask(&suggestion.command);
                let Understood::Unknown(again) = again else { continue };
                // A further strange word may be left; never the one that was replaced.
                prop_assert!(again.what != Missing::Kpi, "{} -> {:?}", suggestion.command, again);
            }
        }
    }

    #[test]
    fn a_question_is_the_same_when_its_command_is_read(words in prop::collection::vec(WORDS, 1..7)) {
        let Understood::Kpi(mut question) = ask(&format!("mqls {}", words.join(" "))) else { return Ok(()) };
        question.person = None; // is never written into a command
        let Understood::Kpi(mut again) = ask(&question.command()) else { panic!("{}", question.command()) };
        for (period, other) in [(&mut question.period, &again.period), (&mut question.versus, &again.versus)] {
            if let (Some(period), Some(other)) = (period, other) {
                period.label.clone_from(&other.label);
            }
        }
        again.kpi.clone_from(&question.kpi);
        prop_assert_eq!(again, question);
    }

    #[test]
    fn completing_never_panics(prefix in "\\PC{0,30}", limit in 0_usize..30) {
        prop_assert!(autocomplete(&prefix, &company(), limit).len() <= limit);
    }
}
