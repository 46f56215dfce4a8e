//! Definitions as a spreadsheet and back: every KPI means what it meant.

use proptest::prelude::*;
use shiftbell_metrics::definitions::sheet::{Imported, IntoFile, Row, Sheet, export, import};
use shiftbell_metrics::definitions::{Definitions, KindWords, Kpi, Vocabulary, read};
use toml_edit::DocumentMut;

const REFERENCE: &str = include_str!("../../../deploy/clowns-to-go.toml");

fn vocabulary() -> Vocabulary {
    let words = |kind, secrets, settings| KindWords { kind, secrets, required: &[], settings, not_active: None };
    let outlets = vec![
        words("slack", &["token", "secret", "app_token"][..], &["team", "history", "on_unknown"][..]),
        words("discord", &["token", "public_key"][..], &["guild", "application", "gateway"][..]),
    ];
    Vocabulary { sources: Vec::new(), outlets }
}

/// The reference without its sources, which other tests read, and with these sections taken out.
fn reference(without: &[&str]) -> String {
    let mut document: DocumentMut = REFERENCE.parse().expect("the reference is TOML");
    for section in ["sources"].iter().chain(without) {
        document.remove(section);
    }
    if without.contains(&"kpis") {
        document["workspace"].as_table_like_mut().expect("a section").remove("north_star");
        document["policies"].as_table_like_mut().expect("a section").remove("economics");
        // What watches KPIs; worklists need the other rules.
        for rule in ["rate-fell", "behind-plan"] {
            document["rules"].as_table_like_mut().expect("a section").remove(rule);
        }
    }
    document.to_string()
}

fn defs(text: &str) -> Definitions {
    let checked = read("acme.toml", text, &vocabulary());
    checked.definitions.unwrap_or_else(|| panic!("{:#?}", checked.problems))
}

fn sheet(rows: Vec<Vec<String>>) -> Vec<Sheet> {
    let row = |(n, cells)| Row { number: n + 1, cells, merged: Vec::new() };
    vec![Sheet { name: String::new(), rows: rows.into_iter().enumerate().map(row).collect() }]
}

fn imported(sheets: &[Sheet], text: &str) -> Imported {
    let vocabulary = vocabulary();
    let into = IntoFile { file: "acme.toml", text: Some(text), workspace: "acme", vocabulary: &vocabulary };
    import(sheets, into).unwrap_or_else(|refused| panic!("{:#?}", refused.0))
}

/// What a sheet has to keep of a KPI.
fn kept(kpi: &Kpi) -> String {
    let Kpi { slug, label, means, level, owner, signed, motion, target, version, .. } = kpi;
    format!("{slug} {version} {label:?} {means:?} {level:?} {owner:?} {signed:?} {motion:?} {target:?}")
}

fn written(defs: &Definitions) -> impl Iterator<Item = &Kpi> {
    defs.kpis.iter().filter(|kpi| kpi.is_written)
}

#[test]
fn every_kpi_of_the_reference_means_the_same_after_a_round_trip() {
    let before = defs(&reference(&[]));
    let bare = reference(&["kpis", "goals", "scorecards"]);
    let imported = imported(&sheet(export(&before)), &bare);
    assert_eq!(imported.unclear, []);
    let after = defs(&imported.text);
    assert!(written(&before).count() > 30);
    for kpi in written(&before) {
        let again =
            written(&after).find(|other| other.slug == kpi.slug).unwrap_or_else(|| panic!("{} is lost", kpi.slug));
        assert_eq!(kept(again), kept(kpi));
    }
    assert_eq!(written(&after).count(), written(&before).count());
}

#[test]
fn what_is_exported_and_read_again_changes_not_one_byte() {
    let text = reference(&[]);
    let again = imported(&sheet(export(&defs(&text))), &text);
    assert_eq!(again.text, text);
}

#[test]
fn one_changed_cell_changes_one_line() {
    let text = reference(&[]);
    let mut rows = export(&defs(&text));
    let row = rows.iter_mut().find(|row| row[2] == "first-reply").expect("it is there");
    row[7] = "3 hours".to_owned();
    let again = imported(&sheet(rows), &text);
    let changed: Vec<(&str, &str)> = text.lines().zip(again.text.lines()).filter(|(old, new)| old != new).collect();
    assert_eq!(changed, [("target  = \"4 hours\"", "target  = \"3 hours\"")]);
}

