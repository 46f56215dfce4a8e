use shiftbell_chat::slack::Identity;
use shiftbell_chat::slack::inspect::{Channel, Inspected, SCOPES};
use shiftbell_metrics::definitions::{Definitions, read};
use shiftbell_metrics::time::{Instant, MS_PER_HOUR, MS_PER_MINUTE};
use shiftbell_store::inbox::Backlog;
use shiftbell_store::signatures::Checked;

use super::findings;
use crate::doctor::look::{
    Asked, ChatPlace, Database, Disk, Found, Numbers, SlackFound, SourceFound, Stored, Told, Values,
};
use crate::doctor::{Finding, Severity};

const TEXT: &str = include_str!("../../../../../deploy/clowns-to-go.toml");
const NOW: Instant = Instant(1_795_115_100_000);

fn defs() -> Definitions {
    read("clowns-to-go.toml", TEXT, &crate::companies::vocabulary()).definitions.expect("the sample is right")
}

fn stored() -> Stored {
    Stored {
        kind: "sqlite",
        bytes: Some(1_048_576),
        backlog: Backlog::default(),
        unreadable: None,
        held: 0,
        set_aside: Vec::new(),
        messages: Vec::new(),
        given_up: None,
        arrived: Vec::new(),
        numbers: Numbers::Current,
        facts: None,
        signatures: Vec::new(),
        heard: vec![("hubspot-main".to_owned(), NOW.as_ms() - MS_PER_MINUTE)],
        told: ["hubspot-main".to_owned()].into(),
        silent: Vec::new(),
        values: Values::default(),
        gaps: Vec::new(),
    }
}

fn source(at: Option<Instant>) -> SourceFound {
    SourceFound {
        id: "hubspot-main".to_owned(),
        name: "HubSpot".to_owned(),
        secret: Some("CLOWNS_HUBSPOT_SECRET".to_owned()),
        token: Some("CLOWNS_HUBSPOT_TOKEN".to_owned()),
        told: Some(Asked::Yes(Told { at, lacks: Vec::new() })),
        asked_at: NOW,
    }
}

