//! A definitions file: what it means once it is read, and how each mistake in it is named.

#[path = "definitions/mistakes.rs"]
mod mistakes;
#[path = "definitions/versions.rs"]
mod versions;

use proptest::prelude::*;
use shiftbell_metrics::definitions::{
    Checked, Closes, CountOf, Definitions, DigestDays, DigestKind, DigestTo, GoalPeriod, KindWords, KpiKind, LineEach,
    RolloutStep, RuleKind, SecretFrom, SkipPolicy, StageOf, Target, Vocabulary, Who, read, rests_on_cost,
    rests_on_recurring,
};
use shiftbell_metrics::value::Value;

const BASE: &str = include_str!("definitions/base.toml");

fn vocabulary() -> Vocabulary {
    let words =
        |kind, secrets, required, settings, not_active| KindWords { kind, secrets, required, settings, not_active };
    Vocabulary {
        sources: vec![
            words("crm", &["secret", "token"], &["secret"], &["history", "joined_by"], None),
            words("billing", &["key"], &["key"], &[], Some("bills are not read yet")),
        ],
        outlets: vec![words("chat", &["token"], &[], &["team"], None), words("talk", &["token"], &[], &[], None)],
    }
}

fn check(text: &str) -> Checked {
    read("acme.toml", text, &vocabulary())
}

fn definitions(text: &str) -> Definitions {
    let checked = check(text);
    assert_eq!(said(&checked), Vec::<String>::new());
    checked.definitions.expect("a file without problems has definitions")
}

fn said(checked: &Checked) -> Vec<String> {
    checked.problems.iter().map(ToString::to_string).collect()
}

/// The file with one thing changed, which must be in it exactly once.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(BASE.matches(from).count(), 1, "{from:?} should be in the file once");
    BASE.replacen(from, to, 1)
}

#[test]
fn the_whole_grammar_is_read() {
    let d = definitions(BASE);
    assert_eq!(d.workspace.name, "Acme");
    assert_eq!(d.workspace.zone.name(), "Europe/Berlin");
    assert_eq!(d.workspace.year_starts_month, 4);
    assert_eq!(d.skipped, SkipPolicy::Implied);
    assert_eq!(
        d.chain.iter().map(|stage| stage.id.as_str()).collect::<Vec<_>>(),
        ["lead", "mql", "deal", "won", "used"]
    );
    assert_eq!(d.stage("used").unwrap().of, StageOf::Customer);
    assert_eq!(d.stage("used").unwrap().feeds.as_deref(), Some("awareness"));

    let form = d.fact("form-sent").unwrap();
    assert_eq!(form.events, ["form"]);
    assert_eq!(form.properties, [("form".to_owned(), vec![Value::text("demo"), Value::text("price-list")])]);
    let won = d.fact("deal-won").unwrap();
    assert_eq!(won.state[0].0.to_string(), "deal.stage");
    assert_eq!(won.state[0].1, [Value::text("won")]);
    assert!(won.is_edge() && !form.is_edge());
    assert_eq!(d.fact("meeting-held").unwrap().by, ["ae"]);
    assert_eq!(d.fact("second-visit").unwrap().nth, Some(2));
    assert_eq!(d.fact("contacted").unwrap().stage.as_deref(), Some("customer"));

    let b2b = d.motion("b2b").unwrap();
    assert!(matches!(&b2b.who, Who::That(of, None) if of[0].0.to_string() == "company.segment"));
    assert_eq!(b2b.credit.len(), 2);
    assert_eq!(b2b.lost, ["deal-lost"]);
    assert!(!b2b.counts_again && !b2b.who_as_of_entry);
    let b2c = d.motion("b2c").unwrap();
    assert!(matches!(b2c.who, Who::EveryoneElse));
    assert!(b2c.counts_again && b2c.who_as_of_entry);
    assert_eq!(b2c.stages["deal"], ["bant-met", "paid"]);
    assert!(!b2c.stages.contains_key("used"));
    assert_eq!(d.say_stage("b2c", "deal"), "bant met or paid");
    assert_eq!(d.say_stage("b2b", "lost"), "deal lost");
    assert_eq!(d.say_stage("b2c", "used"), "");

    assert_eq!(d.dimension("source").unwrap().values, ["ads", "search"]);
    assert_eq!(d.always_show, ["source"]);
}