/// Kinds of KPI as a file writes them.
fn kind() -> impl Strategy<Value = String> {
    let stages = ["session", "lead", "mql", "sql", "deal", "won"];
    let fact = prop::sample::select(vec!["call-accepted", "reply-received", "meeting-due", "meeting-held", "renewed"]);
    let two = (0..5_usize, 1..5_usize).prop_map(move |(from, more)| (stages[from], stages[(from + more).min(5)]));
    let days = 1..200_u32;
    prop_oneof![
        prop::sample::select(stages.to_vec()).prop_map(|stage| format!("count = \"{stage}\"")),
        prop::sample::subsequence(vec!["call-accepted", "reply-received", "meeting-held", "renewed"], 1..4)
            .prop_map(|facts| format!("count = {facts:?}")),
        (two.clone(), days.clone(), days.clone()).prop_map(|((from, to), a, b)| format!(
            "conversion = {{ from = \"{from}\", to = \"{to}\", within = {{ b2b = \"{a} days\", b2c = \"{b} hours\" }} }}"
        )),
        (two.clone(), days.clone())
            .prop_map(|((from, to), a)| format!("conversion = {{ from = \"{from}\", to = \"{to}\", within = \"{a} weeks\" }}")),
        two.clone().prop_map(|(from, to)| format!("conversion = {{ from = \"{from}\", to = \"{to}\" }}")),
        (two, any::<bool>(), prop::sample::select(vec!["median", "p90"])).prop_map(|((from, to), working, show)| {
            let clock = if working { "clock = \"working hours\", " } else { "" };
            format!("time = {{ from = \"{from}\", to = \"{to}\", {clock}show = \"{show}\" }}")
        }),
        fact.clone().prop_map(|fact| format!("time = {{ from = \"mql\", to = [\"{fact}\"] }}")),
        fact.clone().prop_map(|fact| format!("sum = {{ of = \"deal.amount\", on = \"{fact}\" }}")),
        Just("sum = { of = \"contact.party_size\", at = \"won\" }".to_owned()),
        (fact.clone(), fact.clone()).prop_map(|(of, also)| format!("share = {{ of = \"{of}\", also = \"{also}\" }}")),
        Just("stock = { of = \"deal\", where = 'deal.open', have = 'deal.contacts >= 2' }".to_owned()),
        Just("stock = { of = \"deal\", where = \"deal.name is \\\"it's ' have 'x\\\"\" }".to_owned()),
        (fact.clone(), fact).prop_map(|(due, done)| format!("worklist = {{ due = \"{due}\", due_by = [\"unpaid\", \"leaving\"], done = \"{done}\" }}")),
        Just("formula = '1 - won / (deals + 2) * 50 %'".to_owned()),
        Just("formula = 'sqls / mqls'".to_owned()),
        Just("formula = 'won'".to_owned()),
        Just("standard = \"gross-retention\"\nover = \"12 months\"".to_owned()),
        Just("standard = \"coverage\"".to_owned()),
    ]
}

fn kpi() -> impl Strategy<Value = String> {
    let text = "[A-Za-z0-9 ,.:;'=+@/\u{e4}\u{2192}-]{0,24}[a-z]";
    let level =
        prop::sample::select(vec!["", "level = \"north-star\"\n", "level = \"primary\"\n", "level = \"secondary\"\n"]);
    let means = prop_oneof![
        Just(String::new()),
        text.prop_map(|text| format!("means = {}\n", toml_edit::Value::from(text.trim()))),
        (text, text).prop_map(|(a, b)| format!(
            "means = {{ b2b = {}, b2c = {} }}\n",
            toml_edit::Value::from(a.trim()),
            toml_edit::Value::from(b.trim())
        )),
        Just("means = \"b2b: not what it looks like\"\n".to_owned()),
        Just("means = \"all: of them\\nin two lines\"\n".to_owned()),
    ];
    let owner = prop::sample::select(vec!["", "owner = \"sales.lead@clowns.example\"\nsigned = 2026-11-02\n"]);
    let credit = prop::sample::select(vec!["", "credit = \"sourced\"\n"]);
    (text, level, means, kind(), owner, credit).prop_map(|(label, level, means, kind, owner, credit)| {
        format!("label = {}\n{means}{level}{kind}\n{owner}{credit}", toml_edit::Value::from(label.trim()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_kpis_a_file_has_they_mean_the_same_after_a_round_trip(kpis in prop::collection::vec(kpi(), 1..6)) {
        let bare = reference(&["kpis", "goals", "scorecards", "digests"]);
        let blocks: String = kpis.iter().enumerate().map(|(n, kpi)| format!("\n[kpis.number-{n}]\n{kpi}")).collect();
        let checked = read("acme.toml", &format!("{bare}{blocks}"), &vocabulary());
        // Some of what is generated is no KPI; what is one comes back.
        if let Some(before) = checked.definitions {
            let imported = imported(&sheet(export(&before)), &bare);
            prop_assert_eq!(&imported.unclear, &[]);
            let after = defs(&imported.text);
            let all = |defs: &Definitions| written(defs).map(kept).collect::<Vec<_>>();
            prop_assert_eq!(all(&after), all(&before));
            prop_assert_eq!(after.meaning, before.meaning);
        }
    }

    #[test]
    fn no_sheet_makes_it_panic_or_write_a_file_with_problems(rows in prop::collection::vec(prop::collection::vec("[ -~\n\u{e4}=]{0,16}|count of mql|mql to sql|a / b|won|ann@clowns.example", 5), 0..8)) {
        let mut all = vec![["Name", "Definition", "Formula", "Owner", "Segment"].map(String::from).to_vec()];
        all.extend(rows);
        let text = reference(&["kpis", "goals", "scorecards", "digests"]);
        let vocabulary = vocabulary();
        let into = IntoFile { file: "acme.toml", text: Some(&text), workspace: "acme", vocabulary: &vocabulary };
        if let Ok(imported) = import(&sheet(all), into) {
            defs(&imported.text);
        }
    }
}
