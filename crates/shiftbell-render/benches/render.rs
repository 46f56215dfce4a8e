//! How long words and pictures take: `cargo bench -p shiftbell-render`.

use divan::Bencher;
use shiftbell_render::messages::{Bowtie, KpiAnswer, Message, Scorecard};
use shiftbell_render::{discord, picture, slack};

fn main() {
    divan::main();
}

fn first<M: Message>() -> M {
    M::samples().remove(0).1
}

#[divan::bench]
fn kpi_answer_to_slack(bencher: Bencher<'_, '_>) {
    let answer: KpiAnswer = first();
    bencher.bench(|| slack::message(&answer.document().unwrap(), None));
}

#[divan::bench]
fn scorecard_to_slack(bencher: Bencher<'_, '_>) {
    let scorecard: Scorecard = first();
    bencher.bench(|| slack::message(&scorecard.document().unwrap(), None));
}

#[divan::bench]
fn scorecard_to_discord(bencher: Bencher<'_, '_>) {
    let scorecard: Scorecard = first();
    bencher.bench(|| discord::message(&scorecard.document().unwrap(), false));
}

#[divan::bench]
fn bowtie_words(bencher: Bencher<'_, '_>) {
    let bowtie: Bowtie = first();
    bencher.bench(|| slack::message(&bowtie.document().unwrap(), Some("F0123456789")));
}

#[divan::bench]
fn bowtie_png(bencher: Bencher<'_, '_>) {
    let svg = first::<Bowtie>().document().unwrap().picture.unwrap().svg;
    bencher.bench(|| picture::png(&svg).unwrap());
}
