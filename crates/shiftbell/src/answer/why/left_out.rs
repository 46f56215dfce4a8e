//! Who would be in the number, and is not: test records, and duplicates that were merged.

use std::collections::BTreeSet;

use shiftbell_metrics::answer::Answer;
use shiftbell_metrics::fold::{LeftOut, Plan};
use shiftbell_metrics::id::EntityId;

use super::Kept;
use crate::answer::AskError;
use crate::companies::Company;
use crate::work::past::Past;

/// Test records that the answer would count, as a phrase, and how many merged duplicates count once in it.
pub(super) fn of(company: &Company, kept: &Kept, past: &Past) -> Result<(Vec<String>, u64), AskError> {
    let plan = &company.workspace.meaning.plan;
    let with = Past::of(company, &Plan::with_test_records(company.defs()), &past.with_tests);
    let without = Past::of(company, plan, &past.with_tests);
    let tests = counted(&kept.answer(company, &with)?.0) - counted(&kept.answer(company, &without)?.0);
    let phrases = if tests > 0 { vec![test_records(company, tests)] } else { Vec::new() };
    let behind: BTreeSet<EntityId> = kept.who(company, past)?.into_iter().map(|someone| someone.entity).collect();
    let is_behind = |left: &&LeftOut| matches!(left, LeftOut::Merged { into, .. } if behind.contains(into));
    Ok((phrases, past.left_out.iter().filter(is_behind).count() as u64))
}

fn counted(answer: &Option<Answer>) -> i64 {
    answer.as_ref().map_or(0, |answer| answer.figure.counted())
}

/// `6 test records (contact.email_domain is clowns.example)`.
fn test_records(company: &Company, number: i64) -> String {
    let told_by = company.defs().privacy.test_records.first().map_or_else(String::new, |(field, values)| {
        let values: Vec<String> = values
            .iter()
            .map(|value| value.as_text().map_or_else(|| value.to_json().to_string(), str::to_owned))
            .collect();
        format!(" ({field} is {})", values.join(" or "))
    });
    format!("{number} test {}{told_by}", if number == 1 { "record" } else { "records" })
}
