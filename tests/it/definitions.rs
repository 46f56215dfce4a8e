//! The sample company that the project ships: its definitions file is the reference of the grammar.

use shiftbell_metrics::definitions::{Checked, KpiKind, StageOf, Target, read};
use shiftbell_tests::sample::{DEFINITIONS as SAMPLE, vocabulary};

fn check(text: &str) -> Checked {
    read("clowns-to-go.toml", text, &vocabulary())
}

#[test]
fn the_sample_is_read_without_a_problem() {
    let checked = check(SAMPLE);
    let problems: Vec<String> = checked.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    let d = checked.definitions.expect("no problem, so definitions");
    assert_eq!(d.chain.len(), 11);
    assert_eq!(d.motions.len(), 2);
    assert_eq!(d.facts.len(), 39);
    assert_eq!(d.people.len(), 12);
    assert_eq!(d.digests.len(), 4);
    assert_eq!(d.rules.len(), 12);
    assert_eq!(d.scorecards.roles.len(), 6);
    assert_eq!(d.stage("live").map(|stage| stage.of), Some(StageOf::Customer));
    assert!(d.motions.iter().all(|motion| motion.counts_again == (motion.id == "b2c")));
}

#[test]
fn its_kpis_are_asked_by_the_words_of_the_trade() {
    let d = check(SAMPLE).definitions.expect("the sample is right");
    for (asked, slug) in [
        ("mql-conversion", "mql-to-sql"),
        ("win-rate", "deal-to-won"),
        ("close-rate", "deal-to-won"),
        ("mqls", "mqls"),
        ("won", "won"),
        ("lead-to-mql-time", "lead-to-mql-time"),
    ] {
        assert_eq!(d.kpi(asked).map(|kpi| kpi.slug.as_str()), Some(slug), "{asked}");
    }
    let step = d.kpi("mql-conversion").expect("it was found just now");
    assert_eq!(step.target.of("b2b"), Some(&Target::Rate(30.into())));
    assert!(
        matches!(&step.kind, KpiKind::Conversion { within, .. } if within.of("b2c").is_some_and(|span| span.count == 14))
    );
    assert_eq!(d.say_stage("b2b", "mql"), "meeting request or calendar request");
    assert_eq!(d.say_stage("b2c", "mql"), "score above ten");
}

#[test]
fn it_says_what_is_not_active_yet() {
    let notes = check(SAMPLE).notes;
    for name in ["rules.behind-plan", "rules.stalled-deal", "sources.website"] {
        assert!(notes.iter().any(|note| note.name == name), "{name}");
    }
    for name in [
        "kpis.grr",
        "kpis.mql-to-sql",
        "rules.unpaid",
        "rules.won",
        "digests.bowtie",
        "digests.team",
        "sources.hubspot-main",
    ] {
        assert!(!notes.iter().any(|note| note.name == name), "{name}");
    }
}

#[test]
fn everybody_in_it_is_reached_in_both_chat_systems() {
    let d = check(SAMPLE).definitions.expect("the sample is right");
    for destination in d.destinations.values() {
        let outlets: Vec<&str> = destination.channels.keys().map(String::as_str).collect();
        assert_eq!(outlets, ["discord", "slack"], "{}", destination.id);
    }
}
