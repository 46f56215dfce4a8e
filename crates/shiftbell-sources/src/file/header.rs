//! The first line of a table.

use std::collections::BTreeMap;
use std::io::Read;

use super::mapping::Mapping;
use super::problem::{Problem, unreadable};

/// The places of the columns by the names in the header.
pub(super) fn columns<R: Read>(reader: &mut csv::Reader<R>) -> Result<BTreeMap<String, usize>, Vec<Problem>> {
    let header = reader.byte_headers().map_err(|error| vec![unreadable(&error)])?;
    let mut columns = BTreeMap::new();
    for (at, bytes) in header.iter().enumerate() {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let name = String::from_utf8_lossy(bytes).trim().to_owned();
        if columns.insert(name.clone(), at).is_some() && !name.is_empty() {
            return Err(vec![Problem::whole(format!("two columns are called `{name}`; give each its own name"))]);
        }
    }
    if columns.is_empty() {
        return Err(vec![Problem::whole("the table is empty; its first line should name the columns")]);
    }
    Ok(columns)
}

/// The columns that a mapping speaks of.
pub(super) fn wanted(mapping: &Mapping) -> impl Iterator<Item = &str> {
    let money = mapping.all().filter_map(|(_, from)| from.spec()?.currency_column.as_deref());
    mapping.all().filter_map(|(_, from)| from.column()).chain(money)
}

/// The problem with a column, if the table does not have it.
pub(super) fn missing(column: &str, columns: &BTreeMap<String, usize>) -> Option<Problem> {
    if columns.contains_key(column) {
        return None;
    }
    let near = columns.keys().max_by(|a, b| {
        let near = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &column.to_lowercase());
        near(a).total_cmp(&near(b))
    });
    let near = near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Some(Problem::whole(format!("the table has no column `{column}`{near}")))
}