#[test]
fn people_digests_and_rules_are_read() {
    let d = definitions(BASE);
    let person = d.person("ALIAS@acme.example").unwrap();
    assert_eq!((person.email.as_str(), person.team.as_str()), ("ae@acme.example", "sales"));
    assert_eq!(person.known_as["chat"], "U1");
    assert_eq!(d.places["berlin"].days.len(), 5);
    assert_eq!(d.places["berlin"].holidays.len(), 1);
    assert_eq!(d.destinations["sales"].name, "#sales");
    assert_eq!(d.goals[1].period, GoalPeriod::EveryMonth);
    assert_eq!(d.scorecards.roles["bdr"][0].each, LineEach::Day);
    assert!(d.scorecards.roles["bdr"][0].required && d.scorecards.first_week_numbers_only);
    let [scorecard, bowtie, money] = d.digests.as_slice() else { panic!("three digests") };
    assert_eq!((scorecard.send, &scorecard.to), (DigestKind::Scorecard, &DigestTo::EachPerson));
    assert_eq!(scorecard.closes, Some(Closes::EndOfDay));
    assert_eq!(bowtie.to, DigestTo::Destination("revenue".into()));
    assert_eq!(money.days, DigestDays::NthWorkingDayOfMonth(2));
    assert!(money.not_active.is_none() && bowtie.not_active.is_none());
    assert!(matches!(&d.rules[0].kind, RuleKind::Rate { watch, .. } if watch == &["mql-to-deal"]));
    assert!(matches!(&d.rules[1].kind, RuleKind::Event { fact } if fact == "failed"));
    assert!(d.rules[1].not_active.is_none() && d.rules[2].not_active.is_some());
    assert!(!d.rules[2].as_message);
    assert_eq!(d.noise.quiet_except, ["unpaid"]);
    assert_eq!(d.rollout.step, RolloutStep::Focus);
    assert_eq!(d.privacy.test_records[0].0.to_string(), "contact.email_domain");
    assert_eq!(d.sources[0].secrets["secret"], SecretFrom::Env("ACME_SECRET".into()));
    assert_eq!(d.sources[1].secrets["key"], SecretFrom::File("/run/secrets/key".into()));
    assert_eq!(d.sources[0].map["deal.stage.won"], ["Won"]);
    assert_eq!(d.sources[0].map["contact.lead_score"], ["Score"]);
    assert_eq!(d.policies.default_period_weeks, 13);
}

#[test]
fn kpis_are_found_by_every_name() {
    let d = definitions(BASE);
    let slug = |name: &str| d.kpi(name).map(|kpi| kpi.slug.clone()).unwrap_or_default();
    for (name, expected) in [
        ("mql-to-deal", "mql-to-deal"),
        ("mql-rate", "mql-to-deal"),
        ("mql-conversion", "mql-to-deal"),
        ("deal-conversion", "deal-to-won"),
        ("deal-to-won-time", "deal-to-won-time"),
        ("leads", "leads"),
        ("lead", "leads"),
        ("mql", "mqls"),
        ("won", "won"),
        ("used", "used"),
    ] {
        assert_eq!(slug(name), expected, "{name}");
    }
    let step = d.kpi("mql-to-deal").unwrap();
    assert_eq!(step.target.of("b2c"), Some(&Target::Rate(40.into())));
    assert!(
        matches!(&step.kind, KpiKind::Conversion { within, .. } if within.of("b2b").unwrap().to_string() == "60 days")
    );
    let standard = d.kpi("deal-to-won").unwrap();
    assert!(!standard.is_written);
    assert_eq!(standard.label, "Deal to won");
    assert!(
        matches!(&standard.kind, KpiKind::Conversion { within, .. } if within.of("b2c").unwrap().to_string() == "90 days")
    );
    assert!(matches!(&d.kpi("cac").unwrap().kind, KpiKind::Formula { kpis, .. } if kpis == &["spend", "won"]));
    assert!(matches!(&d.kpi("sqls").unwrap().kind, KpiKind::Count { of: CountOf::Stage(stage) } if stage == "mql"));
}

