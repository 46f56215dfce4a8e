//! Whatever an account holds, the file that follows from it passes `check` and fits on one screen.

use proptest::prelude::*;
use shiftbell::companies::vocabulary;
use shiftbell::init::suggest::{mql_signs, people, splits, sql_signs, ways, won};
use shiftbell::init::{FromHubSpot, LINES_MAX, Outlet, Plan, Source, written};
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::id::EntityKind;
use shiftbell_sources::hubspot::portal::{Account, End, Form, Owner, Pipeline, Portal, Property, Stage};
use shiftbell_sources::{map_problems, setting_problems};

/// Names as people give them: HubSpot keeps any text that is not empty.
fn name() -> impl Strategy<Value = String> {
    let odd = [
        "Sales Pipeline",
        "sales pipeline",
        "SALES-PIPELINE!",
        "\"quoted\"",
        "it's",
        "back\\slash",
        "#1",
        "a = b",
        "stage=won",
        "x: y: z",
        "日本語",
        "Продажи",
        "🎈🎈",
        "+",
        "--",
        "]]",
        "${HOME}",
        "Demo request",
        "Contact us",
        "Closed Won",
        "Closed lost",
        "lost",
        "gone",
        "won",
        "lead",
        "everyone else",
        "null",
        "true",
        "2026-01-01",
        "1e5",
        "'''",
        "\u{200b}x",
        "Segment",
        "score",
    ];
    prop_oneof![
        4 => prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
        2 => "[ -~]{1,40}".prop_map(|text| text.trim().to_owned()).prop_filter("HubSpot wants a name", |text| !text.is_empty()),
        1 => "\\PC{1,250}".prop_map(|text| text.trim().to_owned()).prop_filter("HubSpot wants a name", |text| !text.is_empty()),
    ]
}

fn internal() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_0-9]{1,12}", "[0-9]{1,9}", "[0-9a-f]{8}-[0-9a-f]{4}"]
}

fn pipeline() -> impl Strategy<Value = Pipeline> {
    let end = prop_oneof![Just(None), Just(Some(End::Won)), Just(Some(End::Lost))];
    let stage = (internal(), name(), end).prop_map(|(id, label, end)| Stage { id, label, end });
    (internal(), name(), prop::collection::vec(stage, 0..8)).prop_map(|(id, label, stages)| Pipeline {
        id,
        label,
        stages,
    })
}

fn property() -> impl Strategy<Value = Property> {
    let label = prop_oneof![
        name(),
        Just("Customer type".to_owned()),
        Just("Segment".to_owned()),
        Just("HubSpot score".to_owned())
    ];
    let kind = prop::sample::select(vec!["enumeration", "number", "string"]).prop_map(str::to_owned);
    (internal(), label, kind, prop::collection::vec((internal(), name()), 0..5))
        .prop_map(|(name, label, kind, options)| Property { name, label, kind, is_custom: true, options })
}

fn owner() -> impl Strategy<Value = Owner> {
    let email = prop_oneof![
        "[a-z]{1,8}@[a-z]{1,6}\\.example".prop_map(Some),
        Just(None),
        Just(Some("no address".to_owned())),
        Just(Some("\"odd\"'@x.example".to_owned())),
        Just(Some("ünï@x.example".to_owned())),
    ];
    let team = prop_oneof![
        name(),
        Just("BDR team".to_owned()),
        Just("Customer Success".to_owned()),
        Just("Marketing".to_owned())
    ];
    (internal(), email, name(), prop::collection::vec(team, 0..3), any::<bool>())
        .prop_map(|(id, email, name, teams, is_active)| Owner { id, user: None, email, name, teams, is_active })
}

fn lifecycle(options: Vec<(String, String)>) -> Property {
    Property {
        name: "lifecyclestage".to_owned(),
        label: "Lifecycle Stage".to_owned(),
        kind: "enumeration".to_owned(),
        is_custom: false,
        options,
    }
}

