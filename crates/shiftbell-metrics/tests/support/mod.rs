//! A small company: two motions, the chain from session to second show, and every kind of KPI.
#![expect(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod live;

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::*;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::expression::{Catalogue, Expression, Type};
use shiftbell_metrics::fold::StoredEvent;
use shiftbell_metrics::id::{EntityId, EntityKind};
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::time::Zone;
use shiftbell_metrics::value::Value;

pub(crate) fn field(text: &str) -> FieldName {
    let (of, name) = text.split_once('.').unwrap_or(("", text));
    FieldName { of: of.into(), name: name.into() }
}

fn catalogue() -> Catalogue {
    let mut fields = Catalogue::default();
    fields.add("contact.lead_score", Type::Number);
    fields.add("deal.bant", Type::Text);
    fields.add("deal.open", Type::Bool);
    fields.add("deal.contacts", Type::Number);
    fields.add("deal.next_step_at", Type::Time);
    fields.add("deal.touched_today", Type::Bool);
    for kpi in ["won-amount", "won-list-amount", "spend", "won"] {
        fields.add(kpi, Type::Number);
    }
    fields
}

pub(crate) fn sentence(text: &str) -> Expression {
    match Expression::compile(text, &catalogue()) {
        Ok(compiled) => compiled,
        Err(problems) => panic!("{text}: {}", problems[0]),
    }
}

fn fact(name: &str, events: &[&str], properties: &[(&str, &str)]) -> Fact {
    Fact {
        name: name.into(),
        events: events.iter().map(|kind| (*kind).to_owned()).collect(),
        properties: properties.iter().map(|(key, value)| ((*key).to_owned(), vec![Value::text(*value)])).collect(),
        state: vec![],
        when: None,
        by: vec![],
        nth: None,
        stage: None,
        mrr: None,
    }
}

fn state(name: &str, event: &str, of: &str, value: &str) -> Fact {
    Fact { state: vec![(field(of), vec![Value::text(value)])], ..fact(name, &[event], &[]) }
}

fn stage(id: &str, of: StageOf) -> Stage {
    Stage { id: id.into(), label: id.to_uppercase(), of, bowtie: "awareness".into(), feeds: None, seen_as: None }
}

fn motion(id: &str, who: Who, stages: &[(&str, &[&str])], lost: &[&str]) -> Motion {
    Motion {
        id: id.into(),
        label: id.into(),
        who,
        who_as_of_entry: false,
        touch: "no".into(),
        lead_by: "sales".into(),
        paced: Paced::CalendarDays,
        credit: vec![],
        stages: stages
            .iter()
            .map(|(stage, facts)| ((*stage).to_owned(), facts.iter().map(|fact| (*fact).to_owned()).collect()))
            .collect(),
        lost: lost.iter().map(|fact| (*fact).to_owned()).collect(),
        gone: vec!["ended".into()],
        counts_again: false,
    }
}

pub(crate) fn kpi(slug: &str, kind: KpiKind) -> Kpi {
    Kpi {
        slug: slug.into(),
        label: slug.into(),
        also: vec![],
        means: PerMotion::default(),
        level: None,
        kind,
        motion: None,
        target: PerMotion::default(),
        better: Better::Higher,
        owner: None,
        signed: None,
        leads_to: vec![],
        was: None,
        credit: None,
        is_written: true,
        version: "0001".into(),
        not_active: None,
    }
}

pub(crate) fn days(count: u32) -> Span {
    Span { count, unit: SpanUnit::Days }
}

fn conversion(slug: &str, from: &str, to: &str, within: u32) -> Kpi {
    let within = PerMotion::every(days(within));
    kpi(slug, KpiKind::Conversion { from: from.into(), to: to.into(), within, early: PerMotion::default() })
}

