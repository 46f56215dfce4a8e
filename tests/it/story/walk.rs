//! One delivery's way through every table, and a process that dies in the middle of it.

use std::collections::BTreeMap;

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::{EntityId, EntityKey, EntityKind};
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_store::cells::{self, CellKey};
use shiftbell_store::events::{self, Appended, NewEvent};
use shiftbell_store::inbox::{self, Claimed, Delivery};
use shiftbell_store::incidents::{self, Opened};
use shiftbell_store::outbox::{self, Notice};
use shiftbell_store::people::{self, Person};
use shiftbell_store::receipts::{self, Receipt};
use shiftbell_store::sightings::{self, Gap, Sighting};
use shiftbell_store::{Db, StoreError, Tx, accounts, cursors, entities, held, workspaces};
use shiftbell_tests::db::both_databases;

fn event(id: &str, contact: &str) -> Event {
    Event::from_json(&format!(
        r#"{{"id":"{id}","type":"form","at":"2026-08-01T09:30:00Z","contact":"{contact}","company":"acme","form":"demo"}}"#
    ))
    .unwrap()
}

fn new(event: &Event) -> NewEvent<'_> {
    NewEvent { source: "hubspot", event, by_role: Some("bdr"), delivery: Some(1) }
}

fn contact(id: &str) -> EntityKey {
    EntityKey::new(EntityKind::Contact, id)
}

fn acme() -> EntityKey {
    EntityKey::new(EntityKind::Company, "acme")
}

