//! How long words and pictures take: `cargo bench -p shiftbell-render`.

use divan::Bencher;
use shiftbell_render::messages::{KpiAnswer, Message};
use shiftbell_render::{discord, slack};

fn main() {
    divan::main();
}

#[divan::bench]
fn kpi_answer_to_slack(bencher: Bencher<'_, '_>) {
    let answer = KpiAnswer::samples().remove(0).1;
    bencher.bench(|| slack::message(&answer.document().unwrap(), None));
}

#[divan::bench]
fn kpi_answer_to_discord(bencher: Bencher<'_, '_>) {
    let answer = KpiAnswer::samples().remove(0).1;
    bencher.bench(|| discord::message(&answer.document().unwrap(), false));
}