#[test]
fn a_written_kpi_takes_the_place_of_the_standard_one() {
    let d = definitions(&changed("[kpis.cycle]", "[kpis.mqls]\ncount = \"form-sent\"\n\n[kpis.cycle]"));
    let mqls: Vec<_> = d.kpis.iter().filter(|kpi| kpi.slug == "mqls").collect();
    assert_eq!(mqls.len(), 1);
    assert!(mqls[0].is_written);
    assert!(d.kpi("mql").is_none(), "it counts something else than the stage");
}

#[test]
fn a_step_that_no_motion_has_is_not_in_the_family() {
    let d = definitions(&changed("used = \"second-visit\"\n", ""));
    assert!(d.kpi("used").is_none() && d.kpi("won-to-used").is_none());
    assert!(d.kpi("deal-to-won").is_some());
}

#[test]
fn what_is_not_active_yet_is_said_with_its_line() {
    let checked = check(BASE);
    let notes: Vec<String> = checked.notes.iter().map(|note| note.to_string()).collect();
    let has = |text: &str| assert!(notes.iter().any(|note| note == text), "{text} in {notes:#?}");
    has("acme.toml:180: rules.stalled is not active yet: single records are not watched yet");
    has("acme.toml:186: rules.behind is not active yet: the pace of goals is not watched yet");
    has("acme.toml:227: sources.bills is not active yet: bills are not read yet");
    assert_eq!(notes.len(), 3, "{notes:#?}");
}

#[test]
fn what_rests_on_something_not_active_is_not_active() {
    // Without a stage of deals before the one that is won, there is no velocity.
    let text = changed("label = \"Deals\", of = \"deal\"", "label = \"Deals\", of = \"contact\"");
    let pace = "pace = { label = \"Pace\", standard = \"sales-velocity\" }\ncac ";
    let d = definitions(&text.replacen("cac ", pace, 1).replacen("'spend / won'", "'spend / pace'", 1));
    assert!(d.kpi("cac").unwrap().not_active.is_some());
    assert!(d.kpi("won").unwrap().not_active.is_none());
}

#[test]
fn recurring_revenue_exists_without_being_written() {
    let d = definitions(BASE);
    let of = |name: &str| d.kpi(name).map(|kpi| (kpi.slug.clone(), kpi.not_active.clone()));
    assert_eq!(of("mrr"), Some(("mrr".to_owned(), None)));
    assert_eq!(of("nrr"), Some(("net-retention".to_owned(), None)));
    assert_eq!(of("gross-retention"), Some(("grr".to_owned(), None)), "the file has it under a name of its own");
    let owned = definitions(&changed("business_model = \"subscription\"", "business_model = \"ownership\""));
    assert!(owned.kpi("mrr").is_none());
}

/// The file with more policies.
fn with_policies(more: &str) -> String {
    changed("[policies.mrr]\n", &format!("{more}\n[policies.mrr]\n"))
}

const ECONOMICS: &str = "[policies.economics]\ngross_margin = \"80 %\"\ncost = \"spend\"\nburn = \"spend\"\n";