async fn receive_and_claim(db: &Db) -> Claimed {
    let mut tx = db.write().await.unwrap();
    workspaces::ensure(&mut tx, "clowns", 0).await.unwrap();
    let delivery = Delivery {
        workspace: "clowns".to_owned(),
        source: "hubspot".to_owned(),
        received_at_ms: 1,
        headers: String::new(),
        body: vec![0, 255],
        dedupe: None,
    };
    inbox::receive(&mut tx, &[delivery]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    let mut claimed = inbox::claim(&mut tx, "clowns", 10, 1_000, 10).await.unwrap();
    tx.commit().await.unwrap();
    claimed.remove(0)
}

/// Steps 4 to 8 of the walk: one unit.
async fn derive(tx: &mut Tx, delivery: &Claimed) {
    let event = event("evt-1", "c-42");
    let mut locked = entities::lock(tx, "clowns", &[contact("c-42"), acme()]).await.unwrap();
    let acme = acme().number();
    for entity in locked.iter_mut().filter(|entity| entity.key == contact("c-42")) {
        entity.pointers.company = Some((Some(acme), event.at));
        entity.account = acme;
        entity.version += 1;
    }
    accounts::lock(tx, "clowns", &[acme]).await.unwrap();
    entities::store(tx, "clowns", &locked).await.unwrap();
    assert_eq!(events::append(tx, "clowns", &[new(&event)]).await.unwrap(), [Appended::New]);
    let key = CellKey {
        motion: "b2b".into(),
        series: "mql".into(),
        dimension: "".into(),
        day: Day(20_666),
        value: "".into(),
        slot: 0,
    };
    cells::lock(tx, "clowns", 1, std::slice::from_ref(&key)).await.unwrap();
    cells::store(tx, "clowns", 1, &BTreeMap::from([(key, Some(vec![1]))])).await.unwrap();
    accounts::raise_version(tx, "clowns", &[acme]).await.unwrap();
    let notice = Notice {
        outlet: "console",
        destination: "sales",
        channel: "sales",
        kind: "won",
        dedupe_key: "won/c-42",
        digest: None,
        revision: 1,
        facts: "{}",
        due_at_ms: 10,
        held: None,
    };
    outbox::enqueue(tx, "clowns", &notice, 10).await.unwrap();
    inbox::done(tx, &[delivery], 10).await.unwrap();
}

#[tokio::test]
async fn a_process_that_dies_before_its_commit_leaves_nothing_half_written() {
    for test in both_databases().await {
        let db = &test.db;
        let delivery = receive_and_claim(db).await;
        let mut tx = db.write().await.unwrap();
        derive(&mut tx, &delivery).await;
        drop(tx);
        let mut snapshot = db.read().await.unwrap();
        assert_eq!(events::count(&mut snapshot, "clowns").await.unwrap(), 0, "{}", test.kind);
        assert_eq!(cells::all(&mut snapshot, "clowns", 1).await.unwrap(), BTreeMap::new());
        assert_eq!(outbox::latest(&mut snapshot, "clowns", 10).await.unwrap(), []);
        assert_eq!(inbox::backlog(&mut snapshot, "clowns").await.unwrap().waiting, 1);
        assert_eq!(entities::accounts_after(&mut snapshot, "clowns", None, 10).await.unwrap(), []);
        drop(snapshot);

        let mut tx = db.write().await.unwrap();
        derive(&mut tx, &delivery).await;
        tx.commit().await.unwrap();
        let mut snapshot = db.read().await.unwrap();
        assert_eq!(events::count(&mut snapshot, "clowns").await.unwrap(), 1, "{}", test.kind);
        assert_eq!(cells::all(&mut snapshot, "clowns", 1).await.unwrap().len(), 1);
        assert_eq!(inbox::backlog(&mut snapshot, "clowns").await.unwrap().waiting, 0);
        let accounts = entities::accounts_after(&mut snapshot, "clowns", None, 10).await.unwrap();
        assert_eq!(accounts, [acme().number()]);
        assert_eq!(accounts::get(&mut snapshot, "clowns", &accounts).await.unwrap()[0].version, 1);
        let stored = events::of_accounts(&mut snapshot, "clowns", &accounts).await.unwrap();
        assert_eq!((stored[0].event().unwrap(), stored[0].account), (event("evt-1", "c-42"), acme().number()));
        assert_eq!((stored[0].by_role.as_deref(), stored[0].delivery), (Some("bdr"), Some(1)));
        let members = entities::of_accounts(&mut snapshot, "clowns", &accounts).await.unwrap();
        assert_eq!(members.len(), 2);
        let linked = entities::linked_to(&mut snapshot, "clowns", &accounts).await.unwrap();
        assert_eq!((linked.len(), &linked[0].key), (1, &contact("c-42")), "{}", test.kind);
    }
}

#[tokio::test]
async fn a_link_that_was_undone_is_kept_with_its_time() {
    for test in both_databases().await {
        receive_and_claim(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        let mut locked = entities::lock(&mut tx, "clowns", &[contact("a"), contact("a")]).await.unwrap();
        assert_eq!((locked.len(), locked[0].account), (1, contact("a").number()), "its own account at first");
        locked[0].pointers.company = Some((None, Instant(7)));
        locked[0].pointers.same = Some((Some(EntityId(-3)), Instant(8)));
        entities::store(&mut tx, "clowns", &locked).await.unwrap();
        assert_eq!(entities::get(&mut tx, "clowns", &[contact("a").number()]).await.unwrap(), locked, "{}", test.kind);
        assert_eq!(entities::lock(&mut tx, "clowns", &[contact("a")]).await.unwrap(), locked);
    }
}

#[tokio::test]
async fn known_events_are_left_as_they_are() {
    for test in both_databases().await {
        receive_and_claim(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        let mut many: Vec<Event> = (0..700).map(|n| event(&format!("evt-{n}"), &format!("c-{}", n % 50))).collect();
        many.push(event("evt-1", "c-1"));
        let given: Vec<NewEvent<'_>> = many.iter().map(new).collect();
        let appended = events::append(&mut tx, "clowns", &given).await.unwrap();
        assert_eq!(appended.iter().filter(|appended| **appended == Appended::New).count(), 700, "{}", test.kind);
        assert_eq!(appended[700], Appended::AlreadyKnown, "twice in one batch");
        let again = events::append(&mut tx, "clowns", &given[..3]).await.unwrap();
        assert_eq!(again, [Appended::AlreadyKnown; 3]);
        let elsewhere = NewEvent { source: "file", ..given[0] };
        assert_eq!(events::append(&mut tx, "clowns", &[elsewhere]).await.unwrap(), [Appended::New]);
        assert_eq!(events::count(&mut tx, "clowns").await.unwrap(), 701);
    }
}

/// A receipt's mark keeps apart what was visible when it was asked, also from transactions that began before and ended after.
#[tokio::test]
async fn a_mark_remembers_which_events_were_visible() {
    for test in both_databases().await {
        let db = &test.db;
        let delivery = receive_and_claim(db).await;
        let mut tx = db.write().await.unwrap();
        derive(&mut tx, &delivery).await;
        tx.commit().await.unwrap();
        let account = [acme().number()];

        let slow = if test.kind == "postgres" {
            let mut slow = db.write().await.unwrap();
            events::append(&mut slow, "clowns", &[new(&event("evt-slow", "c-42"))]).await.unwrap();
            Some(slow)
        } else {
            None
        };
        let mut tx = db.write().await.unwrap();
        events::append(&mut tx, "clowns", &[new(&event("evt-2", "c-42"))]).await.unwrap();
        tx.commit().await.unwrap();
        let mark = workspaces::mark(&mut db.read().await.unwrap(), "clowns").await.unwrap();
        if let Some(slow) = slow {
            slow.commit().await.unwrap();
        }
        let mut tx = db.write().await.unwrap();
        events::append(&mut tx, "clowns", &[new(&event("evt-3", "c-42"))]).await.unwrap();
        let receipt = Receipt { id: "r-1".to_owned(), asked_at_ms: 5, mark: mark.clone(), body: "{}".to_owned() };
        receipts::keep(&mut tx, "clowns", &receipt).await.unwrap();
        tx.commit().await.unwrap();

        let mut snapshot = db.read().await.unwrap();
        let kept = receipts::get(&mut snapshot, "clowns", "r-1").await.unwrap().unwrap();
        let then = events::of_accounts_at(&mut snapshot, "clowns", &account, &kept.mark).await.unwrap();
        let ids: Vec<&str> = then.iter().map(|event| event.external_id.as_str()).collect();
        assert_eq!(ids, ["evt-1", "evt-2"], "{}", test.kind);
        let since = if test.kind == "postgres" { 2 } else { 1 };
        let news = events::accounts_since(&mut snapshot, "clowns", &mark).await.unwrap();
        assert_eq!(news.iter().map(|(_, n)| n).sum::<i64>(), since, "{news:?}");
        drop(snapshot);
        let mut tx = db.write().await.unwrap();
        assert_eq!(receipts::forget(&mut tx, "clowns", 6).await.unwrap(), 1);
        assert_eq!(receipts::get(&mut tx, "clowns", "r-1").await.unwrap(), None);
    }
}

/// Eight writers that lock entities, some of them new, in every order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn entities_and_accounts_are_locked_without_deadlock() {
    for test in both_databases().await {
        receive_and_claim(&test.db).await;
        let writers: Vec<_> = (0..8_usize)
            .map(|writer| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    for round in 0..60_usize {
                        let ids = [round, round + writer, 100 - round, 7];
                        let mut keys: Vec<EntityKey> = ids.iter().map(|id| contact(&id.to_string())).collect();
                        if writer % 2 == 0 {
                            keys.reverse();
                        }
                        let mut tx = db.write().await.unwrap();
                        let mut locked = entities::lock(&mut tx, "clowns", &keys).await?;
                        let accounts: Vec<EntityId> = locked.iter().map(|entity| entity.account).collect();
                        accounts::lock(&mut tx, "clowns", &accounts).await?;
                        for entity in &mut locked {
                            entity.version += 1;
                        }
                        entities::store(&mut tx, "clowns", &locked).await?;
                        accounts::raise_version(&mut tx, "clowns", &accounts).await?;
                        tx.commit().await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap_or_else(|error| panic!("{}: {error}", test.kind));
        }
        let mut snapshot = test.db.read().await.unwrap();
        let seven = contact("7").number();
        assert_eq!(entities::get(&mut snapshot, "clowns", &[seven]).await.unwrap()[0].version, 480, "{}", test.kind);
        assert_eq!(accounts::get(&mut snapshot, "clowns", &[seven]).await.unwrap()[0].version, 480);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_is_locked_even_by_those_who_share_no_entity() {
    for test in both_databases().await {
        receive_and_claim(&test.db).await;
        let writers: Vec<_> = (0..8_i64)
            .map(|writer| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    for round in 0..40_i64 {
                        let mut ids = [round, round + writer, 100 - round, 7].map(EntityId);
                        if writer % 2 == 0 {
                            ids.reverse();
                        }
                        let mut tx = db.write().await?;
                        let before = accounts::lock(&mut tx, "clowns", &ids).await?;
                        accounts::raise_version(&mut tx, "clowns", &ids).await?;
                        let after = accounts::get(&mut tx, "clowns", &ids).await?;
                        let raised =
                            before.iter().zip(&after).all(|(before, after)| after.version == before.version + 1);
                        assert!(raised, "{before:?} {after:?}");
                        tx.commit().await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap_or_else(|error| panic!("{}: {error}", test.kind));
        }
        let mut snapshot = test.db.read().await.unwrap();
        let seven = accounts::get(&mut snapshot, "clowns", &[EntityId(7)]).await.unwrap();
        assert_eq!(seven[0].version, 320, "{}", test.kind);
    }
}

#[tokio::test]
async fn an_event_ahead_of_its_time_waits_and_an_impossible_one_is_counted() {
    for test in both_databases().await {
        receive_and_claim(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        let ahead = event("evt-9", "c-42");
        held::hold(&mut tx, "clowns", &[new(&ahead), new(&ahead)]).await.unwrap();
        held::hold(&mut tx, "clowns", &[new(&ahead)]).await.unwrap();
        assert_eq!(held::count(&mut tx, "clowns").await.unwrap(), 1);
        let at = ahead.at.as_ms();
        assert_eq!(held::take_due(&mut tx, "clowns", at - 1, 10).await.unwrap(), []);
        let due = held::take_due(&mut tx, "clowns", at, 10).await.unwrap();
        assert_eq!(Event::from_json(&due[0].body).unwrap(), ahead, "{}", test.kind);
        assert_eq!(held::count(&mut tx, "clowns").await.unwrap(), 0);
        let old = held::SetAside { source: "file", external_id: "x", at_ms: -1, reason: "before 1970", body: "{}" };
        held::set_aside(&mut tx, "clowns", std::slice::from_ref(&old), 5).await.unwrap();
        held::set_aside(&mut tx, "clowns", &[old], 6).await.unwrap();
        let counts = held::set_aside_counts(&mut tx, "clowns").await.unwrap();
        assert_eq!((counts.len(), counts[0].n, counts[0].reason.as_str()), (1, 1, "before 1970"));
    }
}

#[tokio::test]
async fn what_was_seen_adds_up_and_an_incident_is_open_once() {
    for test in both_databases().await {
        receive_and_claim(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        let seen =
            |name: &str, n, last_at_ms| Sighting { source: "hubspot".to_owned(), name: name.to_owned(), n, last_at_ms };
        sightings::add(&mut tx, "clowns", Day(1), &[seen("form", 2, 9), seen("call", 1, 3)]).await.unwrap();
        sightings::add(&mut tx, "clowns", Day(1), &[seen("form", 3, 5)]).await.unwrap();
        sightings::add(&mut tx, "clowns", Day(0), &[seen("form", 100, 1)]).await.unwrap();
        let since = sightings::since(&mut tx, "clowns", Day(1)).await.unwrap();
        assert_eq!(since, [seen("call", 1, 3), seen("form", 5, 9)], "{}", test.kind);
        let gap = |n| Gap { weekday: 6, minutes: 16, n };
        sightings::add_gaps(&mut tx, "clowns", "hubspot", &[gap(1)]).await.unwrap();
        sightings::add_gaps(&mut tx, "clowns", "hubspot", &[gap(2)]).await.unwrap();
        assert_eq!(sightings::gaps(&mut tx, "clowns", "hubspot").await.unwrap(), [gap(3)]);

        let opened = incidents::open(&mut tx, "clowns", "silent", "hubspot", "{}", 10).await.unwrap();
        assert_eq!(opened, Opened::New);
        let again = incidents::open(&mut tx, "clowns", "silent", "hubspot", "{1}", 11).await.unwrap();
        assert_eq!(again, Opened::AlreadyOpen);
        incidents::set_notice(&mut tx, "clowns", "silent", "hubspot", 4).await.unwrap();
        assert_eq!(incidents::open_ones(&mut tx, "clowns").await.unwrap().len(), 1);
        let ended = incidents::end(&mut tx, "clowns", "silent", "hubspot", 20).await.unwrap().unwrap();
        assert_eq!((ended.notice, ended.facts.as_str(), ended.ended_at_ms), (Some(4), "{1}", Some(20)));
        assert_eq!(incidents::end(&mut tx, "clowns", "silent", "hubspot", 21).await.unwrap(), None);
        let reopened = incidents::open(&mut tx, "clowns", "silent", "hubspot", "{}", 30).await.unwrap();
        assert_eq!(reopened, Opened::New);
        let latest = incidents::latest(&mut tx, "clowns", "silent", "hubspot").await.unwrap().unwrap();
        assert_eq!((latest.opened_at_ms, latest.ended_at_ms), (30, None));
        assert_eq!(incidents::since(&mut tx, "clowns", 20).await.unwrap().len(), 2);
        assert_eq!(incidents::since(&mut tx, "clowns", 21).await.unwrap().len(), 1, "{}", test.kind);
    }
}

#[tokio::test]
async fn people_and_cursors_are_remembered() {
    for test in both_databases().await {
        receive_and_claim(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        let ann = |id: &str, name: Option<&str>| Person {
            email: "ann@clowns.example".to_owned(),
            outlet: "slack".to_owned(),
            outlet_id: id.to_owned(),
            name: name.map(str::to_owned),
        };
        people::remember(&mut tx, "clowns", &ann("U1", Some("Ann")), 1).await.unwrap();
        people::remember(&mut tx, "clowns", &ann("U2", None), 2).await.unwrap();
        let found = people::by_email(&mut tx, "clowns", "ann@clowns.example", "slack").await.unwrap();
        assert_eq!(found, Some(ann("U2", Some("Ann"))), "a name once known is kept on {}", test.kind);
        assert_eq!(people::by_outlet_id(&mut tx, "clowns", "slack", "U1").await.unwrap(), None);
        assert_eq!(people::by_outlet_id(&mut tx, "clowns", "slack", "U2").await.unwrap(), found);

        assert_eq!(cursors::get(&mut tx, "clowns", "import").await.unwrap(), None);
        cursors::set(&mut tx, "clowns", "import", "100", 1).await.unwrap();
        cursors::set(&mut tx, "clowns", "import", "200", 2).await.unwrap();
        assert_eq!(cursors::get(&mut tx, "clowns", "import").await.unwrap().as_deref(), Some("200"));
        cursors::remove(&mut tx, "clowns", "import").await.unwrap();
        assert_eq!(cursors::get(&mut tx, "clowns", "import").await.unwrap(), None);
    }
}
