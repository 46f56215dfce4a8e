//! Where in a definitions file its KPIs stand, so that a problem finds the row that made it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The bytes of each key of each KPI.
pub(super) struct Places(Vec<(Range<usize>, String, String)>);

impl Places {
    pub(super) fn of(text: &str) -> Places {
        let (document, _) = DeTable::parse_recoverable(text);
        let mut places = Vec::new();
        let kpis = document.get_ref().iter().find(|(key, _)| key.get_ref() == "kpis");
        let Some(kpis) = kpis.and_then(|(_, value)| value.get_ref().as_table()) else { return Places(places) };
        for (slug, kpi) in kpis {
            let slug_text = slug.get_ref().to_string();
            for (key, value) in kpi.get_ref().as_table().into_iter().flatten() {
                let mut add = |span: Range<usize>| places.push((span, slug_text.clone(), key.get_ref().to_string()));
                add(key.span());
                inner(value, &mut add);
            }
            places.push((slug.span(), slug_text.clone(), String::new()));
            places.push((kpi.span(), slug_text, String::new()));
        }
        Places(places)
    }

    /// The slug of the KPI and the key in it, if this byte belongs to one.
    pub(super) fn at(&self, byte: usize) -> Option<(&str, &str)> {
        let found = self.0.iter().filter(|(span, ..)| span.contains(&byte) || span.start == byte);
        let narrowest = found.min_by_key(|(span, _, key)| (key.is_empty(), span.len()));
        narrowest.map(|(_, slug, key)| (slug.as_str(), key.as_str()))
    }
}

fn inner(value: &Spanned<DeValue<'_>>, add: &mut impl FnMut(Range<usize>)) {
    add(value.span());
    match value.get_ref() {
        DeValue::Table(table) => table.iter().for_each(|(key, value)| {
            add(key.span());
            inner(value, add);
        }),
        DeValue::Array(array) => array.iter().for_each(|value| inner(value, add)),
        _ => {}
    }
}
