//! Segments, cells, contributions and generations: written by many at once, and nothing lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::time::Day;
use shiftbell_store::cells::{self, CellKey, CellRange};
use shiftbell_store::contributions::{self, Contribution};
use shiftbell_store::segments::{self, SegmentKey};
use shiftbell_store::{Db, StoreError, definitions, generations, workspaces};
use shiftbell_tests::db::both_databases;

fn cell(day: i32, value: &str) -> CellKey {
    CellKey {
        motion: "b2b".into(),
        series: "mql".into(),
        dimension: "product".into(),
        day: Day(day),
        value: value.into(),
        slot: 0,
    }
}

fn segment(day: i32) -> SegmentKey {
    SegmentKey { motion: "b2b".into(), series: "mql".into(), day: Day(day), chunk: 3 }
}

/// Adds to the number in each of these, as the program adds a delta: lock, read, write; zero is removed. Segments and cells
/// in transactions of their own, so that the locks of one do not hide what the other lacks.
async fn add(db: &Db, days: &[i32], by: i64) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    let keys: Vec<SegmentKey> = days.iter().map(|day| segment(*day)).collect();
    let before = segments::lock(&mut tx, "clowns", 1, &keys).await?;
    let after = keys.iter().map(|key| (key.clone(), added(before.get(key), by))).collect();
    segments::store(&mut tx, "clowns", 1, &after).await?;
    tx.commit().await?;

    let mut tx = db.write().await?;
    let keys: Vec<CellKey> = days.iter().map(|day| cell(*day, "party")).collect();
    let before = cells::lock(&mut tx, "clowns", 1, &keys).await?;
    let after = keys.iter().map(|key| (key.clone(), added(before.get(key), by))).collect();
    cells::store(&mut tx, "clowns", 1, &after).await?;
    tx.commit().await
}

fn added(body: Option<&Vec<u8>>, by: i64) -> Option<Vec<u8>> {
    let sum = number(body.map(Vec::as_slice)) + by;
    (sum != 0).then(|| sum.to_string().into_bytes())
}

fn number(body: Option<&[u8]>) -> i64 {
    body.map_or(0, |body| std::str::from_utf8(body).unwrap().parse().unwrap())
}

async fn known(db: &Db) {
    let mut tx = db.write().await.unwrap();
    workspaces::ensure(&mut tx, "clowns", 0).await.unwrap();
    tx.commit().await.unwrap();
}

