//! A KPI-discovery sheet as people write it, read into a file and back.

use super::super::model::{Definitions, KpiKind, Vocabulary};
use super::super::read;
use super::{Change, Imported, IntoFile, Row, Sheet, export, import};

/// A company without KPIs.
const BASE: &str = r#"# Acme
[workspace]
name = "Acme"
timezone = "Europe/Berlin"
currency = "EUR"

[facts]
visit = { event = "page_view" }
list-import = { event = "contact_created" }
asked = { event = "form" }
booked = { event = "meeting", status = "confirmed" }
meeting-due = { event = "meeting", status = ["held", "no-show"] }
meeting-held = { event = "meeting", status = "held" }
call-accepted = { event = "call", outcome = "accepted" }
made = { event = "deal", change = "created" }
signed = { event = "deal", deal.stage = "won" }
money-spent = { event = "spend" }

[stages]
chain = [
  { id = "lead", label = "Leads", of = "contact", bowtie = "awareness" },
  { id = "mql", label = "MQLs", of = "contact", bowtie = "education" },
  { id = "sql", label = "SQLs", of = "contact", bowtie = "selection" },
  { id = "deal", label = "Deals", of = "deal", bowtie = "selection" },
  { id = "won", label = "Won", of = "deal", bowtie = "commit" },
]

[motions.b2b]
label = "Business: BDR finds, AE closes"
who = { company.segment = "business" }
stages = { lead = "list-import", mql = "asked", sql = "booked", deal = "made", won = "signed" }

[motions.b2c]
label = "Families"
who = "everyone else"
stages = { lead = "list-import", mql = "asked", sql = "booked", deal = "made", won = "signed" }

[dimensions]
product = { from = ["deal.product"] }

[teams.company.people]
"ann@acme.example" = { role = "revops", place = "berlin" }

[places]
berlin = { timezone = "Europe/Berlin", days = "mon-fri", hours = "09:00-18:00" }
"#;

fn sheet(rows: &[&[&str]]) -> Vec<Sheet> {
    let row = |(n, cells): (usize, &&[&str])| Row {
        number: n + 1,
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        merged: Vec::new(),
    };
    vec![Sheet { name: "KPIs".into(), rows: rows.iter().enumerate().map(row).collect() }]
}

fn into(text: Option<&str>, rows: &[&[&str]]) -> Imported {
    let vocabulary = Vocabulary::default();
    let into = IntoFile { file: "acme.toml", text, workspace: "acme", vocabulary: &vocabulary };
    let imported = import(&sheet(rows), into).unwrap_or_else(|refused| panic!("{:#?}", refused.0));
    defs(&imported.text);
    imported
}

fn defs(text: &str) -> Definitions {
    let checked = read("acme.toml", text, &Vocabulary::default());
    checked.definitions.unwrap_or_else(|| panic!("{text}\n{:#?}", checked.problems))
}

/// The file has no problems, whatever the formula; what it became, or why it is unclear.
fn formula(cell: &str) -> Result<String, String> {
    let imported =
        into(Some(BASE), &[&["KPI", "Formula"], &["Spend", "sum of spend amount on money-spent"], &["X", cell]]);
    match imported.unclear.first() {
        Some(unclear) => Err(unclear.to_string()),
        None => Ok(imported.understood[1].formula.clone()),
    }
}

#[test]
fn formulas_are_read_as_consultants_write_them() {
    let table = [
        ("count of MQLs", "count of mql"),
        ("Number of Marketing Qualified Leads per month", "count of mql"),
        ("# of MQLs", "count of mql"),
        ("MQL count", "count of mql"),
        ("Deals", "count of deal"),
        ("opportunities", "count of deal"),
        ("count of call accepted or meeting held", "count of call-accepted or meeting-held"),
        ("MQL to SQL within 60 days", "mql to sql within 60 days"),
        ("MQL \u{2192} SQL (60 days)", "mql to sql within 60 days"),
        ("Conversion rate from MQLs to SQLs, within 8 weeks", "mql to sql within 8 weeks"),
        ("MQL to SQL within 60 days in b2b, 14 days in Families", "mql to sql within 60 days in b2b, 14 days in b2c"),
        ("MQL to SQL", "mql to sql within 90 days"),
        ("SQLs / MQLs", "mql to sql within 90 days"),
        ("=SQLs/MQLs", "mql to sql within 90 days"),
        ("(SQLs \u{f7} MQLs) \u{d7} 100", "mql to sql within 90 days"),
        ("% of MQLs that become SQLs within 30 days", "mql to sql within 30 days"),
        ("formula: sqls / mqls", "formula: sqls / mqls"),
        ("Leads / SQLs", "leads / sqls"),
        ("Spend / Won", "spend / won"),
        ("1 - Spend / (Won + SQLs)", "1 - spend / (won + sqls)"),
        ("sum of deal amount at won", "sum of deal.amount at won"),
        ("Sum of Deal Amount at Closed Won", "sum of deal.amount at won"),
        ("sum of deal.amount on signed", "sum of deal.amount on signed"),
        ("median time from deal to won", "median time from deal to won"),
        ("Median days from MQL to SQL in working hours", "median time from mql to sql in working hours"),
        ("90th percentile of the time from deal to won", "90th percentile of the time from deal to won"),
        ("share of meeting-due that are also meeting-held", "share of meeting-due that are also meeting-held"),
        (
            "stock of deal where 'deal.open' have 'deal.contacts >= 2'",
            "stock of deal where 'deal.open' have 'deal.contacts >= 2'",
        ),
        ("GRR over 12 months", "standard gross-retention over 12 months"),
        ("Net revenue retention", "standard net-retention"),
    ];
    for (cell, wanted) in table {
        assert_eq!(formula(cell).as_deref(), Ok(wanted), "{cell}");
    }
}

