//! Writes a year of the sample company as NDJSON: `generate EVENTS [SEED] > events.ndjson`. It ends on 19 November 2026.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use shiftbell::demo::generate::{Plan, generate};
use shiftbell_metrics::time::Instant;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize| arguments.get(n).and_then(|text| text.replace('_', "").parse::<u64>().ok());
    let (Some(events), Some(until)) = (number(0), Instant::parse("2026-11-19T22:00:00Z")) else {
        eprintln!("usage: generate EVENTS [SEED] > events.ndjson");
        return ExitCode::FAILURE;
    };
    let plan = Plan { seed: number(1).unwrap_or(1), events: usize::try_from(events).unwrap_or(usize::MAX), until };
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    for event in generate(&plan) {
        if writeln!(out, "{}", event.to_json()).is_err() {
            return ExitCode::FAILURE;
        }
    }
    if out.flush().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
