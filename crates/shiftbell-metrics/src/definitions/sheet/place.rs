//! A KPI put into a definitions file. Whatever the row does not say, and every comment, stays.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::super::kpis::KINDS;
use super::super::model::{CountOf, Kpi, PerMotion};
use super::drafts::Draft;
use super::formula::{self, Kind};
use super::known::Known;
use super::{Change, per_motion, sentence, target};

/// Writes a draft into the file. Returns what that changed, and notes.
pub(super) fn put(document: &mut DocumentMut, draft: &Draft, known: &Known<'_>) -> (Change, Vec<String>) {
    let held = known.defs.kpis.iter().find(|kpi| kpi.slug == draft.slug && kpi.is_written);
    let mut kpis = Table::new();
    kpis.set_implicit(true);
    let kpis = document.entry("kpis").or_insert(Item::Table(kpis));
    let is_table = kpis.is_table();
    let Some(kpis) = kpis.as_table_like_mut() else { return (Change::Same, Vec::new()) };
    if kpis.get(&draft.slug).is_none() {
        let mut table = Table::new();
        table.decor_mut().set_prefix("\n");
        let item = if is_table { Item::Table(table) } else { Item::Value(InlineTable::new().into()) };
        kpis.insert(&draft.slug, item);
    }
    let Some(host) = kpis.get_mut(&draft.slug) else { return (Change::Same, Vec::new()) };
    let is_table = host.is_table();
    let Some(host) = host.as_table_like_mut() else { return (Change::Same, Vec::new()) };
    let mut written = Written { host, is_table, is_changed: false };
    let notes = fill(&mut written, draft, held, known);
    let change = match (held, written.is_changed) {
        (None, _) => Change::New,
        (Some(_), true) => Change::Changed,
        (Some(_), false) => Change::Same,
    };
    (change, notes)
}

fn fill(written: &mut Written<'_>, draft: &Draft, held: Option<&Kpi>, known: &Known<'_>) -> Vec<String> {
    let motions = &known.defs.motions;
    let mut notes = Vec::new();
    if held.is_none_or(|kpi| kpi.label != draft.label) {
        written.set("label", draft.label.as_str().into());
    }
    if !is_empty(&draft.means) && held.is_none_or(|kpi| kpi.means != draft.means) {
        written.per_motion("means", &draft.means, |text| text.as_str().into());
    }
    if let Some(level) = draft.level.filter(|level| held.is_none_or(|kpi| kpi.level.as_deref() != *level)) {
        written.set_or_take("level", level);
    }
    fill_kind(written, draft, held, known);
    if let Some(owner) =
        draft.owner.as_deref().filter(|owner| held.is_none_or(|kpi| kpi.owner.as_deref() != Some(owner)))
    {
        written.set("owner", owner.into());
    }
    if let Some(motion) = draft.motion.as_ref().filter(|motion| held.is_none_or(|kpi| kpi.motion != **motion)) {
        written.set_or_take("motion", motion.as_deref());
    }
    let is_rate = is_rate(&draft.formula.kind);
    let as_said = |kpi: &Kpi| super::export::target(kpi, motions);
    let said = per_motion::write(&draft.target, motions, Clone::clone);
    if !is_empty(&draft.target) && held.is_none_or(|kpi| as_said(kpi) != said) {
        let mut note = None;
        written.per_motion("target", &draft.target, |text| {
            let (value, taken) = target::read(text, is_rate);
            note = note.take().or(taken);
            match value {
                target::Written::Number(number) => number.to_string().parse().unwrap_or_else(|_| text.as_str().into()),
                target::Written::Text(text) => text.into(),
            }
        });
        notes.extend(note);
    }
    if draft.is_signature_old {
        written.take("signed");
    } else if let Some(signed) = draft.signed.filter(|signed| held.is_none_or(|kpi| kpi.signed != Some(*signed)))
        && let Ok(date) = signed.to_string().parse::<toml_edit::Datetime>()
    {
        written.set("signed", date.into());
    }
    notes
}

fn fill_kind(written: &mut Written<'_>, draft: &Draft, held: Option<&Kpi>, known: &Known<'_>) {
    let before = held.and_then(|kpi| formula::read(&sentence::of(known, kpi), known).ok());
    if before.as_ref().is_none_or(|before| before.kind != draft.formula.kind) {
        let (key, value) = kind(&draft.formula.kind);
        for other in KINDS.iter().filter(|other| **other != key) {
            written.take(other);
        }
        if key != "conversion" {
            written.take("early");
        }
        written.set(key, value);
        match &draft.formula.kind {
            Kind::Standard { over: Some(over), .. } => written.set("over", over.as_str().into()),
            _ => written.take("over"),
        }
    }
    match before.is_some_and(|before| before.is_sourced) {
        false if draft.formula.is_sourced => written.set("credit", "sourced".into()),
        true if !draft.formula.is_sourced => written.take("credit"),
        _ => {}
    }
}