#[test]
fn what_is_unclear_is_named_with_its_row_and_what_to_write() {
    let table = [
        ("it depends", "it is not understood"),
        ("SQLs / Foo", "\"Foo\" is no KPI of this sheet or file"),
        ("=B2/B3", "calculates with the cell B2"),
        ("=cmd|' /C calc'!A0", "row 3, Formula"),
        ("average days from deal to won", "write \"median time from deal to won\""),
        ("count of zebras", "\"zebras\" is no stage or fact"),
        ("sum of deal amount", "does not say when it is taken; write \"sum of deal amount at won\""),
        ("sum of deal.amont at won", "did you mean \"deal.amount\"?"),
        ("MQL to SQL within a while", "\"a while\" is no window"),
        ("MQL to SQL within 2 months", "2 months is no window"),
        ("won to lead", "\"lead\" does not come after \"won\""),
        ("% of meetings due that were held", "\"meetings due\" is no fact"),
        ("x", "worked out from itself"),
        ("", "the name alone does not say"),
        ("#REF!", "could not work this cell out"),
        ("stock of deal where deal.open", "is no condition of a stock"),
        ("standard grown-retention", "is no standard KPI"),
        ("SQLs / (MQLs", "no calculation"),
        ("count of mql and sql", "no stage or fact"),
    ];
    for (cell, words) in table {
        let said = formula(cell).expect_err(cell);
        assert!(said.starts_with("row 3, ") && said.contains(words), "{cell}: {said}");
    }
}

#[test]
fn a_whole_sheet_becomes_a_file_that_passes() {
    let rows: &[&[&str]] = &[
        &["Acme KPI discovery", "", "", "", ""],
        &["Metric", "What it means", "How computed", "DRI", "Motion"],
        &["North Star", "", "", "", ""],
        &[
            "New ARR",
            "What newly won\ncustomers pay us.",
            "sum of deal amount at won",
            "Ann Lee <ann@acme.example>",
            "All",
        ],
        &["Primary KPIs", "", "", "", ""],
        &["MQL to SQL", "Who asked.", "SQLs / MQLs", "ann@acme.example", "B2B"],
        &["Meetings", "", "it depends", "Bob", "B2B"],
        &["secondary", "", "", "", ""],
        &["CAC per won", "\"quoted\" \\ text", "New ARR / Won", "Sarah (RevOps)", "EMEA"],
        &["Deals", "=cmd|' /C calc'!A0", "count of deals", "bob@acme.example", "by product"],
        &["", "no name", "count of mql", "", ""],
        &["Продажи", "", "count of mql", "", ""],
        &["Deals", "", "count of deals", "", ""],
    ];
    let imported = into(Some(BASE), rows);
    let d = defs(&imported.text);
    let arr = d.kpi("new-arr").expect("it is there");
    assert_eq!((arr.level.as_deref(), arr.owner.as_deref()), (Some("north-star"), Some("ann@acme.example")));
    assert_eq!(arr.means.every.as_deref(), Some("What newly won\ncustomers pay us."));
    assert_eq!(d.kpi("mql-to-sql").and_then(|kpi| kpi.motion.clone()).as_deref(), Some("b2b"));
    assert_eq!(d.kpi("deals").and_then(|kpi| kpi.means.every.clone()).as_deref(), Some("=cmd|' /C calc'!A0"));
    let said: Vec<String> = imported.unclear.iter().map(ToString::to_string).collect();
    let named = |words: &str| assert!(said.iter().any(|said| said.contains(words)), "{words}: {said:#?}");
    named("row 7, How computed \"it depends\": it is not understood");
    named("row 9, Motion \"EMEA\": it is no motion of this file; write one of these: b2b, b2c");
    named("row 10, DRI \"bob@acme.example\": \"bob@acme.example\" is no ");
    named("row 11, Metric: the row has no name");
    named("row 12, Metric \"Продажи\": it has no letters a to z");
    named("row 13, Metric \"Deals\": row 10 is \"deals\" already");
    named("row 7, DRI \"Bob\": it is no e-mail address");
    named("row 9, DRI \"Sarah (RevOps)\"");
    assert_eq!(said.len(), 8, "{said:#?}");
    for kept in [
        "# formula = \"it depends\"",
        "# owner = \"Sarah (RevOps)\"",
        "# label = \"Продажи\"",
        "# owner = \"bob@acme.example\"",
    ] {
        assert!(imported.text.contains(kept), "{kept}: {}", imported.text);
    }
    // Mended and read again: what was a comment is gone, and nothing else moved.
    let again = into(Some(&imported.text), rows);
    assert_eq!(again.text, imported.text);
    let by_hand =
        imported.text.replace("# [kpis.meetings]\n# label = \"Meetings\"\n", "[kpis.meetings]\ncount = \"booked\"\n");
    let kept = into(Some(&by_hand), &[rows[1], &["Won", "", "won", "", ""]]);
    assert!(
        kept.text.contains("[kpis.meetings]\ncount = \"booked\"") && !kept.text.contains("# owner"),
        "{}",
        kept.text
    );
    let mended = into(Some(&imported.text), &[rows[1], &["Meetings", "", "count of booked", "", ""]]);
    assert!(!mended.text.contains("Not understood") && mended.text.contains("[kpis.meetings]"), "{}", mended.text);
}

