//! Everything derived can be built again from the events, and is the same: whatever the order, however often it was said,
//! however many worked on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use shiftbell::clock::Clock;
use shiftbell::demo::generate::{Plan, generate};
use shiftbell::work::Workspace;
use shiftbell::work::intake::Intake;
use shiftbell::work::rebuild::rebuild;
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::time::Instant;
use shiftbell_store::inbox::{self, Delivery, Rotation};
use shiftbell_store::{Db, cells, contributions, segments, workspaces};
use shiftbell_tests::db::{TestDb, both_databases};
use shiftbell_tests::sample::{DEFINITIONS, vocabulary};

const DELIVERIES: usize = 3_600;
const WORKERS: usize = 8;

fn workspace() -> Workspace {
    let checked = read("clowns-to-go.toml", DEFINITIONS, &vocabulary());
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    Workspace::new("clowns-to-go", checked.definitions.unwrap(), DEFINITIONS)
}

/// Small deliveries of a generated year, each of them once or twice, in an order that has nothing to do with time.
fn deliveries(until: Instant) -> Vec<Delivery> {
    let events: Vec<_> = generate(&Plan { seed: 11, events: 9_000, until }).collect();
    let per_delivery = events.len().div_ceil(DELIVERIES * 9 / 10);
    let mut all: Vec<Delivery> = events
        .chunks(per_delivery)
        .enumerate()
        .map(|(n, chunk)| {
            let body: Vec<serde_json::Value> = chunk.iter().map(shiftbell_metrics::event::Event::to_json).collect();
            Delivery {
                workspace: "clowns-to-go".into(),
                source: "anything".into(),
                received_at_ms: until.as_ms() + n as i64,
                headers: String::new(),
                dedupe: None,
                body: serde_json::to_vec(&body).unwrap(),
            }
        })
        .collect();
    // The same events again, packed differently, so that the inbox cannot know them and the events must.
    for n in 0..DELIVERIES - all.len() {
        let mut again: serde_json::Value = serde_json::from_slice(&all[n * 7 % all.len()].body).unwrap();
        again.as_array_mut().unwrap().reverse();
        let body = serde_json::to_vec_pretty(&again).unwrap();
        all.push(Delivery { body, ..all[n].clone() });
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for n in (1..all.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.swap(n, (state >> 33) as usize % (n + 1));
    }
    all
}

/// Everything derived of the generation that answers, readable enough to see a difference.
pub(crate) async fn derived(db: &Db, workspace: &str) -> BTreeMap<String, Vec<u8>> {
    let mut snapshot = db.read().await.unwrap();
    let generation = workspaces::live_generation(&mut snapshot, workspace).await.unwrap().unwrap();
    let mut all = BTreeMap::new();
    for stored in contributions::all(&mut snapshot, workspace, generation).await.unwrap() {
        all.insert(format!("contribution {:?} of {:?}", stored.entity, stored.account), stored.body);
    }
    for (key, body) in segments::all(&mut snapshot, workspace, generation).await.unwrap() {
        all.insert(format!("{key:?}"), body);
    }
    for (key, body) in cells::all(&mut snapshot, workspace, generation).await.unwrap() {
        all.insert(format!("{key:?}"), body);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_workers_on_shuffled_and_repeated_deliveries_end_where_a_rebuild_does() {
    let until = Instant::parse("2026-11-19T22:00:00Z").unwrap();
    let deliveries = deliveries(until);
    assert_eq!(deliveries.len(), DELIVERIES);
    let mut counts = Vec::new();
    for test_db in both_databases().await {
        let TestDb { db, .. } = &test_db;
        let workspace = workspace();
        let mut tx = db.write().await.unwrap();
        workspaces::ensure(&mut tx, &workspace.name, until.as_ms()).await.unwrap();
        tx.commit().await.unwrap();
        rebuild(db, &workspace, until, |_| {}).await.unwrap();
        for chunk in deliveries.chunks(200) {
            let mut tx = db.write().await.unwrap();
            inbox::receive(&mut tx, chunk).await.unwrap();
            tx.commit().await.unwrap();
        }
        let all = Arc::new(BTreeMap::from([(workspace.name.clone(), workspace.clone())]));
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                let (db, workspaces) = (db.clone(), Arc::clone(&all));
                tokio::spawn(async move {
                    let clock = Clock::at(until.plus_ms(60_000));
                    let rotation = Rotation::default();
                    let mut intake = Intake { db, workspaces, clock, rotation, lease_ms: 60_000, first: None, seen: 0 };
                    while intake.turn().await.unwrap() > 0 {}
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        let mut snapshot = db.read().await.unwrap();
        let backlog = inbox::backlog(&mut snapshot, &workspace.name).await.unwrap();
        drop(snapshot);
        assert_eq!((backlog.waiting, backlog.unreadable), (0, 0), "{} {backlog:?}", db.kind());
        let live = derived(db, &workspace.name).await;
        assert!(live.len() > 10_000, "{} rows", live.len());
        rebuild(db, &workspace, until, |_| {}).await.unwrap();
        let again = derived(db, &workspace.name).await;
        let wrong: Vec<&String> =
            live.keys().chain(again.keys()).filter(|key| live.get(*key) != again.get(*key)).collect();
        assert!(
            wrong.is_empty(),
            "{}: {} rows differ, such as {:?}",
            db.kind(),
            wrong.len(),
            &wrong[..wrong.len().min(5)]
        );
        counts.push(live.keys().filter(|key| key.starts_with("contribution")).count());
    }
    assert_eq!(counts[0], counts[1], "both databases count the same entities");
}
