//! `shiftbell check --diff`: what two definitions files mean differently, or one and the meaning in force.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use shiftbell_metrics::definitions::diff::{Diff, diff};
use shiftbell_metrics::definitions::{Definitions, read};
use shiftbell_store::{Db, StoreError, definitions, generations};

use super::{only, sound};
use crate::cli::Here;
use crate::companies::{name_of, vocabulary};
use crate::failure::Failure;

/// Compares two files, or the only one named with what is in force.
pub(super) async fn run(files: &[PathBuf], here: &Here) -> Result<(), Failure> {
    let (new, old, called) = match files {
        [old, new] => (sound(new)?.1, sound(old)?.1, format!("{} against {}", new.display(), old.display())),
        [_, _, ..] => {
            let message =
                format!("name two definitions files, or one to compare it with what is in force; not {}", files.len());
            return Err(Failure::Usage(message));
        }
        _ => {
            let file = only(files, here)?;
            let (_, new) = sound(&file)?;
            let (old, number) = in_force(&file, here).await?;
            (new, old, format!("{} against version {number}, as it came into force", file.display()))
        }
    };
    let diff = diff(&old, &new);
    print!("{}", told(&called, &diff));
    match diff.needs_refold() || !diff.changes.is_empty() {
        true => Err(Failure::Meaning { kpis: diff.answers.len() }),
        false => Ok(()),
    }
}

/// The definitions that answer now, and the number of their version.
async fn in_force(file: &Path, here: &Here) -> Result<(Definitions, i64), Failure> {
    let workspace = name_of(file)?;
    let hint = "name two files: shiftbell check --diff OLD.toml NEW.toml";
    if !Db::exists(&here.config.database_url) {
        return Err(Failure::Database(format!("there is no database yet, so nothing is in force; {hint}")));
    }
    let failed = |error: StoreError| Failure::Database(error.to_string());
    let db = Db::open_to_read(&here.config.database_url).await.map_err(failed)?;
    let found = kept(&db, &workspace).await;
    db.close().await;
    let Some(kept) = found? else {
        return Err(Failure::Database(format!(
            "the text in force of `{workspace}` is not in this database; `shiftbell serve` keeps it from its start on. Until then, {hint}"
        )));
    };
    match read("", &kept.text, &vocabulary()).definitions {
        Some(definitions) => Ok((definitions, kept.number)),
        None => Err(Failure::Database(format!(
            "version {} of `{workspace}` was written for an older program, which this one cannot read; {hint}",
            kept.number
        ))),
    }
}

async fn kept(db: &Db, workspace: &str) -> Result<Option<definitions::Definition>, Failure> {
    let failed = |error: StoreError| Failure::Database(error.to_string());
    if !db.are_tables_current().await.map_err(failed)? {
        let message = "the database was made by another version; `shiftbell migrate` brings it up to date";
        return Err(Failure::Database(message.to_owned()));
    }
    let mut snapshot = db.read().await.map_err(failed)?;
    let Some(live) = generations::live(&mut snapshot, workspace).await.map_err(failed)? else { return Ok(None) };
    definitions::get(&mut snapshot, workspace, &live.meaning).await.map_err(failed)
}

/// The whole difference, ready to print.
fn told(called: &str, diff: &Diff) -> String {
    let mut out = format!("{called}\n");
    for changed in &diff.changes {
        let _ = writeln!(out, "\n{changed}");
    }
    list(&mut out, "Means the same, said differently", &diff.reworded);
    list(&mut out, "Changes no number", &diff.beside);
    if diff.needs_refold() {
        let kpis = match diff.answers.as_slice() {
            [] => "No KPI answers differently".to_owned(),
            [one] => format!("1 KPI answers differently: {one}"),
            several => format!("{} KPIs answer differently: {}", several.len(), several.join(", ")),
        };
        let _ = writeln!(out, "\n{kpis}.");
        let _ = writeln!(
            out,
            "The numbers have to be worked out anew (meaning {} -> {}): `shiftbell serve` does it in the background and then \
             switches over at once.",
            diff.old, diff.new
        );
    } else {
        let _ = writeln!(out, "\nNothing changes a number (meaning {}).", diff.new);
    }
    out
}

fn list(out: &mut String, head: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{head}:");
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
}
