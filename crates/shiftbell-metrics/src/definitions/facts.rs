//! `[facts]`: what happens, in the words of the tools.

use std::ops::Range;

use super::document::{Entry, Item, Table, Text};
use super::model::{Fact, FieldName};
use super::report::Report;
use super::words;
use crate::expression::{Catalogue, Expression, Type};
use crate::value::Value;

const EXAMPLE: &str = "{ event = \"form\", form = \"meeting-request\" }";

pub(super) fn read(
    report: &mut Report<'_>,
    mut table: Table<'_>,
    catalogue: &Catalogue,
    roles: &[String],
) -> Vec<Fact> {
    let entries = table.rest();
    if entries.is_empty() {
        let fix = Some(format!("add a line such as meeting-request = {EXAMPLE}"));
        report.problem(&table.span, "[facts] names nothing that happens", fix);
    }
    let mut facts = Vec::new();
    for entry in &entries {
        match fact(report, entry, catalogue, roles) {
            Some(fact) => facts.push(fact),
            None => report.is_wrong("fact", &entry.key.text),
        }
    }
    facts
}

/// Whether this key can name something; if not, says what would.
pub(super) fn check_name(report: &mut Report<'_>, key: &Text, what: &str) -> bool {
    let is_name = words::is_name(&key.text);
    if !is_name {
        let near = words::as_name(&key.text);
        let fix = (!near.is_empty()).then(|| format!("write `{near}`"));
        let message = format!("\"{}\" is no name for a {what}: small letters, digits and hyphens are", key.text);
        report.problem(&key.span, message, fix);
    }
    is_name
}

fn fact(report: &mut Report<'_>, entry: &Entry<'_>, catalogue: &Catalogue, roles: &[String]) -> Option<Fact> {
    check_name(report, &entry.key, "fact");
    let fact = fact_of(report, &entry.key.text, &entry.item, catalogue, roles)?;
    check_sense(report, entry, &fact);
    Some(fact)
}

/// The fact that a table says, under a name.
pub(super) fn fact_of(
    report: &mut Report<'_>,
    name: &str,
    item: &Item<'_>,
    catalogue: &Catalogue,
    roles: &[String],
) -> Option<Fact> {
    let mut table = item.table(report, format!("[facts.{name}]"))?;
    let events = table.get("event").map(|item| names(report, &item)).unwrap_or_default();
    let when = table.get("when").and_then(|item| timeless(report, &item, catalogue));
    let by = table.get("by").map(|item| known_roles(report, &item, roles)).unwrap_or_default();
    let nth = table.get("nth").and_then(|item| item.whole(report, 1..=1000));
    let stage = table.get("stage").and_then(|item| item.one_of(report, "place of an account", &["customer"]));
    let movements = ["new", "expansion", "contraction", "churn", "reactivation"];
    let mrr = table.get("mrr").and_then(|item| item.one_of(report, "movement of recurring revenue", &movements));
    let mut fact = Fact { name: name.to_owned(), events, properties: vec![], state: vec![], when, by, nth, stage, mrr };
    for other in table.rest() {
        match other.item.as_table("") {
            Some(of) => fact.state.extend(state(report, &other.key, of, catalogue)),
            None => {
                let values = other.item.values(report).into_iter().map(|(value, _)| value).collect();
                fact.properties.push((other.key.text, values));
            }
        }
    }
    Some(fact)
}

fn check_sense(report: &mut Report<'_>, entry: &Entry<'_>, fact: &Fact) {
    let says = |key: &str| matches!(key, "event" | "when" | "mrr");
    let says_nothing = entry.item.as_table("").is_some_and(|table| !table.keys().any(|key| says(&key.text)));
    if says_nothing && fact.state.is_empty() {
        let fix = Some(format!("write for example {} = {EXAMPLE}", entry.key.text));
        report.problem(&entry.key.span, format!("the fact \"{}\" does not say what happens", fact.name), fix);
    }
    let is_event = !fact.events.is_empty() || !fact.state.is_empty() || fact.when.is_some();
    let is_narrowed = !fact.properties.is_empty() || !fact.by.is_empty() || fact.stage.is_some();
    if fact.mrr.is_some() && (is_event || is_narrowed) {
        let fix = Some("leave only `mrr`".to_owned());
        report.problem(&entry.item.span, "a movement of recurring revenue is no event as well", fix);
    }
}

