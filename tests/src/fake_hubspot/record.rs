//! One record of the portal, with the history of its properties.

use std::collections::BTreeMap;

use shiftbell_metrics::time::Instant;

/// One value that a property had, from when on, and through whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) value: String,
    pub(super) at: Instant,
    pub(super) source: String,
    pub(super) source_id: String,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) created_at: Instant,
    pub(super) modified_at: Instant,
    pub(super) archived_at: Option<Instant>,
    /// Removed for privacy: not even the archive has it.
    pub(super) is_forgotten: bool,
    /// How it was made: `IMPORT`, `CRM_UI`.
    pub(super) made_by: String,
    /// By property, the oldest version first.
    pub(super) history: BTreeMap<String, Vec<Version>>,
}

impl Record {
    pub(super) fn new(now: Instant, by: (&str, &str)) -> Record {
        Record {
            created_at: now,
            modified_at: now,
            archived_at: None,
            is_forgotten: false,
            made_by: by.0.to_owned(),
            history: BTreeMap::new(),
        }
    }

    /// Two records in one: the history of both, and the values of the first.
    pub(super) fn merged(one: &Record, other: &Record, ids: (u64, u64), now: Instant, by: (&str, &str)) -> Record {
        let mut record = Record {
            created_at: one.created_at.min(other.created_at),
            made_by: one.made_by.clone(),
            ..Record::new(now, by)
        };
        for history in [&other.history, &one.history] {
            for (property, versions) in history {
                record.history.entry(property.clone()).or_default().extend(versions.iter().cloned());
            }
        }
        for versions in record.history.values_mut() {
            versions.sort_by_key(|version| version.at);
        }
        for (property, versions) in &one.history {
            if let Some(version) = versions.last() {
                record.set(property, &version.value, now, by);
            }
        }
        record.set("hs_merged_object_ids", &format!("{};{}", ids.0, ids.1), now, by);
        record
    }

    /// Sets a property. Returns whether that changed anything.
    pub(super) fn set(&mut self, property: &str, value: &str, now: Instant, by: (&str, &str)) -> bool {
        let before = self.property(property).unwrap_or_default();
        if before == value && (self.history.contains_key(property) || value.is_empty()) {
            return false;
        }
        let version = Version { value: value.to_owned(), at: now, source: by.0.to_owned(), source_id: by.1.to_owned() };
        self.history.entry(property.to_owned()).or_default().push(version);
        self.touch(now);
        true
    }

    /// Something about it changed.
    pub(super) fn touch(&mut self, now: Instant) {
        self.modified_at = self.modified_at.max(now);
    }

    pub(super) fn property(&self, property: &str) -> Option<&str> {
        self.history.get(property)?.last().map(|version| version.value.as_str())
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Archives it. Like in the real one, that is no change of it: `lastmodifieddate` stays.
    pub(super) fn end(&mut self, now: Instant, for_privacy: bool) {
        self.archived_at = Some(now);
        self.is_forgotten |= for_privacy;
    }

    pub(super) fn come_back(&mut self, now: Instant) {
        self.archived_at = None;
        self.touch(now);
    }
}
