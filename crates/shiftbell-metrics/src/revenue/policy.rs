//! What counts as recurring revenue, where honest people differ.

use std::collections::BTreeMap;

use crate::definitions::span;
use crate::time::MS_PER_HOUR;

/// Which coupons lower MRR while they last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coupons {
    /// Those without an end. What the others take off is a line of its own.
    LastingOnly,
    All,
    None,
}

/// What a paused subscription is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paused {
    /// Nothing, as `paused` and `resumed`: it is not gone.
    Zero,
    Counts,
    /// Nothing, as churn.
    Churn,
}

/// When a subscription that ends is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChurnMoment {
    /// At the end of what is paid.
    EndOfTerm,
    /// When it is cancelled in billing.
    WhenCancelled,
    /// When it is said that it will end.
    WhenScheduled,
}

/// The answers of `[policies.mrr]`: a preset, and what the file says differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whose answers they are, with what the file changed: `shiftbell`, `chartmogul with metered included`.
    pub name: String,
    pub past_due_counts: bool,
    pub trials_count: bool,
    pub coupons: Coupons,
    pub metered_counts: bool,
    pub paused: Paused,
    pub churn_moment: ChurnMoment,
    /// Cancelled and taken anew within this span is one change.
    pub plan_swap_ms: i64,
    /// Whether a change of a rate is a movement (`fx`); else every amount is at the first rate of the table.
    pub spot_rates: bool,
    /// Whether an end without a reason was the customer's wish; else it is unknown.
    pub silence_is_voluntary: bool,
}

/// Our own answers; a preset changes those on which its system is known to answer otherwise.
const OWN: &str = "shiftbell";

/// The names of the presets, as the definitions file writes them, and what each answers differently.
///
/// | | past due | coupons | metered | paused | gone | rates | no reason |
/// | --- | --- | --- | --- | --- | --- | --- | --- |
/// | `shiftbell` | counts | lasting | apart | zero | end of term | constant | unknown |
/// | `stripe` | counts | lasting | apart | zero | cancelled | spot | unknown |
/// | `chartmogul` | counts | all | apart | zero | cancelled | constant | unknown |
/// | `profitwell` | counts | all | included | churn | end of term | constant | unknown |
/// | `chargebee` | counts | lasting | apart | zero | cancelled | constant | voluntary |
///
/// Trials never count and a swap within 24 hours is one change in all of them. Source: the documentation of each system as
/// of 2026; where it says nothing, our own answer stands.
const PRESETS: [(&str, &[(&str, &str)]); 5] = [
    (OWN, &[]),
    ("stripe", &[("churn_moment", "when-cancelled"), ("currency_rates", "spot")]),
    ("chartmogul", &[("coupons", "all"), ("churn_moment", "when-cancelled")]),
    ("profitwell", &[("coupons", "all"), ("metered", "included"), ("paused", "churn")]),
    ("chargebee", &[("churn_moment", "when-cancelled"), ("no_reason", "voluntary")]),
];

/// Every preset by its name in the definitions file.
pub fn presets() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            name: OWN.to_owned(),
            past_due_counts: true,
            trials_count: false,
            coupons: Coupons::LastingOnly,
            metered_counts: false,
            paused: Paused::Zero,
            churn_moment: ChurnMoment::EndOfTerm,
            plan_swap_ms: 24 * MS_PER_HOUR,
            spot_rates: false,
            silence_is_voluntary: false,
        }
    }
}

impl Policy {
    /// The policy of a preset; `None` if there is none of this name.
    ///
    /// ```
    /// use shiftbell_metrics::revenue::{Coupons, Policy};
    /// assert_eq!(Policy::preset("profitwell").unwrap().coupons, Coupons::All);
    /// assert_eq!(Policy::preset("shiftbell"), Some(Policy::default()));
    /// assert_eq!(Policy::preset("shiftbel"), None);
    /// ```
    pub fn preset(name: &str) -> Option<Policy> {
        let (name, answers) = PRESETS.iter().find(|(known, _)| *known == name)?;
        let mut policy = Policy { name: (*name).to_owned(), ..Policy::default() };
        for (question, answer) in *answers {
            policy.answer(question, answer);
        }
        Some(policy)
    }

    /// The words of `[policies.mrr]`, which were checked when the file was read.
    pub fn of(words: &BTreeMap<String, String>) -> Policy {
        let mut policy = words.get("preset").and_then(|name| Policy::preset(name)).unwrap_or_default();
        let plain = policy.clone();
        let mut changed = Vec::new();
        for (question, answer) in words.iter().filter(|(question, _)| *question != "preset") {
            let before = policy.clone();
            policy.answer(question, answer);
            if policy != before && policy != plain {
                changed.push(format!("{} {answer}", question.replace('_', " ")));
            }
        }
        if !changed.is_empty() {
            policy.name = format!("{} with {}", policy.name, changed.join(", "));
        }
        policy
    }

    fn answer(&mut self, question: &str, answer: &str) {
        match (question, answer) {
            ("past_due", word) => self.past_due_counts = word == "counts",
            ("trials", word) => self.trials_count = word == "counts",
            ("coupons", "all") => self.coupons = Coupons::All,
            ("coupons", "none") => self.coupons = Coupons::None,
            ("coupons", _) => self.coupons = Coupons::LastingOnly,
            ("metered", word) => self.metered_counts = word == "included",
            ("paused", "counts") => self.paused = Paused::Counts,
            ("paused", "churn") => self.paused = Paused::Churn,
            ("paused", _) => self.paused = Paused::Zero,
            ("churn_moment", "when-cancelled") => self.churn_moment = ChurnMoment::WhenCancelled,
            ("churn_moment", "when-scheduled") => self.churn_moment = ChurnMoment::WhenScheduled,
            ("churn_moment", _) => self.churn_moment = ChurnMoment::EndOfTerm,
            ("plan_swap", text) => {
                self.plan_swap_ms = span(text).and_then(|span| span.elapsed_ms()).unwrap_or(self.plan_swap_ms);
            }
            ("currency_rates", word) => self.spot_rates = word == "spot",
            ("no_reason", word) => self.silence_is_voluntary = word == "voluntary",
            (_, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_says_overrides_its_preset_and_is_named() {
        let words = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let policy = Policy::of(&words(&[("preset", "chartmogul"), ("metered", "included"), ("trials", "excluded")]));
        assert_eq!((policy.churn_moment, policy.metered_counts), (ChurnMoment::WhenCancelled, true));
        assert_eq!(policy.name, "chartmogul with metered included");
        assert_eq!(Policy::of(&words(&[("preset", "shiftbell"), ("past_due", "counts")])), Policy::default());
        let day = Policy::of(&words(&[("plan_swap", "2 days")]));
        assert_eq!(day.plan_swap_ms, 48 * MS_PER_HOUR);
    }

    #[test]
    fn every_preset_differs_from_the_others() {
        let all: Vec<Policy> = presets().map(|name| Policy::preset(name).unwrap()).collect();
        for (index, one) in all.iter().enumerate() {
            let answers = |policy: &Policy| Policy { name: String::new(), ..policy.clone() };
            assert!(all.iter().skip(index + 1).all(|other| answers(one) != answers(other)), "{}", one.name);
        }
    }
}