#[test]
fn one_row_for_each_motion_is_one_kpi() {
    let header: &[&str] = &["Name", "Definition", "Formula", "Segment", "Target"];
    let b2b: &[&str] = &["MQL to SQL", "Meetings confirmed.", "MQL to SQL within 60 days", "B2B", "0.3"];
    let b2c: &[&str] = &["MQL to SQL", "Checkouts begun.", "MQL to SQL within 14 days", "Families", "40%"];
    let imported = into(Some(BASE), &[header, b2b, b2c]);
    let d = defs(&imported.text);
    let kpi = d.kpi("mql-to-sql").expect("it is there");
    assert_eq!(imported.unclear, []);
    assert_eq!(imported.understood[0].formula, "mql to sql within 60 days in b2b, 14 days in b2c");
    assert_eq!(kpi.means.of("b2c").map(String::as_str), Some("Checkouts begun."));
    assert!(imported.text.contains("target = { b2b = \"30 %\", b2c = \"40 %\" }"), "{}", imported.text);
    assert!(imported.understood[0].notes.iter().any(|note| note == "the target 0.3 is taken for 30 %"));
    let other: &[&str] = &["MQL to SQL", "", "count of MQLs", "Families", ""];
    assert!(into(Some(BASE), &[header, b2b, other]).unclear[0].to_string().contains("row 2 is \"mql-to-sql\" already"));
}

#[test]
fn what_a_sheet_does_not_say_stays_and_an_old_signature_goes() {
    let base = format!(
        "{BASE}\n# The number we talk about.\n[kpis.mql-to-sql]\nlabel = \"MQL to SQL\" # as in the meeting\nalso = [\"hand-over\"]\n\
         conversion = {{ from = \"mql\", to = \"sql\", within = \"60 days\" }} # agreed\nearly = \"7 days\"\n\
         owner = \"ann@acme.example\"\nsigned = 2026-10-01\ntarget = \"30 %\"\n\n# Goals follow.\n[goals]\nlist = []\n"
    );
    let same = into(Some(&base), &[&["Name", "Formula"], &["MQL to SQL", "MQL to SQL within 60 days"]]);
    assert_eq!((same.text.as_str(), same.understood[0].change), (base.as_str(), Change::Same));
    let lines = base.replace('\n', "\r\n");
    assert_eq!(into(Some(&lines), &[&["Name", "Formula"], &["MQL to SQL", "MQL to SQL within 60 days"]]).text, lines);
    let other =
        into(Some(&base), &[&["Name", "Formula"], &["MQL to SQL", "MQL to SQL within 30 days"], &["Won", "won"]]);
    let kept = [
        "# The number we talk about.",
        "# as in the meeting",
        "# agreed",
        "early = \"7 days\"",
        "\"hand-over\"",
        "30 %\"",
    ];
    for kept in kept {
        assert!(other.text.contains(kept), "{kept}: {}", other.text);
    }
    assert!(!other.text.contains("2026-10-01") && other.text.contains("within = \"30 days\""), "{}", other.text);
    assert!(
        other.understood[0].notes[0].contains("the signature of 2026-10-01 is taken out"),
        "{:?}",
        other.understood
    );
    let (kpi, goals) = (other.text.find("[kpis.won]"), other.text.find("# Goals follow."));
    assert!(kpi < goals, "{}", other.text);
}

