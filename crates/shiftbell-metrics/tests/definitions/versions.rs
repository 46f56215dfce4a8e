//! A version changes with what a number means, and with nothing else.

use std::collections::BTreeSet;

use super::{BASE, changed, definitions};

/// The KPIs whose version differs between two files, and whether the meaning of the whole does.
fn moved(text: &str) -> (BTreeSet<String>, bool) {
    let (before, after) = (definitions(BASE), definitions(text));
    let moved = before
        .kpis
        .iter()
        .filter(|kpi| after.kpis.iter().any(|other| other.slug == kpi.slug && other.version != kpi.version))
        .map(|kpi| kpi.slug.clone())
        .collect();
    (moved, before.meaning != after.meaning)
}

fn nothing_moves(text: &str) {
    assert_eq!(moved(text), (BTreeSet::new(), false));
}

fn moves(text: &str, expected: &[&str]) {
    let expected = expected.iter().map(|slug| (*slug).to_owned()).collect();
    assert_eq!(moved(text), (expected, true));
}

#[test]
fn a_version_is_four_characters_and_the_meaning_sixteen() {
    let d = definitions(BASE);
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(d.kpis.iter().all(|kpi| is_hex(&kpi.version, 4)));
    assert!(is_hex(&d.meaning, 16));
}

#[test]
fn aims_people_and_words_change_no_meaning() {
    nothing_moves(&changed("target = \"40 days\"", "target = \"50 days\""));
    nothing_moves(&changed("at     = \"17:00\"", "at     = \"16:00\""));
    nothing_moves(&changed("label  = \"New ARR\"", "label  = \"New yearly revenue\""));
    nothing_moves(&changed("owner  = \"lead@acme.example\"", "owner  = \"ae@acme.example\""));
    nothing_moves(&changed("goal = 9,", "goal = 12,"));
    nothing_moves(&changed("recent = \"6 weeks\"", "recent = \"5 weeks\""));
    nothing_moves(&changed("early    = \"7 days\"", "early    = \"5 days\""));
    nothing_moves(&changed("\"bdr@acme.example\"  = { role", "\"bdr.new@acme.example\"  = { role"));
}

#[test]
fn order_comments_and_spaces_change_no_meaning() {
    nothing_moves(&changed("[facts]", "# what happens\n[facts]"));
    nothing_moves(&changed("'contact.lead_score > 10'", "'contact.lead_score>10'"));
    nothing_moves(&changed("form = [\"demo\", \"price-list\"]", "form = [\"price-list\", \"demo\"]"));
    nothing_moves(&changed("deal = [\"bant-met\", \"paid\"]", "deal = [\"paid\", \"bant-met\"]"));
    let line = "spent        = { event = \"spend\" }\n";
    let moved_line = changed(line, "").replacen("[facts]\n", &format!("[facts]\n{line}"), 1);
    nothing_moves(&moved_line);
}

#[test]
fn a_window_changes_the_kpi_that_has_it() {
    moves(&changed("b2b = \"60 days\"", "b2b = \"61 days\""), &["mql-to-deal"]);
    nothing_moves(&changed(
        "within = { b2b = \"60 days\", b2c = \"14 days\" }",
        "within = { b2c = \"336 hours\", b2b = \"60 days\" }",
    ));
}

#[test]
fn a_fact_changes_the_kpis_that_rest_on_it() {
    moves(&changed("{ event = \"spend\" }", "{ event = \"spend\", kind = \"ads\" }"), &["spend", "cac"]);
    moves(
        &changed(
            "{ event = \"meeting\", status = \"held\", by = \"ae\" }",
            "{ event = \"meeting\", status = \"held\" }",
        ),
        &["show-rate"],
    );
}

#[test]
fn a_later_stage_changes_the_earlier_ones_that_it_implies() {
    let everything = [
        "leads",
        "mqls",
        "sqls",
        "deals",
        "won",
        "used",
        "new-arr",
        "cac",
        "cycle",
        "lead-to-mql",
        "lead-to-mql-time",
        "mql-to-deal",
        "mql-to-deal-time",
        "deal-to-won",
        "deal-to-won-time",
        "won-to-used",
        "won-to-used-time",
        "closed-win-rate",
        "created-win-rate",
        "win-rate-with-no-decision",
        "win-rate-by-value",
        "kept-through-onboarding",
        "sales-velocity",
        "cycle-length",
        "coverage",
        "lead-time",
        "mql-time",
        "deal-time",
        "won-time",
    ];
    moves(&changed("nth = 2", "nth = 3"), &everything);
    let first_only = ["leads", "lead-to-mql", "lead-to-mql-time", "lead-time"];
    let text =
        changed("visit        = { event = \"page_view\" }", "visit        = { event = \"page_view\", page = \"/\" }");
    moves(&text, &first_only);
}

#[test]
fn strict_stages_rest_on_those_before_them() {
    let strict = changed("skipped = \"implied\"", "skipped = \"strict\"");
    let before = definitions(&strict);
    let after = definitions(&strict.replace("nth = 2", "nth = 3"));
    let moved: Vec<_> = before
        .kpis
        .iter()
        .zip(&after.kpis)
        .filter(|(a, b)| a.version != b.version)
        .map(|(a, _)| a.slug.as_str())
        .collect();
    // How long one stays in a stage ends with whichever later one is reached.
    let stays = ["lead-time", "mql-time", "deal-time", "won-time"];
    assert_eq!(moved, [&["used", "won-to-used", "won-to-used-time"], &stays[..]].concat());
}

#[test]
fn who_goes_which_way_changes_everything_that_is_counted() {
    let (moved, whole) = moved(&changed(
        "who     = { company.segment = \"business\" }",
        "who     = { company.segment = [\"business\", \"school\"] }",
    ));
    assert!(whole && moved.contains("spend") && moved.contains("leads"));
}