fn is_empty(values: &PerMotion<String>) -> bool {
    values.every.is_none() && values.by_motion.is_empty()
}

/// The table of one KPI.
struct Written<'t> {
    host: &'t mut dyn TableLike,
    is_table: bool,
    is_changed: bool,
}

impl Written<'_> {
    /// A comment behind the old value stays behind the new one.
    fn set(&mut self, key: &str, mut value: Value) {
        self.is_changed = true;
        match self.host.get_mut(key) {
            Some(Item::Value(old)) => {
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            _ => drop(self.host.insert(key, Item::Value(value))),
        }
    }

    fn take(&mut self, key: &str) {
        self.is_changed |= self.host.remove(key).is_some();
    }

    fn set_or_take(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.set(key, value.into()),
            None => self.take(key),
        }
    }

    fn per_motion(&mut self, key: &str, values: &PerMotion<String>, mut value: impl FnMut(&String) -> Value) {
        if let Some(every) = &values.every {
            let value = value(every);
            return self.set(key, value);
        }
        let each = values.by_motion.iter().map(|(motion, text)| (motion, value(text)));
        if self.is_table && key == "means" {
            let mut table = Table::new();
            table.set_dotted(true);
            each.for_each(|(motion, value)| drop(table.insert(motion, Item::Value(value))));
            self.is_changed = true;
            self.host.insert(key, Item::Table(table));
        } else {
            self.set(key, Value::InlineTable(each.collect()));
        }
    }
}

/// A sentence as files write it: in single quotes, where it has none itself.
fn literal(text: &str) -> Value {
    let is_plain = !text.contains('\'') && !text.chars().any(char::is_control);
    let written = is_plain.then(|| format!("'{text}'").parse().ok()).flatten();
    written.unwrap_or_else(|| text.into())
}

fn list(names: &[String]) -> Value {
    Value::Array(names.iter().map(String::as_str).collect::<Array>())
}

fn table(entries: Vec<(&str, Value)>) -> Value {
    Value::InlineTable(entries.into_iter().collect())
}

/// One fact stands alone, unless a stage has its name.
fn counted(of: &CountOf) -> Value {
    match of {
        CountOf::Stage(stage) => stage.as_str().into(),
        CountOf::Facts(names) => list(names),
    }
}

/// The key and the value of a kind of KPI.
fn kind(kind: &Kind) -> (&'static str, Value) {
    let text = |text: &String| Value::from(text.as_str());
    match kind {
        Kind::Count(of) => ("count", counted(of)),
        Kind::Conversion { from, to, within } => {
            let mut entries = vec![("from", text(from)), ("to", text(to))];
            if let Some(every) = &within.every {
                entries.push(("within", text(every)));
            } else if !within.by_motion.is_empty() {
                let each = within.by_motion.iter().map(|(motion, span)| (motion, text(span)));
                entries.push(("within", Value::InlineTable(each.collect())));
            }
            ("conversion", table(entries))
        }
        Kind::Time { from, to, working_hours, is_p90 } => {
            let mut entries = vec![("from", text(from)), ("to", counted(to))];
            if *working_hours {
                entries.push(("clock", "working hours".into()));
            }
            entries.push(("show", if *is_p90 { "p90" } else { "median" }.into()));
            ("time", table(entries))
        }
        Kind::Sum { of, at } => {
            let key = if matches!(at, CountOf::Stage(_)) { "at" } else { "on" };
            ("sum", table(vec![("of", text(of)), (key, counted(at))]))
        }
        Kind::Share { of, also } => ("share", table(vec![("of", text(of)), ("also", text(also))])),
        Kind::Stock { of, filter, have } => {
            let mut entries = vec![("of", text(of))];
            entries.extend(filter.as_ref().map(|filter| ("where", literal(filter))));
            entries.extend(have.as_ref().map(|have| ("have", literal(have))));
            ("stock", table(entries))
        }
        Kind::Worklist { due, due_by, done } => {
            let mut entries = Vec::new();
            if !due.is_empty() {
                entries.push(("due", list(due)));
            }
            if !due_by.is_empty() {
                entries.push(("due_by", list(due_by)));
            }
            entries.push(("done", text(done)));
            ("worklist", table(entries))
        }
        Kind::Calculation(formula) => ("formula", literal(formula)),
        Kind::Standard { name, .. } => ("standard", text(name)),
    }
}

/// Whether its target is a rate. A formula is taken for one by what is written as its target.
fn is_rate(kind: &Kind) -> bool {
    match kind {
        Kind::Conversion { .. } | Kind::Share { .. } | Kind::Worklist { .. } => true,
        Kind::Stock { have, .. } => have.is_some(),
        Kind::Standard { name, .. } => super::super::kpis::standard_is_rate(name),
        Kind::Count(_) | Kind::Time { .. } | Kind::Sum { .. } | Kind::Calculation(_) => false,
    }
}