#[test]
fn what_a_customer_costs_says_what_to_write_until_it_is_written() {
    let d = definitions(BASE);
    let why = |d: &Definitions, name: &str| d.kpi(name).unwrap().not_active.clone();
    for (name, part) in [
        ("ltv", "gross_margin = \"80 %\" under [policies.economics]"),
        ("acquisition-cost", "cost = \"spend\""),
        ("payback-months", "gross_margin"),
        ("ltv-to-cac", "cost = \"spend\""),
        ("magic-number", "cost = \"spend\""),
        ("burn-multiple", "burn = \"burnt\""),
        ("win-rate-with-no-decision", "no_decision = \"went-quiet\" under [policies.pipeline]"),
    ] {
        let why = why(&d, name).unwrap();
        assert!(why.contains(part), "{name}: {why}");
    }
    assert_eq!(why(&d, "lifetime-value-five-years"), None);
    assert_eq!(d.kpi("cac").unwrap().slug, "cac", "what the file writes keeps its name");
    let d = definitions(&with_policies(&format!("{ECONOMICS}[policies.pipeline]\nno_decision = \"deal-lost\"\n")));
    let names = ["ltv", "acquisition-cost", "payback-months", "ltv-to-cac", "magic-number", "burn-multiple"];
    for name in names.into_iter().chain(["win-rate-with-no-decision", "win-rate-by-value", "cycle-length", "deal-time"])
    {
        assert_eq!(why(&d, name), None, "{name}");
    }
    assert_eq!(d.policies.economics.gross_margin, Some(80.into()));
    assert_eq!(d.policies.no_decision, ["deal-lost"]);
}

#[test]
fn a_gross_margin_changes_what_rests_on_it_and_refolds_nothing() {
    let (before, after) =
        (definitions(&with_policies(ECONOMICS)), { definitions(&with_policies(&ECONOMICS.replace("80 %", "75 %"))) });
    let moved: Vec<&str> = before
        .kpis
        .iter()
        .filter(|kpi| after.kpis.iter().any(|other| other.slug == kpi.slug && other.version != kpi.version))
        .map(|kpi| kpi.slug.as_str())
        .collect();
    assert_eq!(moved, ["customer-lifetime-value", "payback-months", "ltv-to-cac"]);
    assert_eq!(before.meaning, after.meaning);
    assert_eq!(before.meaning, definitions(BASE).meaning);
}

#[test]
fn what_rests_on_cost_and_on_recurring_revenue_is_known_through_formulas() {
    let text = with_policies(ECONOMICS).replacen("formula = 'spend / won'", "formula = 'spend / new-mrr'", 1);
    let d = definitions(&text);
    let of = |name: &str| (rests_on_cost(&d, name), rests_on_recurring(&d, name));
    for (name, expected) in [
        ("spend", (true, false)),
        ("acquisition-cost", (true, false)),
        ("cac", (true, true)),
        ("cac-payback", (true, true)),
        ("ltv-to-cac", (true, true)),
        ("burn-multiple", (true, true)),
        ("ltv", (false, true)),
        ("nrr", (false, true)),
        ("closed-win-rate", (false, false)),
        ("deal-time", (false, false)),
        ("new-arr", (false, false)),
        ("nothing of the kind", (false, false)),
    ] {
        assert_eq!(of(name), expected, "{name}");
    }
}

#[test]
fn what_is_named_as_a_cost_must_be_a_sum() {
    let problem = |more: &str| said(&check(&with_policies(more))).join("\n");
    let of = |line: &str| problem(&format!("[policies.economics]\n{line}\n"));
    assert!(of("cost = \"won\"").contains("\"won\" is no sum; name a KPI such as spend"), "{}", of("cost = \"won\""));
    assert!(of("cost = \"spent\"").contains("did you mean \"spend\"?"), "{}", of("cost = \"spent\""));
    assert!(of("gross_margin = 0.8").contains("write \"80 %\""), "{}", of("gross_margin = 0.8"));
    assert!(of("gross_margin = \"120 %\"").contains("up to 100 %"), "{}", of("gross_margin = \"120 %\""));
    let quiet = problem("[policies.pipeline]\nno_decision = \"deal-lots\"\n");
    assert!(quiet.contains("did you mean \"deal-lost\"?"), "{quiet}");
    let usage = said(&check(&changed("trials = \"excluded\"", "usage = \"3 weeks\""))).join("\n");
    assert!(usage.contains("a number of months up to 24"), "{usage}");
}

