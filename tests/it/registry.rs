//! Definitions as a living registry: from a spreadsheet and into one, what two of them mean differently, what is missing.

use std::path::Path;
use std::process::Command;

use shiftbell_tests::child::binary;
use shiftbell_tests::sample::DEFINITIONS;

/// Runs the program in a folder: its exit code, what it printed, and what it said beside.
fn runs(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(binary()).args(arguments).env_clear().current_dir(folder).output().expect("it runs");
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).expect("words");
    (output.status.code(), words(output.stdout), words(output.stderr))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("write a file");
    }
    folder
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_sample_goes_into_a_spreadsheet_and_comes_back_without_one_byte_changed() {
    let folder = folder(&[("acme.toml", DEFINITIONS)]);
    for sheet in ["kpis.xlsx", "kpis.csv"] {
        let (code, said, why) = runs(folder.path(), &["check", "--to-sheet", sheet, "acme.toml"]);
        assert!(code == Some(0) && said.contains(&format!("{sheet} has ")), "{said}{why}");
        let (code, said, why) = runs(folder.path(), &["check", "--from-sheet", sheet, "--into", "acme.toml"]);
        assert!(code == Some(0) && said.contains("says all of it already; nothing is written"), "{said}{why}");
        assert_eq!(text(folder.path(), "acme.toml"), DEFINITIONS);
    }
}

const DISCOVERY: &str = "\u{feff}KPI;What it means;Calculation;DRI;Motion\r
North Star;;;;\r
New ARR;What new customers pay us;sum of deal amount at won;ann@acme.example;All\r
\r
Primary KPIs;;;;\r
MQL to SQL;Who asked for a meeting;SQLs / MQLs;Ann Lee <ann@acme.example>;Enterprise\r
Win feeling;How it feels;it depends;ann@acme.example;SMB\r
Won deals;=cmd|' /C calc'!A0;count of won;Sarah (RevOps);\r
";

#[test]
fn a_discovery_sheet_becomes_a_file_and_every_unclear_cell_is_named() {
    let folder = folder(&[("kpis.csv", DISCOVERY)]);
    let (code, said, why) = runs(folder.path(), &["check", "--from-sheet", "kpis.csv", "--into", "acme.toml"]);
    assert_eq!(code, Some(6), "{said}{why}");
    assert!(said.contains("3 KPIs are understood: 3 new, 0 changed, 0 as before"), "{said}");
    assert!(said.contains("error: row 7, Calculation \"it depends\": it is not understood; write "), "{said}");
    assert!(said.contains("error: row 8, DRI \"Sarah (RevOps)\": it is no e-mail address; write "), "{said}");
    let written = text(folder.path(), "acme.toml");
    assert!(
        written.contains("# formula = \"it depends\"") && written.contains("# owner = \"Sarah (RevOps)\""),
        "{written}"
    );
    assert!(written.contains("means = \"=cmd|' /C calc'!A0\""), "{written}");
    let (code, said, why) = runs(folder.path(), &["check", "acme.toml"]);
    assert!(code == Some(0) && said.contains("3 KPIs"), "{said}{why}");
    let (code, said, _) = runs(folder.path(), &["check", "--from-sheet", "kpis.csv"]);
    assert!(code == Some(6) && said.contains("[kpis.new-arr]"), "without --into it is printed: {said}");
}