#[test]
fn a_new_file_has_the_motions_and_owners_of_the_sheet() {
    let rows: &[&[&str]] = &[
        &["KPI", "Formula", "Owner", "Segment", "Level"],
        &["MQLs", "count of MQLs", "ann@acme.example", "Enterprise", "Primary"],
        &["Won", "", "Bob <bob@acme.example>", "SMB / Enterprise", "Secondary"],
        &["Visits", "count of sessions", "", "", "sometimes"],
    ];
    let imported = into(None, rows);
    let d = defs(&imported.text);
    assert_eq!(d.motions.iter().map(|motion| motion.id.as_str()).collect::<Vec<_>>(), ["enterprise", "smb"]);
    assert!(d.person("bob@acme.example").is_some());
    assert_eq!(imported.unclear.len(), 1, "{:?}", imported.unclear);
    assert_eq!(imported.unclear[0].column, "Level");
}

#[test]
fn a_sheet_without_a_header_is_refused_with_what_is_there() {
    let vocabulary = Vocabulary::default();
    let into = IntoFile { file: "acme.toml", text: Some(BASE), workspace: "acme", vocabulary: &vocabulary };
    let refused = import(&sheet(&[&["Umsatz", "Wert"]]), into).expect_err("no header").0.join(" ");
    assert!(refused.contains("it begins with: Umsatz, Wert") && refused.contains("Name (or KPI, Metric)"), "{refused}");
    let twice = import(&sheet(&[&["KPI", "Metric", "Formula"]]), into).expect_err("two names").0.join(" ");
    assert!(twice.contains("\"KPI\" and \"Metric\" both say the Name"), "{twice}");
    assert!(import(&[], into).expect_err("nothing").0[0].contains("it is empty"));
    let broken = IntoFile { text: Some("[workspace]\nname = 1\n"), ..into };
    assert!(import(&sheet(&[&["KPI", "Formula"]]), broken).expect_err("broken").0[0].contains("mend them first"));
    let many: Vec<Vec<String>> = (0..2_100).map(|n| vec![format!("KPI {n}"), "count of mql".into()]).collect();
    let many: Vec<Vec<&str>> = many.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let mut rows: Vec<&[&str]> = vec![&["KPI", "Formula"]];
    rows.extend(many.iter().map(Vec::as_slice));
    assert!(import(&sheet(&rows), into).expect_err("too many").0[0].contains("2100 rows with a name"));
}

#[test]
fn the_export_of_an_empty_file_is_its_header() {
    assert_eq!(
        export(&defs(BASE)),
        [["Level", "Name", "ID", "Definition", "Formula", "Owner", "Segment", "Target", "Signed", "Version"]
            .map(String::from)
            .to_vec()]
    );
}

#[test]
fn a_row_with_the_name_of_a_standard_kpi_never_makes_it_mean_another_thing() {
    let header: &[&str] = &["KPI", "Formula"];
    let slug = |name: &str, cell: &str| {
        let imported = into(Some(BASE), &[header, &[name, cell]]);
        let standard = defs(&imported.text);
        let standard = standard.kpi("closed-win-rate").expect("it exists without being written");
        assert!(matches!(&standard.kind, KpiKind::Standard { name, .. } if name == "win-rate"), "{}", imported.text);
        match imported.unclear.first() {
            Some(unclear) => Err(unclear.to_string()),
            None => Ok((imported.understood[0].slug.clone(), imported.understood[0].formula.clone())),
        }
    };
    let lands = |name, cell| slug(name, cell).unwrap_or_else(|unclear| panic!("{name}: {unclear}"));
    let pair = |slug: &str, formula: &str| (slug.to_owned(), formula.to_owned());
    // Of those created is not of those that closed.
    assert_eq!(lands("Win rate", "won / deals"), pair("win-rate", "deal to won within 90 days"));
    assert_eq!(lands("Closed win rate", "won / (won + lost)"), pair("closed-win-rate", "standard win-rate"));
    for own in ["won / (won + lost)", "=Won/(Lost deals + Won)*100", "won / closed deals", "standard win-rate", ""] {
        assert_eq!(lands("Win rate", own), pair("closed-win-rate", "standard win-rate"), "{own}");
    }
    let unclear = slug("Closed win rate", "won / deals").expect_err("its only name is that of the standard KPI");
    assert!(
        unclear.contains("\"closed-win-rate\" is a standard KPI and means another thing (Of the deals won or lost")
            && unclear.contains("write \"standard win-rate\", or give this one another name"),
        "{unclear}"
    );
    let noted = into(Some(BASE), &[header, &["Win rate", "won / deals"]]).understood[0].notes.join("; ");
    assert!(
        noted.contains("\"won / deals\" is not what closed-win-rate counts") && noted.contains("\"standard win-rate\"")
    );
}
