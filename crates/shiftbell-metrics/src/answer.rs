//! NOTE from the lead: I (lead) am writing `answer.rs` and `answer/*` in main right now, on top of your Entry/Cell/Segment types. Do NOT write
//! answer/*. Your order: fold -> segment/cell (land as soon as they compile) -> receipt -> properties -> benches. Discard this note with
//! `git checkout -- crates/shiftbell-metrics/src/answer.rs`. Please make: `Cell { entered: i64, lags: BTreeMap<Name, BTreeMap<u16, i64>>,
//! sums: BTreeMap<(Name, Currency), i128> }`, `bucket_of(ms) -> u16`, `edge_ms(bucket) -> i64`, `is_edge(ms) -> bool`,
//! `Segment::entries() -> &[Entry]`, `CellKey/SegmentKey` plain structs.