fn portal() -> impl Strategy<Value = Portal> {
    let many = |most: usize| prop_oneof![3 => 0..4_usize, 1 => 0..most];
    let stages = ["marketingqualifiedlead", "salesqualifiedlead", "opportunity"];
    let labels = prop::option::of(prop::array::uniform3(name()));
    (
        many(31).prop_flat_map(|n| prop::collection::vec(pipeline(), n)),
        prop::collection::vec(property(), 0..6),
        prop::collection::vec(property(), 0..6),
        many(40).prop_flat_map(|n| prop::collection::vec(name(), n)),
        many(201).prop_flat_map(|n| prop::collection::vec(owner(), n)),
        labels,
    )
        .prop_map(move |(pipelines, mut contacts, companies, forms, owners, labels)| {
            if let Some(labels) = labels {
                contacts.push(lifecycle(stages.map(str::to_owned).into_iter().zip(labels).collect()));
            }
            Portal {
                account: Account { id: "10000001".to_owned(), ..Account::default() },
                pipelines,
                properties: [(EntityKind::Contact, contacts), (EntityKind::Company, companies)].into(),
                forms: forms.into_iter().enumerate().map(|(n, name)| Form { id: n.to_string(), name }).collect(),
                owners,
                ..Portal::default()
            }
        })
}

fn plan(portal: &Portal, company: &str, split: usize, mql: usize, sql: usize) -> Plan {
    let splits = splits(portal);
    let split = splits[split % splits.len()].clone();
    let signs = mql_signs(portal);
    let mql = signs[mql % signs.len()].clone();
    let signs = sql_signs(portal, &mql);
    let sql = signs[sql % signs.len()].clone();
    let reviewer = "revops.one@clowns.example".to_owned();
    Plan {
        workspace: "acme".to_owned(),
        company: company.to_owned(),
        zone: "America/New_York".to_owned(),
        currency: "USD".to_owned(),
        people: people(portal, &reviewer),
        source: Source::HubSpot(Box::new(FromHubSpot {
            ways: ways(&split, portal),
            won: won(portal, &split),
            portal: portal.clone(),
            token: "HUBSPOT_TOKEN".to_owned(),
            split,
            mql,
            sql,
        })),
        outlet: Outlet::Slack {
            team: Some("T0CLOWNS001".to_owned()),
            bot: "SLACK_BOT_TOKEN".to_owned(),
            app: "SLACK_APP_TOKEN".to_owned(),
            channel: Some("C0REVENUE01".to_owned()),
        },
        reviewer,
    }
}

/// What is wrong with the file, whatever it is.
fn wrong(plan: &Plan) -> Option<String> {
    let file = match written::definitions(plan) {
        Ok(file) => file,
        Err(why) => return Some(why),
    };
    let lines = file.text.lines().count();
    if lines > LINES_MAX {
        return Some(format!("{lines} lines"));
    }
    let checked = read("acme.toml", &file.text, &vocabulary());
    let Some(definitions) = checked.definitions else { return Some(checked.problems[0].to_string()) };
    let source = &definitions.sources[0];
    let problems: Vec<String> = map_problems(&source.map).into_iter().chain(setting_problems(source)).collect();
    let shown = plan.people.len() - file.left_out;
    match problems.as_slice() {
        [] if definitions.people.len() == shown => None,
        [] => Some(format!("{} people of {shown}", definitions.people.len())),
        [problem, ..] => Some(problem.clone()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_account_gives_a_file_of_one_screen_that_passes_check(
        portal in portal(), company in name(), split in 0..4_usize, mql in 0..8_usize, sql in 0..8_usize,
    ) {
        let plan = plan(&portal, &company, split, mql, sql);
        prop_assert_eq!(wrong(&plan), None);
    }
}

#[test]
fn an_empty_account_gives_a_file_too() {
    assert_eq!(wrong(&plan(&Portal::default(), "Acme", 0, 0, 0)), None);
}

#[test]
fn whoever_finds_no_place_in_the_file_is_counted() {
    let owner = |n: usize| Owner {
        id: n.to_string(),
        email: Some(format!("p{n}@clowns.example")),
        name: format!("P {n}"),
        is_active: true,
        ..Owner::default()
    };
    let portal = Portal { owners: (0..200).map(owner).collect(), ..Portal::default() };
    let plan = plan(&portal, "Acme", 0, 0, 0);
    let file = written::definitions(&plan).unwrap();
    assert!(file.left_out > 150, "{}", file.left_out);
    assert!(file.text.contains(&format!("{} more owners have no line", file.left_out)), "{}", file.text);
}
