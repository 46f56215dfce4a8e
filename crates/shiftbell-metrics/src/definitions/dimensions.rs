//! `[dimensions]`: how numbers are broken down.

use super::document::{Entry, Table};
use super::facts::{check_name, known_field};
use super::model::{Dimension, FieldName};
use super::report::Report;
use crate::expression::Catalogue;

pub(super) fn read(
    report: &mut Report<'_>,
    mut table: Table<'_>,
    catalogue: &Catalogue,
) -> (Vec<Dimension>, Vec<String>) {
    let shown = table.get("always_show").map(|item| item.texts(report)).unwrap_or_default();
    let mut dimensions: Vec<Dimension> = Vec::new();
    for entry in table.rest() {
        match dimension(report, &entry, catalogue) {
            Some(dimension) => dimensions.push(dimension),
            None => report.is_wrong("dimension", &entry.key.text),
        }
    }
    for text in &shown {
        if !table.keys().any(|key| key.text == text.text && key.text != "always_show") {
            report.unknown(&text.span, &text.text, "dimension", dimensions.iter().map(|known| known.name.as_str()));
        }
    }
    (dimensions, shown.into_iter().map(|text| text.text).collect())
}

fn dimension(report: &mut Report<'_>, entry: &Entry<'_>, catalogue: &Catalogue) -> Option<Dimension> {
    check_name(report, &entry.key, "dimension");
    let name = entry.key.text.clone();
    let mut table = entry.item.table(report, format!("[dimensions.{name}]"))?;
    let mut from = Vec::new();
    if let Some(item) = table.require(report, "from", "[\"contact.source\"]") {
        for text in item.texts(report) {
            let field = FieldName::written(&text.text);
            known_field(report, &field, &text.span, catalogue);
            from.push(field);
        }
    }
    let values = table.get("values").map(|item| item.texts(report)).unwrap_or_default();
    for (index, value) in values.iter().enumerate() {
        if values.iter().take(index).any(|before| before.text == value.text) {
            report.problem(&value.span, format!("\"{}\" is already among the values", value.text), None);
        }
    }
    table.close(report);
    Some(Dimension { name, from, values: values.into_iter().map(|value| value.text).collect() })
}
