//! `templates/README.md` is written from the messages themselves, so that it cannot go stale.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;
use shiftbell_render::messages::Notice;
use shiftbell_render::plain;

const INTRODUCTION: &str = "\
# Messages

What Shiftbell says. A template is Markdown with Handlebars in up to three parts, separated by a line `---`: the push line (what a
phone shows), the body, and the last line in small print. Lines, `**strong**`, `` `code` ``, links and tables are all that messages
have. Facts are escaped: whatever a CRM holds is shown as text. Buttons, pictures and limits are in `crates/shiftbell-render`.

Functions that turn facts into words: `figure` (`26.9 % (84 of 312)`), `bare_figure`, `counts`, `equation`, `n`, `number`, `tenths`,
`change`, `percentage`, `measured_percentage`, `percent`, `whole_percent`, `money`, `money_change`, `bare_money`, `counted`,
`minutes`, `weekday`, `day`, `long_day`, `day_and_year`, `days`, `month_and_year`, `list`, `commas`, `semicolons`, `capital`,
`mention`. A name that is not among the fields is an error that the tests find.

This page is generated: `INSTA_UPDATE=always cargo test -p shiftbell-render --test readme` writes it again.
";

#[test]
fn the_readme_of_the_templates_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/README.md");
    let wanted = readme();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "templates/README.md is stale; run INSTA_UPDATE=always cargo test -p shiftbell-render --test readme"
    );
}

fn readme() -> String {
    let mut out = INTRODUCTION.to_owned();
    let mut last = "";
    for (sample, notice) in Notice::samples() {
        if notice.name() != last {
            last = notice.name();
            writeln!(out, "\n## {last}\n\n{}", fields(&notice)).unwrap();
        }
        let text = plain::transcript(&notice.document().unwrap());
        writeln!(out, "\n{sample}:\n\n```text\n{}\n```", text.trim_end()).unwrap();
    }
    out
}

/// The names of the facts, with the shape of each.
fn fields(notice: &Notice) -> String {
    let Value::Object(facts) = serde_json::to_value(notice).unwrap() else { return String::new() };
    let named = facts.iter().filter(|(name, _)| *name != "message");
    let named: Vec<String> = named.map(|(name, value)| format!("`{name}`{}", shape(value))).collect();
    format!("Fields: {}.", named.join(", "))
}

fn shape(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => String::new(),
        Value::Array(all) => all.first().map_or_else(String::new, |one| format!(" (list{})", shape(one))),
        Value::Object(fields) => {
            format!(" {{{}}}", fields.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}
