//! Filling an empty database at once.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::{EntityId, EntityKey, EntityKind};
use shiftbell_metrics::links::Pointers;
use shiftbell_store::entities::{self, Entity};
use shiftbell_store::events::{self, NewEvent};
use shiftbell_store::{Bulk, Db, cursors, workspaces};
use shiftbell_tests::db::{TestDb, both_databases, sqlite};

fn event() -> Event {
    Event::from_json(r#"{"id":"1","type":"form","at":"2026-08-01T09:30:00Z","contact":"a"}"#).unwrap()
}

fn entity() -> Entity {
    let key = EntityKey::new(EntityKind::Contact, "a");
    Entity { id: key.number(), pointers: Pointers::default(), account: key.number(), version: 1, key }
}

async fn with_a_workspace(test: &TestDb) {
    let mut tx = test.db.write().await.unwrap();
    workspaces::ensure(&mut tx, "clowns", 0).await.unwrap();
    tx.commit().await.unwrap();
}

async fn fill(bulk: &Bulk) {
    let mut tx = bulk.write().await.unwrap();
    let new = NewEvent { source: "file", event: &event(), by_role: None, delivery: None };
    assert_eq!(events::append_all(&mut tx, "clowns", &[new, new]).await.unwrap(), 1);
    assert_eq!(events::append_all(&mut tx, "clowns", &[new]).await.unwrap(), 0);
    entities::insert(&mut tx, "clowns", &[entity(), entity()]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn accounts(url: &str) -> Vec<EntityId> {
    let db = Db::open(url).await.unwrap();
    let mut snapshot = db.read().await.unwrap();
    let accounts = entities::accounts_after(&mut snapshot, "clowns", None, 9).await.unwrap();
    let events = events::of_accounts(&mut snapshot, "clowns", &accounts).await.unwrap();
    assert_eq!(events.len(), accounts.len());
    drop(snapshot);
    db.close().await;
    accounts
}

#[tokio::test]
async fn an_empty_database_is_filled_at_once_and_keeps_what_it_had() {
    let test = sqlite().await;
    with_a_workspace(&test).await;
    test.db.close().await;
    let bulk = Bulk::begin(&test.url).await.unwrap().expect("it is empty and nobody has it open");
    fill(&bulk).await;
    bulk.finish().await.unwrap();
    assert_eq!(accounts(&test.url).await, [entity().id]);
    let db = Db::open(&test.url).await.unwrap();
    db.migrate().await.unwrap();
    let mut tx = db.write().await.unwrap();
    assert_eq!(workspaces::all(&mut tx).await.unwrap(), ["clowns"]);
    cursors::set(&mut tx, "clowns", "import", "1", 1).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    assert!(Bulk::begin(&test.url).await.unwrap().is_none(), "it is no longer empty");
}

#[tokio::test]
async fn an_import_that_is_given_up_leaves_the_empty_database() {
    let test = sqlite().await;
    with_a_workspace(&test).await;
    test.db.close().await;
    let bulk = Bulk::begin(&test.url).await.unwrap().unwrap();
    fill(&bulk).await;
    drop(bulk);
    assert_eq!(accounts(&test.url).await, []);

    let bulk = Bulk::begin(&test.url).await.unwrap().unwrap();
    fill(&bulk).await;
    drop(bulk.write().await.unwrap());
    let error = bulk.finish().await.unwrap_err();
    assert!(error.to_string().ends_with("a transaction was cut short; begin it again"), "{error}");
    assert_eq!(accounts(&test.url).await, []);
    let folder = std::path::Path::new(test.url.trim_start_matches("sqlite:")).parent().unwrap();
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["shiftbell.db"], "nothing is left lying about");
}

#[tokio::test]
async fn a_database_that_somebody_has_open_is_left_to_the_ordinary_way() {
    for test in both_databases().await {
        with_a_workspace(&test).await;
        assert!(Bulk::begin(&test.url).await.unwrap().is_none(), "{}", test.kind);
        with_a_workspace(&test).await;
    }
}
