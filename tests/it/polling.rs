//! HubSpot is asked for what it has: everything once, then what changes, and nothing twice.

mod activities;
mod checking;
mod forms;
mod interleaved;
mod killed;
mod reading;
mod serving;
mod speed;

use shiftbell::work::Workspace;
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::SourceSettings;
use shiftbell_tests::app::PORTAL;
use shiftbell_tests::fake_hubspot::FakeHubSpot;
use shiftbell_tests::sample::{DEFINITIONS, vocabulary};

/// The source of the sample company.
const SOURCE: &str = "hubspot-main";

fn workspace() -> Workspace {
    workspace_of(DEFINITIONS)
}

/// The sample company with other definitions.
fn workspace_of(text: &str) -> Workspace {
    let checked = read("clowns-to-go.toml", text, &vocabulary());
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    Workspace::new("clowns-to-go", checked.definitions.unwrap(), text)
}

fn settings(workspace: &Workspace) -> SourceSettings {
    SourceSettings::of(workspace.defs().sources.iter().find(|source| source.id == SOURCE).unwrap())
}

fn start() -> Instant {
    Instant::parse("2026-09-01T09:00:00Z").unwrap()
}

fn portal() -> FakeHubSpot {
    FakeHubSpot::new(PORTAL, "a-client-secret", start())
}
