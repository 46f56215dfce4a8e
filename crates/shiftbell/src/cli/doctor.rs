//! `shiftbell doctor`: what of the set-up needs somebody, for people and for whatever watches over programs.

use shiftbell_store::Db;

use super::ask::print;
use super::{Doctor, Here, check};
use crate::companies::Companies;
use crate::doctor::{Place, Report, Severity, examine, said, unread};
use crate::failure::Failure;

pub(super) async fn run(asked: &Doctor, here: Here) -> Result<(), Failure> {
    let (mut sound, mut reports) = (Vec::new(), Vec::new());
    for file in check::read_files(&here)? {
        let is_asked = asked.workspace.as_ref().is_none_or(|name| *name == file.workspace);
        match file.company() {
            Ok((company, _)) => sound.push(company),
            // The others are looked at all the same.
            Err(file) if is_asked => {
                reports.push(unread(file.workspace, &file.checked.problems, here.clock.now()));
            }
            Err(_) => {}
        }
    }
    let companies = Companies::new(sound);
    let chosen = match &asked.workspace {
        Some(_) if !reports.is_empty() => Vec::new(),
        Some(name) => vec![companies.chosen(Some(name))?],
        None => companies.all().collect(),
    };
    if chosen.is_empty() && reports.is_empty() {
        // Says what to do about it.
        companies.chosen(None)?;
    }
    let db = open(&here.config.database_url).await;
    for company in chosen {
        let db = db.as_ref().map_err(String::as_str);
        reports.push(examine(Place { config: &here.config, clock: &here.clock, company, db }).await);
    }
    if let Ok(db) = &db {
        db.close().await;
    }
    print(&if asked.json { json(&reports) } else { text(&reports, asked.all) });
    match reports.iter().map(|report| report.count(Severity::NeedsYou)).sum() {
        0 => Ok(()),
        findings => Err(Failure::Findings { findings }),
    }
}

/// Never makes or changes a database: whoever looks for what is wrong must not be what makes it right.
async fn open(url: &str) -> Result<Db, String> {
    if !Db::exists(url) {
        return Err("there is none yet; `shiftbell serve` or `shiftbell import` makes it".to_owned());
    }
    Db::open_to_read(url).await.map_err(|error| error.to_string())
}

fn text(reports: &[Report], with_known: bool) -> String {
    let all: Vec<String> = reports.iter().map(|report| said::text(report, with_known)).collect();
    all.join("\n")
}

fn json(reports: &[Report]) -> String {
    serde_json::to_string_pretty(reports).unwrap_or_default()
}