/// Everything is as it should be, but for what `change` changes.
fn judged(change: impl FnOnce(&mut Found<'_>)) -> Vec<Finding> {
    let defs = defs();
    let mut found = Found {
        now: NOW,
        defs: &defs,
        lacks: &[],
        ways: Vec::new(),
        database: Database::Open(Box::new(stored())),
        disk: Some(Disk { free_bytes: 1 << 40, total_bytes: 1 << 41 }),
        zone_data: Some("2026b"),
        templates: Vec::new(),
        sources: vec![source(Some(NOW))],
        slack: None,
        discord: None,
    };
    change(&mut found);
    findings(&found).into_iter().filter(|finding| finding.name != "definitions-not-active").collect()
}

fn names(change: impl FnOnce(&mut Found<'_>)) -> Vec<(&'static str, Severity)> {
    judged(change).into_iter().map(|finding| (finding.name, finding.severity)).collect()
}

fn kept<'a>(found: &'a mut Found<'_>) -> &'a mut Stored {
    match &mut found.database {
        Database::Open(stored) => stored,
        other => panic!("{other:?}"),
    }
}

use Severity::{GoodToKnow, MayNeedYou, NeedsYou};

#[test]
fn where_nothing_is_wrong_nothing_is_found() {
    assert_eq!(names(|_| ()), []);
}

#[test]
fn a_clock_is_off_from_a_minute_on_and_broken_from_five_and_one_service_that_agrees_is_enough() {
    let off =
        |minutes: i64| names(move |found| found.sources = vec![source(Some(NOW.plus_ms(minutes * MS_PER_MINUTE)))]);
    assert_eq!(off(0), []);
    for minutes in [-2, 2, 4] {
        assert_eq!(off(minutes), [("clock-off", MayNeedYou)], "{minutes}");
    }
    for minutes in [-10, 5, 10] {
        assert_eq!(off(minutes), [("clock-off", NeedsYou)], "{minutes}");
    }
    let agrees = |found: &mut Found<'_>| found.sources = vec![source(Some(NOW.plus_ms(600_000))), source(Some(NOW))];
    assert_eq!(names(agrees), []);
}

#[test]
fn signatures_that_never_fit_are_of_another_app_and_strangers_at_the_door_are_nobodys_trouble() {
    let checked = |verdict: &str, n, ago_ms| Checked {
        source: "hubspot-main".to_owned(),
        verdict: verdict.to_owned(),
        n,
        last_at_ms: NOW.as_ms() - ago_ms,
    };
    let with = |all: Vec<Checked>| names(move |found| kept(found).signatures = all);
    assert_eq!(with(vec![checked("wrong", 12, 0)]), [("secret-of-another-app", NeedsYou)]);
    assert_eq!(with(vec![checked("wrong", 2, MS_PER_HOUR), checked("valid", 90, 0)]), []);
    assert_eq!(
        with(vec![checked("wrong", 2, 0), checked("valid", 90, MS_PER_HOUR)]),
        [("signatures-refused", NeedsYou)]
    );
    assert_eq!(with(vec![checked("late", 2, 0)]), [("signatures-out-of-time", MayNeedYou)]);
}

#[test]
fn a_source_that_answers_and_has_nothing_is_another_account() {
    assert_eq!(names(|found| kept(found).told.clear()), [("portal-empty", NeedsYou)]);
    let never = names(|found| {
        kept(found).told.clear();
        kept(found).heard.clear();
    });
    assert_eq!(never, [("source-never-heard", MayNeedYou)]);
}

#[test]
fn a_stage_at_which_deals_end_needs_a_meaning_and_a_step_on_the_way_may() {
    let with = |stages: &'static [(&str, u64)]| {
        names(move |found| {
            kept(found).values.stages = stages.iter().map(|(stage, n)| ((*stage).to_owned(), *n)).collect();
        })
    };
    assert_eq!(with(&[("won", 3), ("lost", 2)]), []);
    assert_eq!(with(&[("won", 3), ("contractsent", 9)]), [("stage-unmapped", MayNeedYou)]);
    assert_eq!(with(&[("closedwon", 3), ("contractsent", 9)]), [("stage-unmapped", NeedsYou)]);
}

#[test]
fn an_owner_whom_nobody_knows_is_named() {
    let found = judged(|found| {
        kept(found).values.owners = [("1099".to_owned(), 7), ("bdr.one@clowns.example".to_owned(), 9)].into();
    });
    assert!(found.len() == 1 && found[0].name == "owner-unmapped", "{found:?}");
    assert!(found[0].means.contains("1099 (7)") && !found[0].means.contains("bdr.one"), "{found:?}");
}

#[test]
fn channels_and_scopes_of_slack_are_judged_one_by_one() {
    let channel = |name: &str, is_member, is_archived| {
        Asked::Yes(Channel { name: name.to_owned(), is_member, is_archived, is_private: false })
    };
    let with = |scopes: usize, found: Asked<Channel>| {
        names(move |all| {
            let place = ChatPlace {
                destination: "revenue".to_owned(),
                name: "#revenue".to_owned(),
                channel: "C1".to_owned(),
                found,
            };
            let identity = Identity { team: "T1".into(), bot_user: "U1".into(), team_name: "Clowns".into() };
            let scopes = SCOPES.iter().skip(scopes).map(|(scope, _)| (*scope).to_owned()).collect();
            let bot = Some(Asked::Yes(Inspected { identity, scopes, at: Some(NOW) }));
            all.slack = Some(SlackFound { team: None, bot, app: None, channels: vec![place], asked_at: NOW });
        })
    };
    assert_eq!(with(0, channel("revenue", true, false)), []);
    assert_eq!(with(0, channel("money", true, false)), [("channel-renamed", GoodToKnow)]);
    assert_eq!(with(0, channel("revenue", false, false)), [("bot-not-in-channel", NeedsYou)]);
    assert_eq!(with(0, channel("revenue", true, true)), [("channel-archived", NeedsYou)]);
    let refused = |code: &str| Asked::Refused { code: code.to_owned(), todo: None };
    assert_eq!(with(0, refused("channel_not_found")), [("channel-not-found", NeedsYou)]);
    assert_eq!(with(0, refused("missing_scope")), [("channels-not-visible", GoodToKnow)]);
    assert_eq!(with(1, channel("revenue", true, false)), [("slack-scope-missing", NeedsYou)]);
}

#[test]
fn what_waits_in_the_database_matters_by_how_long_it_waits() {
    let oldest = |ago_ms: i64| {
        names(move |found| {
            kept(found).backlog = Backlog { waiting: 2, oldest_ms: Some(NOW.as_ms() - ago_ms), unreadable: 0 };
        })
    };
    assert_eq!(oldest(MS_PER_MINUTE), []);
    assert_eq!(oldest(10 * MS_PER_MINUTE), [("deliveries-unread", MayNeedYou)]);
    assert_eq!(oldest(2 * MS_PER_HOUR), [("deliveries-unread", NeedsYou)]);
    let unreachable = names(|found| found.database = Database::Unreachable { why: "no".to_owned() });
    assert_eq!(unreachable, [("database-unreachable", NeedsYou)]);
    let full = names(|found| found.disk = Some(Disk { free_bytes: 1 << 20, total_bytes: 1 << 40 }));
    assert_eq!(full, [("disk-nearly-full", NeedsYou)]);
}
