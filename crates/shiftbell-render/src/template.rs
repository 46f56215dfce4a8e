//! From a typed context to a document: the words of `templates/`, in Markdown with Handlebars.
//!
//! A template has up to three parts, separated by a line `---`: the push line, the body, the footer. A part that is
//! missing is empty. Whatever a template prints is escaped ([`escape`]); a name that the context does not have is an
//! error, and a golden test renders every message.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde::Serialize;

use crate::document::{Block, Document};
use crate::markdown;

pub mod escape;
mod functions;
pub(crate) use functions::person_address;

/// Why a message could not be made. Both mean a mistake in a template, which a test finds before a person does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("template `{template}` does not fit its facts: {why}")]
    Template { template: String, why: String },
    #[error(
        "template `{template}` uses {what}, which messages do not have; use lines, **strong**, `code`, links or tables"
    )]
    Unsupported { template: String, what: String },
}

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        /// Every template by name. A missing file does not compile.
        pub const TEMPLATES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../templates/", $name, ".md.hbs")))),+];
    };
}

templates![
    "beside",
    "bowtie",
    "bowtie-period",
    "bowtie-picture",
    "bowtie-table",
    "changed",
    "definition-changed",
    "digest-why",
    "doubt-answered",
    "doubt-raised",
    "first-day",
    "footer",
    "frame-scorecards",
    "framed",
    "funnel-answer",
    "kpi-answer",
    "kpi-definition",
    "kpi-help",
    "kpi-list",
    "kpi-people",
    "kpi-refused",
    "kpi-unknown",
    "kpi-why",
    "leaving",
    "levers",
    "mark",
    "mrr",
    "next",
    "not-counted",
    "not-counted-line",
    "rate-fell",
    "scorecard",
    "scorecard-line",
    "source-silent",
    "team",
    "undelivered",
    "welcome",
    "what-if",
    "won",
];

/// The line that separates the parts of a template.
const PART: &str = "---";
const PARTS: [&str; 3] = ["push", "body", "footer"];

struct Engines {
    /// Bodies and footers: data become literal Markdown.
    markdown: Handlebars<'static>,
    /// Push lines: data become one plain line.
    plain: Handlebars<'static>,
}

static ENGINES: LazyLock<Result<Engines, RenderError>> = LazyLock::new(|| {
    let markdown = engine(escape::markdown, functions::Person::Link)?;
    let plain = engine(escape::line, functions::Person::Name)?;
    Ok(Engines { markdown, plain })
});

fn engine(escape: fn(&str) -> String, people: functions::Person) -> Result<Handlebars<'static>, RenderError> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.set_prevent_indent(true);
    engine.register_escape_fn(escape);
    functions::register(&mut engine, people);
    for (name, text) in TEMPLATES {
        for (part, text) in PARTS.iter().zip(parts(text)) {
            // A footer goes on in the line that includes it.
            let text = if *part == "footer" { text.trim_end() } else { &text };
            let registered = engine.register_template_string(&format!("{name}/{part}"), text);
            registered.map_err(|cause| template_error(name, &cause))?;
        }
    }
    Ok(engine)
}

fn parts(text: &str) -> [String; 3] {
    let mut parts: [String; 3] = Default::default();
    let mut part = 0;
    for line in text.lines() {
        if line.trim_end() == PART && part + 1 < parts.len() {
            part += 1;
        } else {
            parts[part].push_str(line);
            parts[part].push('\n');
        }
    }
    parts
}

fn template_error(template: &str, cause: &dyn std::fmt::Display) -> RenderError {
    RenderError::Template { template: template.to_owned(), why: cause.to_string() }
}

/// The words of the named template with these facts, without buttons.
pub fn document(name: &str, facts: &impl Serialize) -> Result<Document, RenderError> {
    let engines = ENGINES.as_ref().map_err(Clone::clone)?;
    let facts = serde_json::to_value(facts).map_err(|cause| template_error(name, &cause))?;
    let render = |engine: &Handlebars<'static>, part: &str| {
        engine.render(&format!("{name}/{part}"), &facts).map_err(|cause| template_error(name, &cause))
    };
    let push = render(&engines.plain, "push")?;
    let mut blocks = markdown::blocks(name, &render(&engines.markdown, "body")?)?;
    for block in markdown::blocks(name, &render(&engines.markdown, "footer")?)? {
        blocks.push(match block {
            Block::Lines(lines) => Block::Small(lines),
            other @ (Block::Table(_) | Block::Code(_) | Block::Small(_)) => other,
        });
    }
    Ok(Document { push: escape::joined(&push), blocks, ..Document::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        ENGINES.as_ref().map(|_| ()).unwrap();
    }

    #[test]
    fn a_template_has_three_parts() {
        assert_eq!(parts("a\n---\nb\n---\nc\n"), ["a\n", "b\n", "c\n"].map(str::to_owned));
        assert_eq!(parts("a\n")[1], "");
    }
}