#[test]
fn what_is_no_spreadsheet_is_refused_and_nothing_is_written() {
    let broken = DEFINITIONS.replace("currency       = \"USD\"", "currency       = \"DOLLARS\"");
    let folder =
        folder(&[("notes.csv", "hello\n"), ("old.xls", "\u{feff}"), ("broken.toml", &broken), ("kpis.csv", DISCOVERY)]);
    std::fs::write(folder.path().join("old.xls"), b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").expect("write a file");
    let table: [(&[&str], i32, &str); 6] = [
        (&["--from-sheet", "nowhere.csv"], 2, "cannot read nowhere.csv"),
        (&["--from-sheet", "notes.csv"], 2, "is a header (it begins with: hello)"),
        (&["--from-sheet", "old.xls"], 2, "save it as .xlsx"),
        (&["--from-sheet", "kpis.csv", "--into", "broken.toml"], 2, "problems of its own; mend them first"),
        (&["--into", "acme.toml"], 2, "--from-sheet"),
        (&["--to-sheet", "kpis.ods", "acme.toml"], 2, "neither .xlsx nor .csv"),
    ];
    for (arguments, wanted, words) in table {
        let (code, said, why) = runs(folder.path(), &[&["check"], arguments].concat());
        assert!(code == Some(wanted) && why.contains(words), "{arguments:?}: {code:?} {said}{why}");
    }
    assert_eq!(text(folder.path(), "broken.toml"), broken);
    assert!(!folder.path().join("acme.toml").exists());
}

#[test]
fn a_difference_says_what_changes_which_numbers_and_in_its_exit_code() {
    let window = DEFINITIONS.replace("within = \"30 days\" }", "within = \"45 days\" }");
    let goal = DEFINITIONS.replace("goal = 300_000", "goal = 400_000");
    let folder = folder(&[("old.toml", DEFINITIONS), ("window.toml", &window), ("goal.toml", &goal)]);
    let (code, said, why) = runs(folder.path(), &["check", "--diff", "old.toml", "window.toml"]);
    assert!(code == Some(7) && why.contains("numbers mean something else: 1 KPI answers differently"), "{said}{why}");
    assert!(
        said.contains("was: lead to mql within 30 days (version ") && said.contains("is:  lead to mql within 45 days"),
        "{said}"
    );
    assert!(said.contains("1 KPI answers differently: lead-to-mql."), "{said}");
    let (code, said, why) = runs(folder.path(), &["check", "--diff", "old.toml", "goal.toml"]);
    assert!(code == Some(0) && said.contains("Changes no number:\n  goals changed"), "{said}{why}");
    let (code, said, why) = runs(folder.path(), &["check", "--diff", "old.toml"]);
    assert!(code == Some(4) && why.contains("there is no database yet"), "{said}{why}");
}

#[test]
fn without_the_text_in_force_it_says_who_keeps_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("workspaces")).expect("a folder of workspaces");
    std::fs::write(folder.path().join("workspaces/acme.toml"), DEFINITIONS).expect("write the definitions");
    std::fs::write(
        folder.path().join("events.ndjson"),
        "{\"id\":\"e1\",\"type\":\"page_view\",\"at\":\"2026-08-01T09:30:00Z\",\"contact\":\"c-1\"}\n",
    )
    .expect("write the events");
    let (code, said, why) = runs(folder.path(), &["import", "events.ndjson", "--source", "anything", "--quiet"]);
    assert_eq!(code, Some(0), "{said}{why}");
    // An import keeps numbers, and only the server keeps the text of what they mean.
    let (code, said, why) = runs(folder.path(), &["check", "--diff"]);
    assert!(code == Some(4) && why.contains("`shiftbell serve` keeps it"), "{said}{why}");
}

#[test]
fn what_is_suggested_can_be_pasted_as_it_is() {
    let folder = folder(&[("acme.toml", DEFINITIONS)]);
    let (code, said, why) = runs(folder.path(), &["check", "--suggest", "acme.toml"]);
    assert_eq!(code, Some(0), "{said}{why}");
    assert!(said.contains("growth stage gtm-fit") && said.contains("motion b2c, touch no"), "{said}");
    std::fs::write(folder.path().join("acme.toml"), format!("{DEFINITIONS}\n{said}")).expect("paste");
    let (code, checked, why) = runs(folder.path(), &["check", "acme.toml"]);
    assert_eq!(code, Some(0), "{said}\n{checked}{why}");
    let (_, again, _) = runs(folder.path(), &["check", "--suggest", "acme.toml"]);
    assert!(again.contains("# Nothing: what fits such a company is defined."), "{again}");
}