/// Eight writers, many rounds each, keys in every order: no deadlock, no lost update, and what reaches zero is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_deltas_are_all_kept() {
    for test in both_databases().await {
        known(&test.db).await;
        // SQLite's writers stand in line anyhow, and each of its commits waits for the disk.
        let rounds = if test.kind == "sqlite" { 10 } else { 100 };
        let db = Arc::new(test.db.clone());
        let writers: Vec<_> = (0..8_i32)
            .map(|writer| {
                let db = db.clone();
                tokio::spawn(async move {
                    for round in 0..rounds {
                        let mut days = [round % 5, (round + writer) % 5, (round * 3 + 2) % 5, 9];
                        if (round + writer) % 2 == 0 {
                            days.reverse();
                        }
                        add(&db, &days, 1).await.unwrap();
                        // Every second key goes back to zero and is removed, while others wait to lock it.
                        add(&db, &[20 + round % 2], 1).await.unwrap();
                        add(&db, &[20 + round % 2], -1).await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let mut snapshot = db.read().await.unwrap();
        let segments = segments::all(&mut snapshot, "clowns", 1).await.unwrap();
        let cells = cells::all(&mut snapshot, "clowns", 1).await.unwrap();
        let days: Vec<i32> = cells.keys().map(|key| key.day.0).collect();
        assert_eq!(days, [0, 1, 2, 3, 4, 9], "{}", test.kind);
        assert_eq!(number(cells.get(&cell(9, "party")).map(Vec::as_slice)), i64::from(8 * rounds), "{}", test.kind);
        let expected = expected_sums(rounds);
        for (key, body) in &cells {
            assert_eq!(number(Some(body)), expected[&key.day.0], "{} day {}", test.kind, key.day.0);
            assert_eq!(segments[&segment(key.day.0)], *body, "{}", test.kind);
        }
    }
}

fn expected_sums(rounds: i32) -> BTreeMap<i32, i64> {
    let mut sums = BTreeMap::new();
    for writer in 0..8 {
        for round in 0..rounds {
            let mut days = vec![round % 5, (round + writer) % 5, (round * 3 + 2) % 5, 9];
            days.sort_unstable();
            days.dedup();
            for day in days {
                *sums.entry(day).or_insert(0) += 1;
            }
        }
    }
    sums
}

#[tokio::test]
async fn a_breakdown_reads_only_its_days_and_values() {
    for test in both_databases().await {
        known(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        let bodies: BTreeMap<CellKey, Option<Vec<u8>>> = (0..5)
            .flat_map(|day| ["ads", "Party", "été"].map(|value| (cell(day, value), Some(value.as_bytes().to_vec()))))
            .collect();
        cells::store(&mut tx, "clowns", 1, &bodies).await.unwrap();
        cells::store(&mut tx, "clowns", 2, &bodies).await.unwrap();
        let of = |motion, value, days| CellRange { motion, series: "mql", dimension: "product", value, days };
        let days = Day(1)..Day(3);
        let ranges = [of("b2b", None, days.clone()), of("b2b", Some("ads"), days), of("b2c", None, Day(0)..Day(9))];
        let found = cells::read(&mut tx, "clowns", 1, &ranges).await.unwrap();
        let found: Vec<BTreeSet<(i32, &str)>> =
            found.iter().map(|range| range.iter().map(|cell| (cell.day.0, cell.value.as_str())).collect()).collect();
        let wanted = [(1, "Party"), (1, "ads"), (1, "été"), (2, "Party"), (2, "ads"), (2, "été")];
        assert_eq!(found, [BTreeSet::from(wanted), BTreeSet::from([(1, "ads"), (2, "ads")]), BTreeSet::new()]);
    }
}

#[tokio::test]
async fn a_new_generation_answers_at_once_and_the_old_one_is_cleared_away() {
    for test in both_databases().await {
        known(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        assert_eq!(generations::live(&mut tx, "clowns").await.unwrap(), None);
        let first = generations::begin(&mut tx, "clowns", "3f9a", 1, 10).await.unwrap();
        let given_up = generations::begin(&mut tx, "clowns", "3f9b", 1, 11).await.unwrap();
        let second = generations::begin(&mut tx, "clowns", "3f9c", 1, 12).await.unwrap();
        assert_eq!([first.generation, given_up.generation, second.generation], [1, 2, 3]);
        assert!(matches!(generations::switch(&mut tx, "clowns", 2, 13).await, Err(StoreError::LeaseLost)));
        tx.roll_back().await.unwrap();

        let mut tx = test.db.write().await.unwrap();
        let first = generations::begin(&mut tx, "clowns", "3f9a", 1, 10).await.unwrap();
        let body = vec![1];
        let of = |entity, body: &[u8]| Contribution {
            entity: EntityId(entity),
            account: EntityId(7),
            fold_version: 1,
            body: body.to_vec(),
        };
        contributions::store(&mut tx, "clowns", first.generation, &[of(1, &body), of(-2, &body)]).await.unwrap();
        let segment = BTreeMap::from([(segment(1), Some(body.clone()))]);
        segments::store(&mut tx, "clowns", first.generation, &segment).await.unwrap();
        generations::switch(&mut tx, "clowns", first.generation, 20).await.unwrap();
        let second = generations::begin(&mut tx, "clowns", "3f9b", 2, 30).await.unwrap();
        generations::built_to(&mut tx, "clowns", second.generation, EntityId(-9)).await.unwrap();
        tx.commit().await.unwrap();

        let mut before = test.db.read().await.unwrap();
        assert_eq!(workspaces::live_generation(&mut before, "clowns").await.unwrap(), Some(first.generation));
        assert_eq!(generations::building(&mut before, "clowns").await.unwrap().unwrap().built_to, Some(EntityId(-9)));

        let mut tx = test.db.write().await.unwrap();
        generations::switch(&mut tx, "clowns", second.generation, 40).await.unwrap();
        tx.commit().await.unwrap();
        let still = generations::live(&mut before, "clowns").await.unwrap().unwrap();
        assert_eq!(still.meaning, "3f9a", "a snapshot does not switch under its reader");
        drop(before);
        let live = generations::live(&mut test.db.read().await.unwrap(), "clowns").await.unwrap().unwrap();
        assert_eq!((live.meaning.as_str(), live.fold_version), ("3f9b", 2));

        let mut tx = test.db.write().await.unwrap();
        contributions::store(&mut tx, "clowns", second.generation, &[of(1, &body), of(2, &body)]).await.unwrap();
        contributions::store(&mut tx, "clowns", second.generation, &[of(1, &[])]).await.unwrap();
        let left = contributions::of_accounts(&mut tx, "clowns", second.generation, &[EntityId(7)]).await.unwrap();
        assert_eq!(left, [of(2, &body)]);
        let mut removed = 0;
        loop {
            match generations::remove_retired(&mut tx, "clowns", 1).await.unwrap() {
                0 => break,
                n => removed += n,
            }
        }
        assert_eq!(removed, 4, "two contributions, one segment, one generation on {}", test.kind);
        assert_eq!(segments::all(&mut tx, "clowns", first.generation).await.unwrap(), BTreeMap::new());
        let kept = contributions::of_entities(&mut tx, "clowns", second.generation, &[EntityId(2)]).await.unwrap();
        assert_eq!(kept, left);
    }
}

#[tokio::test]
async fn a_meaning_keeps_its_number() {
    for test in both_databases().await {
        known(&test.db).await;
        let mut tx = test.db.write().await.unwrap();
        assert_eq!(definitions::keep(&mut tx, "clowns", "3f9a", "one", 1, None).await.unwrap(), 1);
        assert_eq!(definitions::keep(&mut tx, "clowns", "3f9b", "two", 2, Some("ann")).await.unwrap(), 2);
        assert_eq!(definitions::keep(&mut tx, "clowns", "3f9a", "again", 3, None).await.unwrap(), 1);
        assert_eq!(definitions::get(&mut tx, "clowns", "3f9a").await.unwrap().unwrap().text, "one");
        assert_eq!(definitions::all(&mut tx, "clowns").await.unwrap().len(), 2, "{}", test.kind);
    }
}