#[test]
fn a_business_that_sells_for_good_has_bookings_and_no_recurring_revenue() {
    let owned = changed("business_model = \"subscription\"", "business_model = \"ownership\"");
    let owned = definitions(&owned.replace("[policies.mrr]\n", &format!("{ECONOMICS}[policies.mrr]\n")));
    for name in ["bookings", "maintenance-renewal", "acquisition-cost"] {
        assert_eq!(owned.kpi(name).unwrap().not_active, None, "{name}");
    }
    for name in ["mrr", "ltv", "payback-months", "magic-number"] {
        assert!(owned.kpi(name).is_none(), "{name}");
    }
    let written = owned.kpi("grr").unwrap().not_active.clone().unwrap();
    assert!(written.contains("ask `bookings` or `maintenance-renewal`"), "{written}");
    assert!(definitions(BASE).kpi("bookings").is_none());
}

#[test]
fn rates_of_other_currencies_are_read_with_their_days() {
    use shiftbell_metrics::money::Currency;
    use shiftbell_metrics::revenue::{Exact, Policy};
    use shiftbell_metrics::time::Instant;
    let rates = "trials = \"excluded\"\n[policies.mrr.rates]\nUSD = 0.9\nGBP = { 2026-01-01 = 1.1, 2026-07-01 = 1.2 }";
    let d = definitions(&changed("trials = \"excluded\"", rates));
    let spot = Policy { spot_rates: true, ..Policy::of(&d.policies.mrr) };
    let at = |code: &str, time: &str| {
        d.policies.rates.at(Currency::from_code(code).unwrap(), Instant::parse(time).unwrap(), &spot)
    };
    assert_eq!(at("USD", "2026-03-01T00:00:00Z"), Exact::new(9, 10));
    assert_eq!(at("GBP", "2025-03-01T00:00:00Z"), Exact::new(11, 10));
    assert_eq!(at("GBP", "2026-08-01T00:00:00Z"), Exact::new(12, 10));
    assert_eq!(at("JPY", "2026-08-01T00:00:00Z"), None);
    assert_ne!(d.meaning, definitions(BASE).meaning, "a rate changes what numbers mean");
}

#[test]
fn a_file_of_four_sections_is_enough() {
    let text = "
[workspace]
name = \"Small\"
timezone = \"UTC\"
currency = \"USD\"
[facts]
asked = { event = \"form\" }
bought = { event = \"order\" }
[stages]
chain = [
  { id = \"lead\", of = \"contact\", bowtie = \"awareness\" },
  { id = \"won\", of = \"deal\", bowtie = \"commit\" },
]
[motions.all.stages]
lead = \"asked\"
won = \"bought\"
";
    let d = definitions(text);
    assert!(matches!(d.motions[0].who, Who::EveryoneElse));
    assert!(d.kpi("lead-conversion").is_some());
    assert_eq!(d.scorecards.good_day, 80.into());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]a-z0-9=\"'{}.,\n# %-]{0,300}") {
        check(&text);
    }

    #[test]
    fn no_change_of_a_good_file_makes_it_panic(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, "[\\[\\]a-z0-9=\"'{}.,\n -]{0,6}"), 1..6)
    ) {
        let mut text = BASE.to_owned();
        for (at, length, instead) in cuts {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.replace_range(at..end, &instead);
        }
        let checked = check(&text);
        prop_assert_eq!(checked.definitions.is_some(), checked.problems.is_empty());
        for problem in &checked.problems {
            prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem);
            prop_assert!(problem.line >= 1 && problem.line <= text.lines().count() + 1);
        }
    }
}