fn names(report: &mut Report<'_>, item: &Item<'_>) -> Vec<String> {
    item.texts(report).into_iter().map(|text| text.text).collect()
}

fn known_roles(report: &mut Report<'_>, item: &Item<'_>, roles: &[String]) -> Vec<String> {
    let found = item.texts(report);
    for role in found.iter().filter(|role| !roles.contains(&role.text)) {
        report.unknown(&role.span, &role.text, "role", roles.iter().map(String::as_str));
    }
    found.into_iter().map(|role| role.text).collect()
}

/// `deal.stage = "won"`: fields and the values of which each must have one.
pub(super) fn state(
    report: &mut Report<'_>,
    of: &Text,
    mut fields: Table<'_>,
    catalogue: &Catalogue,
) -> Vec<(FieldName, Vec<Value>)> {
    let mut state = Vec::new();
    for entry in fields.rest() {
        let field = FieldName { of: of.text.clone(), name: entry.key.text.clone() };
        let Some(of_type) = known_field(report, &field, &path_span(report, of, &entry.key), catalogue) else {
            continue;
        };
        let mut values = Vec::new();
        for (value, span) in entry.item.values(report) {
            let fits = match of_type {
                Type::Number | Type::Money => value.as_number().is_some(),
                Type::Bool => value.as_bool().is_some(),
                Type::Time => value.as_instant().is_some(),
                Type::Text => value.as_text().is_some(),
            };
            if !fits {
                let message =
                    format!("{} cannot be the value of `{field}`, which is {}", report.source(&span), of_type.word());
                report.problem(&span, message, None);
            }
            values.push(value);
        }
        state.push((field, values));
    }
    state
}

/// Where `deal.stage` stands, also if an earlier key of the table begins with `deal` too.
fn path_span(report: &Report<'_>, of: &Text, name: &Text) -> Range<usize> {
    let beginning = format!("{}.", of.text);
    let start = name.span.start.saturating_sub(beginning.len());
    let is_there = report.source(&(start..name.span.start)) == beginning;
    if is_there { start..name.span.end } else { name.span.clone() }
}

/// The type of a field; reports one that does not exist.
pub(super) fn known_field(
    report: &mut Report<'_>,
    field: &FieldName,
    span: &Range<usize>,
    catalogue: &Catalogue,
) -> Option<Type> {
    let of_type = catalogue.get(field);
    if of_type.is_none() {
        let fix = match super::nearest(&field.to_string(), catalogue.names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "declare it under [fields]".to_owned(),
        };
        report.problem(span, format!("`{field}` is no field"), Some(fix));
    }
    of_type
}

/// A condition that does not depend on when it is asked.
pub(super) fn timeless(report: &mut Report<'_>, item: &Item<'_>, catalogue: &Catalogue) -> Option<Expression> {
    let expression = condition(report, item, catalogue)?;
    if expression.uses_now() {
        let fix = Some("compare with a property of the event or a fixed time".to_owned());
        report.problem(&item.span, "`now` has no meaning here, because events are counted again at any time", fix);
        return None;
    }
    Some(expression)
}

/// A sentence that holds or not.
pub(super) fn condition(report: &mut Report<'_>, item: &Item<'_>, catalogue: &Catalogue) -> Option<Expression> {
    let expression = sentence(report, item, catalogue)?;
    if expression.result() != Some(Type::Bool) {
        let fix = Some("compare it with a value".to_owned());
        report.problem(&item.span, format!("'{}' is neither true nor false", expression.text), fix);
        return None;
    }
    Some(expression)
}

/// A sentence of the expression language, its problems placed in the file.
pub(super) fn sentence(report: &mut Report<'_>, item: &Item<'_>, catalogue: &Catalogue) -> Option<Expression> {
    let text = item.text(report)?;
    match Expression::compile(&text.text, catalogue) {
        Ok(expression) => Some(expression),
        Err(problems) => {
            // Between single quotes the file holds the sentence as it is; elsewhere escapes move it.
            let source = report.source(&item.span);
            let inner = source.strip_prefix(['\'', '"']).and_then(|inner| inner.strip_suffix(['\'', '"']));
            let is_plain = inner == Some(text.text.as_str());
            for problem in problems {
                let start = item.span.start + 1;
                let placed = start + problem.span.start..start + problem.span.end;
                let span = if is_plain { placed } else { item.span.clone() };
                report.problem(&span, problem.message, problem.fix);
            }
            None
        }
    }
}
