//! Temporary files, one for each part of the numbers of entities: each small enough to be sorted in memory.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use shiftbell_metrics::id::EntityId;

/// Into how many files. Four of them hold one chunk of segments.
pub(super) const PARTS: u16 = 64;
/// What one thread gathers for a file before it writes.
const GATHERED_BYTES: usize = 128 * 1024;

/// A set of files in one folder.
#[derive(Debug)]
pub(super) struct Parts {
    folder: PathBuf,
    name: &'static str,
    files: Vec<Mutex<File>>,
}

/// The parts in the order of the numbers, which are signed: the upper half of the parts is negative.
pub(super) fn in_order() -> impl Iterator<Item = u16> {
    (PARTS / 2..PARTS).chain(0..PARTS / 2)
}

impl Parts {
    pub(super) fn create(folder: &Path, name: &'static str) -> io::Result<Parts> {
        let open =
            |part| OpenOptions::new().write(true).create_new(true).open(path(folder, name, part)).map(Mutex::new);
        Ok(Parts { folder: folder.to_owned(), name, files: (0..PARTS).map(open).collect::<io::Result<_>>()? })
    }

    pub(super) fn load(&self, part: u16) -> io::Result<Vec<u8>> {
        std::fs::read(path(&self.folder, self.name, part))
    }

    /// Gives the space of one file back.
    pub(super) fn remove(&self, part: u16) -> io::Result<()> {
        std::fs::remove_file(path(&self.folder, self.name, part))
    }
}

fn path(folder: &Path, name: &str, part: u16) -> PathBuf {
    folder.join(format!("{name}-{part}"))
}

/// What one thread writes into the files. Nothing is certain to be there before [`Spill::finish`].
#[derive(Debug)]
pub(super) struct Spill<'a> {
    parts: &'a Parts,
    gathered: Vec<Vec<u8>>,
}

impl<'a> Spill<'a> {
    pub(super) fn new(parts: &'a Parts) -> Spill<'a> {
        Spill { parts, gathered: vec![Vec::new(); usize::from(PARTS)] }
    }

    /// Writes something whole that belongs to the part of an entity.
    pub(super) fn put(&mut self, of: EntityId, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let part = usize::from(of.part(PARTS));
        write(&mut self.gathered[part]);
        if self.gathered[part].len() < GATHERED_BYTES { Ok(()) } else { self.flush(part) }
    }

    fn flush(&mut self, part: usize) -> io::Result<()> {
        let mut file = self.parts.files[part].lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&self.gathered[part])?;
        self.gathered[part].clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        (0..usize::from(PARTS)).try_for_each(|part| self.flush(part))
    }
}
