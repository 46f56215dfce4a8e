use super::super::model::{Definitions, Vocabulary};
use super::super::read;
use super::{Diff, diff};

const BASE: &str = r#"
[workspace]
name = "Acme"
timezone = "Europe/Berlin"
currency = "EUR"

[facts]
visit = { event = "page_view" }
asked = { event = "form", form = "demo" }
booked = { event = "meeting" }
won-it = { event = "deal", deal.stage = "won" }

[stages]
chain = [
  { id = "lead", label = "Leads", of = "contact", bowtie = "awareness" },
  { id = "mql", label = "MQLs", of = "contact", bowtie = "education" },
  { id = "won", label = "Won", of = "deal", bowtie = "commit" },
]

[motions.b2b]
label = "Business"
who = { company.segment = "business" }
stages = { lead = "visit", mql = "asked", won = "won-it" }

[motions.b2c]
label = "Families"
who = "everyone else"
stages = { lead = "visit", mql = "booked", won = "won-it" }

[kpis]
hand-raises = { label = "Hand-raises", count = "mql", target = 10 }
meetings = { label = "Meetings", count = "booked" }

[kpis.lead-to-mql]
label = "Lead to MQL"
conversion = { from = "lead", to = "mql", within = "30 days" }

[kpis.twice]
label = "Twice"
formula = 'hand-raises * 2'

[teams.company.people]
"ann@acme.example" = { role = "revops", place = "berlin" }
[places]
berlin = { timezone = "Europe/Berlin", days = "mon-fri", hours = "09:00-18:00" }
"#;

fn defs(text: &str) -> Definitions {
    let checked = read("acme.toml", text, &Vocabulary::default());
    checked.definitions.unwrap_or_else(|| panic!("{:#?}", checked.problems))
}

fn after(changes: &[(&str, &str)]) -> Diff {
    let mut text = BASE.to_owned();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replacen(from, to, 1);
    }
    diff(&defs(BASE), &defs(&text))
}

fn said(diff: &Diff) -> String {
    diff.changes.iter().map(|changed| format!("{changed}\n")).collect()
}

#[test]
fn a_window_changes_one_kpi_and_says_both_versions() {
    let diff = after(&[("within = \"30 days\"", "within = \"60 days\"")]);
    let text = said(&diff);
    assert!(text.contains("KPI lead-to-mql changed\n    was: lead to mql within 30 days (version "), "{text}");
    assert!(text.contains("\n    is:  lead to mql within 60 days (version "), "{text}");
    assert_eq!(diff.answers, ["lead-to-mql"]);
    assert!(diff.needs_refold());
}

#[test]
fn a_stage_says_which_kpis_rest_on_it() {
    let diff = after(&[("mql = \"asked\"", "mql = [\"asked\", \"booked\"]")]);
    let text = said(&diff);
    assert!(text.contains("motion b2b: mql changed\n    was: asked\n    is:  asked or booked"), "{text}");
    assert!(text.contains("because of motion b2b: mql"), "{text}");
    assert!(text.contains("KPI twice changed") && text.contains("because of KPI hand-raises"), "{text}");
    assert!(!text.contains("KPI meetings") && diff.answers.contains(&"mqls".to_owned()), "{:?}", diff.answers);
}

#[test]
fn what_a_fact_means_reaches_the_stage_that_names_it() {
    let text = said(&after(&[("form = \"demo\"", "form = [\"demo\", \"call\"]")]));
    assert!(
        text.contains("fact asked changed\n    was: form, form is demo\n    is:  form, form is demo or call"),
        "{text}"
    );
    assert!(text.contains("is:  asked (which means something else)"), "{text}");
}

#[test]
fn words_and_aims_change_no_number() {
    let diff = after(&[
        ("label = \"Lead to MQL\"", "label = \"Hand-over\""),
        ("target = 10", "target = 12"),
        ("role = \"revops\"", "role = \"finance\""),
        ("label = \"Won\"", "label = \"Wins\""),
    ]);
    assert_eq!((said(&diff).as_str(), diff.needs_refold()), ("", false));
    assert_eq!(diff.answers.iter().filter(|slug| *slug == "lead-to-mql").count(), 0);
    assert!(
        diff.reworded.iter().any(|said| said.starts_with("KPI lead-to-mql (version ") && said.ends_with("): label")),
        "{:?}",
        diff.reworded
    );
    assert!(diff.beside.contains(&"kpis.hand-raises: target".to_owned()), "{:?}", diff.beside);
    assert!(diff.beside.contains(&"people ann@acme.example changed".to_owned()), "{:?}", diff.beside);
}

#[test]
fn what_comes_and_goes_is_said_once() {
    let diff = after(&[(
        "meetings = { label = \"Meetings\", count = \"booked\" }",
        "visits = { label = \"Visits\", count = \"visit\" }",
    )]);
    let text = said(&diff);
    assert!(text.contains("KPI meetings removed: count of booked (version "), "{text}");
    assert!(text.contains("KPI visits added: count of visit (version "), "{text}");
}

#[test]
fn the_same_file_differs_in_nothing() {
    let same = diff(&defs(BASE), &defs(&format!("# a comment\n{BASE}")));
    assert!(same.changes.is_empty() && same.answers.is_empty() && same.reworded.is_empty() && same.beside.is_empty());
}
