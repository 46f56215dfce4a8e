//! A receipt: how a printed number was made, so that anybody can have it explained and recomputed.

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::question::Question;
use crate::time::Instant;

/// What is kept of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// `r-7k3m`.
    pub id: String,
    pub question: Question,
    pub answer: Answer,
    /// Hash of everything that changes a number, as it was then.
    pub meaning: String,
    /// Version of the KPI.
    pub version: String,
    pub asked_at: Instant,
    /// Up to where events were visible, in the store's own words.
    pub snapshot: String,
    /// How fresh each source was.
    pub freshness: Vec<Freshness>,
    /// What the asker could see: a receipt opens only to a scope that covers it.
    pub scope: String,
}

/// Until when a source was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    pub source: String,
    /// When it was last heard from.
    pub heard_at: Option<Instant>,
}

/// What became of a number since it was printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Recomputed: the same.
    Same,
    /// So many events arrived since.
    ChangedSince {
        events: u64,
    },
    /// Something it rests on was erased.
    NotRecomputable {
        erased_at: Instant,
    },
    Expired,
}

/// Letters and digits that nobody confuses: no `0 o 1 i l u v`.
const ALPHABET: &[u8; 29] = b"23456789abcdefghjkmnpqrstwxyz";
const LENGTH: usize = 6;

/// An id from random bits: `r-` and six letters and digits that nobody confuses, 600 million of them.
///
/// ```
/// use shiftbell_metrics::receipt::id_of;
/// assert_eq!(id_of(0), "r-222222");
/// assert_eq!(id_of(u64::MAX), id_of(u64::MAX));
/// ```
pub fn id_of(random: u64) -> String {
    let mut rest = random;
    let base = ALPHABET.len() as u64;
    let letters = std::iter::repeat_with(|| {
        let letter = ALPHABET[usize::try_from(rest % base).unwrap_or(0)];
        rest /= base;
        char::from(letter)
    });
    format!("r-{}", letters.take(LENGTH).collect::<String>())
}