fn kpis() -> Vec<Kpi> {
    let stage = |id: &str| CountOf::Stage(id.into());
    let facts = |of: &[&str]| CountOf::Facts(of.iter().map(|fact| (*fact).to_owned()).collect());
    let formula = |slug: &str, text: &str, over: &[&str]| {
        let kpis = over.iter().map(|kpi| (*kpi).to_owned()).collect();
        kpi(slug, KpiKind::Formula { text: text.into(), kpis, formula: sentence(text) })
    };
    let recurring = |slug: &str| kpi(slug, KpiKind::Standard { name: slug.into(), over: None });
    let time = |slug: &str, from: &str, to: TimeTo, show| {
        kpi(slug, KpiKind::Time { from: from.into(), to, working_hours: false, show })
    };
    vec![
        kpi("mqls", KpiKind::Count { of: stage("mql") }),
        Kpi { credit: Some("sourced".into()), ..kpi("sqls", KpiKind::Count { of: stage("sql") }) },
        kpi("won", KpiKind::Count { of: stage("won") }),
        kpi("conversations", KpiKind::Count { of: facts(&["call-accepted", "reply"]) }),
        kpi("customer-contacts", KpiKind::Count { of: facts(&["customer-contact"]) }),
        conversion("lead-to-mql", "lead", "mql", 30),
        Kpi {
            also: vec!["mql-conversion".into()],
            target: PerMotion::every(Target::Rate(30.into())),
            ..conversion("mql-to-sql", "mql", "sql", 10)
        },
        conversion("sql-to-deal", "sql", "deal", 30),
        conversion("deal-to-won", "deal", "won", 30),
        conversion("won-to-live", "won", "live", 30),
        time("sales-cycle", "deal", TimeTo::Stage("won".into()), TimeShow::Median),
        time("first-reply", "mql", TimeTo::Fact("human-reply".into()), TimeShow::P90),
        kpi("won-amount", KpiKind::Sum { of: field("deal.annual_amount"), at: stage("won") }),
        kpi("won-list-amount", KpiKind::Sum { of: field("deal.annual_list_amount"), at: stage("won") }),
        kpi("spend", KpiKind::Sum { of: field("spend.amount"), at: facts(&["money-spent"]) }),
        kpi("show-rate", KpiKind::Share { of: "meeting-due".into(), also: "meeting-held".into() }),
        kpi(
            "next-steps",
            KpiKind::Stock {
                of: StageOf::Deal,
                filter: Some(sentence("deal.open")),
                have: Some(sentence("deal.next_step_at > now")),
            },
        ),
        formula("discount", "1 - won-amount / won-list-amount", &["won-amount", "won-list-amount"]),
        formula("cac", "spend / won", &["spend", "won"]),
        recurring("mrr"),
        recurring("new-mrr"),
        recurring("churned-mrr"),
        recurring("net-retention"),
        recurring("customer-churn"),
        kpi("raises", KpiKind::Count { of: facts(&["raised"]) }),
    ]
}

fn facts() -> Vec<Fact> {
    let score = Fact { when: Some(sentence("contact.lead_score > 10")), ..fact("score-above-ten", &[], &[]) };
    let held_or_not = vec![("status".to_owned(), vec![Value::text("held"), Value::text("no-show")])];
    let shown = fact("show-held", &["show_held"], &[]);
    vec![
        fact("visit", &["page_view"], &[]),
        fact("call-accepted", &["call"], &[("outcome", "accepted")]),
        fact("reply", &["email"], &[("direction", "in")]),
        fact("human-reply", &["call", "email", "meeting"], &[("direction", "out")]),
        fact("list-import", &["contact_created"], &[]),
        fact("meeting-request", &["form"], &[("form", "meeting-request")]),
        fact("soft-form", &["form"], &[("form", "price-list")]),
        score,
        Fact { by: vec!["ae".into()], ..fact("meeting-confirmed", &["meeting"], &[("status", "confirmed")]) },
        Fact { properties: held_or_not, ..fact("meeting-due", &["meeting"], &[]) },
        fact("meeting-held", &["meeting"], &[("status", "held")]),
        fact("checkout-started", &["checkout"], &[]),
        fact("order-created", &["order"], &[("status", "created")]),
        fact("order-paid", &["order"], &[("status", "paid")]),
        Fact { when: Some(sentence("deal.bant is \"met\"")), ..fact("bant-met", &["deal"], &[]) },
        state("contract-won", "deal", "deal.stage", "won"),
        state("deal-lost", "deal", "deal.stage", "lost"),
        state("disqualified", "contact", "contact.status", "disqualified"),
        Fact { nth: Some(2), ..fact("second-show", &["show_held"], &[]) },
        shown,
        Fact { stage: Some("customer".into()), ..fact("customer-contact", &["call"], &[("direction", "out")]) },
        fact("ended", &["ended"], &[]),
        Fact { mrr: Some("expansion".into()), ..fact("raised", &[], &[]) },
        fact("money-spent", &["spend"], &[]),
    ]
}

