//! What is counted changes while events go on arriving.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use shiftbell_metrics::answer::{Asked, Outcome, Rows, ask, recompute};
use shiftbell_metrics::definitions::{CountOf, Definitions, Dimension, KpiKind, SkipPolicy, TimeTo, Who};
use shiftbell_metrics::fold::Plan;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::{Exact, Rates};
use shiftbell_metrics::time::{Instant, Zone};
use shiftbell_metrics::value::Value;

use crate::support::live::Live;
use crate::support::{definitions, field, sentence};
use crate::{NOW, any_question, said, shuffled_with_repeats};

/// One thing that somebody may write differently in the file.
type Change = fn(&mut Definitions);

const CHANGES: [(&str, Change); 17] = [
    ("another fact means a stage", |defs| {
        defs.motions[0].stages.get_mut("mql").unwrap().push("call-accepted".to_owned());
    }),
    ("a fact asks for less", |defs| fact(defs, "score-above-ten").when = Some(sentence("contact.lead_score > 2"))),
    ("a fact asks who did it", |defs| fact(defs, "meeting-request").by = vec!["ae".to_owned()]),
    ("who skipped a stage is not there", |defs| defs.skipped = SkipPolicy::Strict),
    ("who skipped a stage does not matter", |defs| defs.skipped = SkipPolicy::Any),
    ("a motion is judged at the entry", |defs| defs.motions[0].who_as_of_entry = true),
    ("a motion is for others", |defs| {
        defs.motions[0].who = Who::That(vec![(field("company.country"), vec![Value::text("DE")])], None);
    }),
    ("a motion has a stage less", |defs| {
        defs.motions[1].stages.remove("sql");
    }),
    ("a motion ends otherwise", |defs| {
        defs.motions[1].lost.push("deal-lost".to_owned());
        defs.motions[1].gone.clear();
    }),
    ("a customer who buys again counts again", |defs| defs.motions[1].counts_again = true),
    ("a dimension is read elsewhere", |defs| {
        defs.dimensions[0].from.remove(0);
        defs.dimensions[1].values = vec!["Bdr".to_owned(), "LIST".to_owned()];
    }),
    ("there is one dimension more", |defs| {
        let from = vec![field("deal.bant"), field("contact.status")];
        defs.dimensions.push(Dimension { name: "state".to_owned(), from, values: vec![] });
    }),
    ("recurring revenue is counted otherwise", |defs| {
        defs.policies.mrr = BTreeMap::from([("preset".to_owned(), "profitwell".to_owned())]);
    }),
    ("a currency has a rate", |defs| {
        let mut rates = Rates::only(Currency::USD);
        rates.add(Currency::from_code("EUR").unwrap(), Instant::EARLIEST, Exact::new(11, 10).unwrap());
        *defs.policies.rates = rates;
    }),
    ("nobody is a test", |defs| defs.privacy.test_records.clear()),
    ("a sum is of another field, and a time waits for another fact", |defs| {
        for kpi in &mut defs.kpis {
            match (kpi.slug.as_str(), &mut kpi.kind) {
                ("won-amount", KpiKind::Sum { of, at }) => {
                    (*of, *at) = (field("deal.annual_list_amount"), CountOf::Stage("deal".to_owned()));
                }
                ("first-reply", KpiKind::Time { to, .. }) => *to = TimeTo::Fact("reply".to_owned()),
                _ => {}
            }
        }
    }),
    ("the company has moved", |defs| defs.workspace.zone = Zone::named("Asia/Kolkata").unwrap()),
];

fn fact<'d>(defs: &'d mut Definitions, name: &str) -> &'d mut shiftbell_metrics::definitions::Fact {
    defs.facts.iter_mut().find(|fact| fact.name == name).unwrap()
}

/// The definitions of the small company with some of the changes, and their names.
fn any_meaning() -> impl Strategy<Value = (Vec<&'static str>, Definitions)> {
    let some = subsequence(CHANGES.to_vec(), 0..5);
    some.prop_map(|changes| {
        let mut defs = definitions();
        changes.iter().for_each(|(_, change)| change(&mut defs));
        (changes.into_iter().map(|(name, _)| name).collect(), defs)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// A new meaning is built beside the old one, account by account, while events go into both. Each ends where one batch of all
    /// events under it ends, whenever the meaning changed and however slowly it was built.
    #[test]
    fn a_new_meaning_ends_where_a_batch_under_it_ends(
        (events, arrivals) in shuffled_with_repeats(40),
        ((_, before), (_, after)) in (any_meaning(), any_meaning()),
        cut in 0..46_usize,
        at_once in select(vec![0, 1, 2, 100]),
        question in any_question(),
    ) {
        let (plan_before, plan_after) = (Plan::new(&before), Plan::new(&after));
        let (already, later) = arrivals.split_at(cut.min(arrivals.len()));
        let mut old = Live::default();
        already.iter().for_each(|stored| old.receive(&before, &plan_before, stored));
        let mut new = old.empty();
        let mut unbuilt: Vec<_> = old.accounts().into_iter().map(|(account, _)| account).rev().collect();
        for stored in later {
            for account in unbuilt.split_off(unbuilt.len().saturating_sub(at_once)) {
                new.build(&after, &plan_after, account);
            }
            old.receive(&before, &plan_before, stored);
            new.receive(&after, &plan_after, stored);
        }
        unbuilt.into_iter().for_each(|account| new.build(&after, &plan_after, account));

        for (live, (defs, plan)) in [(&old, (&before, &plan_before)), (&new, (&after, &plan_after))] {
            let batch = Live::batch(defs, plan, &events);
            prop_assert_eq!(&live.segments, &batch.segments);
            prop_assert_eq!(&live.cells, &batch.cells);
            let asked = Asked { defs, question: &question, now: NOW, names: &[] };
            if let Outcome::Cannot(_) = ask(&asked, &Rows::default()) {
                continue;
            }
            let answer = live.ask(defs, &question, NOW, &[]);
            prop_assert_eq!(&answer, &batch.ask(defs, &question, NOW, &[]));
            let recount = recompute(&asked, plan, live.accounts().into_iter()).unwrap();
            prop_assert_eq!(said(&answer), said(&recount.answer));
        }
    }
}
