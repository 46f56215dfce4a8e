//! How long one predicate takes, compiled and evaluated. A rebuild of ten million events evaluates about 10^8 of them.

use std::borrow::Cow;

use shiftbell_metrics::definitions::FieldName;
use shiftbell_metrics::expression::{Catalogue, Expression, Scope, Type};
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

const SENTENCES: [&str; 3] = [
    "contact.lead_score > 10",
    "contact.lead_score > 10 and event.kind in [\"form\", \"webinar\"]",
    "1 - contact.lead_score / 40 > 50 %",
];

struct Lead {
    score: Value,
    kind: Value,
}

impl Scope for Lead {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        match field.name.as_str() {
            "lead_score" => Some(Cow::Borrowed(&self.score)),
            _ => Some(Cow::Borrowed(&self.kind)),
        }
    }

    fn now(&self) -> Option<Instant> {
        None
    }
}

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.add("contact.lead_score", Type::Number);
    catalogue.add("event.kind", Type::Text);
    catalogue
}

#[divan::bench(args = SENTENCES)]
fn compile(bencher: divan::Bencher<'_, '_>, sentence: &str) {
    let catalogue = catalogue();
    bencher.bench_local(|| Expression::compile(divan::black_box(sentence), &catalogue));
}

#[divan::bench(args = SENTENCES)]
fn holds(bencher: divan::Bencher<'_, '_>, sentence: &str) {
    let expression = Expression::compile(sentence, &catalogue()).expect("the sentence is right");
    let lead = Lead { score: Value::Number(12.into()), kind: Value::text("webinar") };
    bencher.bench_local(|| divan::black_box(&expression).holds(divan::black_box(&lead)));
}

fn main() {
    divan::main();
}
