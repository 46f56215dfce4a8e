//! A scorecard of an earlier hour, looked at later.

use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use shiftbell::work::digests::desk::Desk;
use shiftbell::work::digests::{groups, written};
use shiftbell_metrics::definitions::DigestKind;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::scorecard::DayState;
use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::{Next, Notice, Scorecard};
use shiftbell_tests::child::binary;
use shiftbell_tests::db::{TestDb, both_databases, sqlite};
use shiftbell_tests::sample::DEFINITIONS;

use super::world::{World, as_it_is, at, call};

const BDR: &str = "bdr.one@clowns.example";
/// 17:00 in New York.
const HOUR: &str = "2026-11-19T22:00:00Z";

/// A company that asked for a meeting, and belongs to the BDR.
fn request(id: &str, at: &str) -> Event {
    Event::from_json(&format!(
        r#"{{"id":"ask-{id}","type":"form","at":"{at}","contact":"{id}","company":"co-{id}","form":"meeting-request",
            "set":{{"contact":{{"email":"{id}@party.example","owner":"{BDR}"}},
            "company":{{"segment":"business","name":"Sample {id}"}}}}}}"#
    ))
    .unwrap()
}

fn answered(id: &str, at: &str) -> Event {
    Event::from_json(&format!(
        r#"{{"id":"answer-{id}","type":"email","at":"{at}","contact":"{id}","direction":"out","automated":false,
            "company":"co-{id}","owner":"{BDR}","set":{{"company":{{"name":"Renamed"}}}}}}"#
    ))
    .unwrap()
}

fn of_thursday() -> Vec<Event> {
    vec![
        request("Airport", "2026-11-19T20:12:00Z"),
        request("Bank", "2026-11-19T19:00:00Z"),
        answered("Bank", "2026-11-19T19:30:00Z"),
        call(1, BDR, "2026-11-19T18:30:00Z"),
    ]
}

/// After the hour: the answer, another request, a call.
fn of_later() -> Vec<Event> {
    vec![
        answered("Airport", "2026-11-19T22:20:00Z"),
        request("Circus", "2026-11-19T22:59:00Z"),
        call(2, BDR, "2026-11-19T22:40:00Z"),
    ]
}

async fn card(world: &World, hour: Instant, is_past: bool) -> Scorecard {
    let (program, company) = (&world.program, world.company());
    let mut desk = match is_past {
        true => Desk::of_past(program, &company, hour).await.unwrap(),
        false => Desk::open(program, &company, hour).await.unwrap(),
    };
    let digest = company.defs().digests.iter().find(|digest| digest.send == DigestKind::Scorecard).unwrap();
    let group = groups(&company, digest).into_iter().find_map(|group| group.only(BDR)).unwrap();
    let day = group.place.zone.day_of(hour);
    let written = written(program, &mut desk, digest, &group.place, &group.to[0], day, DayState::Open).await.unwrap();
    let Some((Notice::Scorecard(mut card), _)) = written else { panic!("no scorecard") };
    card.footer.receipt = None;
    *card
}

async fn world(db: &TestDb) -> World {
    World::new(db, at(HOUR), as_it_is).await
}

#[tokio::test]
async fn a_scorecard_of_an_earlier_hour_reads_as_it_did_then() {
    for db in both_databases().await {
        let world = world(&db).await;
        world.know(of_thursday()).await;
        let then = card(&world, at(HOUR), false).await;
        world.program.clock.advance_ms(24 * 60 * 60_000);
        world.know(of_later()).await;
        let now = card(&world, world.program.clock.now(), false).await;
        assert!(
            matches!(&now.next, Some(Next::NoReply { record, .. }) if record == "Sample Circus"),
            "{}: {:?}",
            db.kind,
            now.next
        );
        let looked_at = card(&world, at(HOUR), true).await;
        assert!(
            matches!(&then.next, Some(Next::NoReply { record, at, .. }) if record == "Sample Airport" && at == "15:12"),
            "{:?}",
            then.next
        );
        assert_eq!(looked_at.next, then.next, "{}", db.kind);
        assert_eq!(looked_at.lines, then.lines, "the call of 17:40 is not counted at 17:00");
        assert_eq!(looked_at.verdict, then.verdict);
    }
}

/// How long a command may take that is done at once.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test]
async fn the_command_that_shows_a_digest_of_an_earlier_hour_comes_to_its_end() {
    let db = sqlite().await;
    let world = world(&db).await;
    world.know(of_thursday()).await;
    world.program.finish().await;
    let folder = tempfile::tempdir().unwrap();
    // As `world` has it: everybody is rolled out.
    let text = DEFINITIONS.replace("step     = \"focus\"", "step     = \"grow\"");
    std::fs::write(folder.path().join("clowns-to-go.toml"), text).unwrap();
    let mut command = Command::new(binary());
    command.args(["digest", "scorecard", "--as", BDR, "--at", HOUR]).current_dir(folder.path()).env_clear();
    command.env("SHIFTBELL_DATABASE_URL", &db.url).env("SHIFTBELL_WORKSPACES", folder.path());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(command.output()));
    let output = told.recv_timeout(PATIENCE).expect("it ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("Sample Airport asked for a meeting at 15:12"), "{output:?}");
}