fn motions() -> Vec<Motion> {
    let business = Who::That(vec![(field("company.segment"), vec![Value::text("business")])], None);
    let right: [(&str, &[&str]); 2] = [("live", &["show-held"]), ("adopted", &["second-show"])];
    let mut b2b: Vec<(&str, &[&str])> = vec![
        ("session", &["visit", "call-accepted"]),
        ("lead", &["list-import"]),
        ("mql", &["meeting-request"]),
        ("sql", &["meeting-confirmed"]),
        ("deal", &["bant-met"]),
        ("won", &["contract-won"]),
    ];
    b2b.extend(right);
    let mut b2c: Vec<(&str, &[&str])> = vec![
        ("session", &["visit"]),
        ("lead", &["soft-form"]),
        ("mql", &["score-above-ten"]),
        ("sql", &["checkout-started"]),
        ("deal", &["order-created"]),
        ("won", &["order-paid"]),
    ];
    b2c.extend(right);
    vec![
        motion("b2b", business, &b2b, &["deal-lost", "disqualified"]),
        motion("b2c", Who::EveryoneElse, &b2c, &["disqualified"]),
    ]
}

fn dimensions() -> Vec<Dimension> {
    let dimension = |name: &str, from: &[&str], values: &[&str]| Dimension {
        name: name.into(),
        from: from.iter().map(|text| field(text)).collect(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    vec![
        dimension("product", &["deal.product", "contact.product"], &["small-parties", "corporate-events"]),
        dimension("source", &["contact.source"], &["ads", "list"]),
        dimension("geography", &["company.country", "contact.country"], &[]),
        dimension("owner", &["deal.owner", "contact.owner"], &[]),
    ]
}

pub(crate) fn definitions() -> Definitions {
    Definitions {
        workspace: Workspace {
            name: "Clowns To Go".into(),
            zone: Zone::named("America/New_York").unwrap(),
            currency: Currency::USD,
            week_starts: jiff::civil::Weekday::Monday,
            year_starts_month: 1,
            business_model: "subscription".into(),
            growth_stage: "gtm-fit".into(),
            north_star: None,
        },
        facts: facts(),
        chain: vec![
            stage("session", StageOf::Visitor),
            stage("lead", StageOf::Contact),
            stage("mql", StageOf::Contact),
            stage("sql", StageOf::Contact),
            stage("deal", StageOf::Deal),
            stage("won", StageOf::Deal),
            stage("live", StageOf::Customer),
            stage("adopted", StageOf::Customer),
        ],
        skipped: SkipPolicy::Implied,
        motions: motions(),
        dimensions: dimensions(),
        always_show: vec!["product".into()],
        kpis: kpis(),
        funnels: vec![],
        goals: vec![],
        new_in_role: vec![],
        scorecards: Scorecards {
            good_day: 80.into(),
            partly: 60.into(),
            first_week_numbers_only: true,
            roles: BTreeMap::new(),
        },
        people: vec![],
        teams: vec![],
        places: BTreeMap::new(),
        destinations: BTreeMap::new(),
        digests: vec![],
        rules: vec![],
        noise: Noise {
            per_person_a_day: 3,
            per_channel_a_day: 5,
            repeat: "never".into(),
            quiet_from: None,
            quiet_until: None,
            quiet_except: vec![],
            old_news: days(1),
            too_quiet: None,
        },
        rights: BTreeMap::new(),
        privacy: Privacy {
            person_in_channel: false,
            ranking: false,
            manager_sees: "lines".into(),
            smallest_group: 4,
            keep_days: 400,
            test_records: vec![(field("contact.email_domain"), vec![Value::text("clowns.example")])],
        },
        rollout: Rollout { step: RolloutStep::Grow, reviewer: None, pilots: vec![] },
        sources: vec![],
        outlets: vec![],
        policies: Policies {
            default_period_weeks: 13,
            too_few: 10,
            level_points: rust_decimal::Decimal::new(5, 1),
            credit_owner_at_the_time: true,
            late_data: days(7),
            new_meaning_all_history: true,
            mrr: BTreeMap::new(),
            rates: Box::new(shiftbell_metrics::revenue::Rates::only(Currency::USD)),
            economics: Default::default(),
            no_decision: vec![],
        },
        catalogue: Default::default(),
        meaning: "0000000000000000".into(),
    }
}

/// An event from its JSON, without `id` and `at`: these are made from the time.
pub(crate) fn event(at: &str, rest: &str) -> StoredEvent {
    let at = if at.contains('T') { at.to_owned() } else { format!("{at}T12:00:00Z") };
    let text = format!(r#"{{"id":"{at}-{}","at":"{at}",{rest}}}"#, EntityId::of(EntityKind::Deal, rest).0);
    StoredEvent { source: "test".into(), event: Event::from_json(&text).unwrap(), by: Some("ae".into()) }
}

pub(crate) fn company(id: &str) -> EntityId {
    EntityId::of(EntityKind::Company, id)
}

pub(crate) fn contact(id: &str) -> EntityId {
    EntityId::of(EntityKind::Contact, id)
}

pub(crate) fn deal(id: &str) -> EntityId {
    EntityId::of(EntityKind::Deal, id)
}
