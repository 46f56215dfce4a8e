//! The people of the sample company, and invented names of its customers. Some are hostile on purpose: a name is text from
//! outside, and no message may be broken by it.

use super::chance::spread;

/// Somebody who works at Clowns To Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Bdr(u8),
    Ae(u8),
    Csm(u8),
}

impl Who {
    pub(super) fn email(self) -> &'static str {
        match self {
            Who::Bdr(0) => "bdr.one@clowns.example",
            Who::Bdr(1) => "bdr.two@clowns.example",
            Who::Bdr(_) => "bdr.three@clowns.example",
            Who::Ae(0) => "ae.one@clowns.example",
            Who::Ae(_) => "ae.two@clowns.example",
            Who::Csm(0) => "csm.one@clowns.example",
            Who::Csm(_) => "csm.two@clowns.example",
        }
    }

    /// On whose clock this person works: 0 New York, 1 Los Angeles, 2 Berlin.
    pub(super) fn place(self) -> usize {
        match self {
            Who::Bdr(0) | Who::Ae(0) => 0,
            Who::Bdr(1) | Who::Csm(0) => 1,
            Who::Bdr(_) | Who::Ae(_) | Who::Csm(_) => 2,
        }
    }

    pub(super) fn bdr_of(company: u64) -> Who {
        Who::Bdr([0, 1, 2][assigned(company, 1, 3)])
    }

    pub(super) fn ae_of(company: u64) -> Who {
        Who::Ae([0, 1][assigned(company, 2, 2)])
    }

    pub(super) fn csm_of(company: u64) -> Who {
        Who::Csm([0, 1][assigned(company, 3, 2)])
    }
}

pub(super) const PRODUCTS: [&str; 3] = ["small-parties", "large-parties", "corporate-events"];
/// Index of corporate events among the products.
pub(super) const CORPORATE: u8 = 2;
const SOURCES: [&str; 7] = ["ads", "search", "referral", "list", "call", "event", "direct"];
const COUNTRIES: [&str; 5] = ["US", "US", "US", "DE", "IN"];
const INDUSTRIES: [&str; 8] =
    ["hospitality", "aviation", "banking", "insurance", "logistics", "education", "culture", "retail"];
const TRADES: [&str; 16] = [
    "Hotel",
    "Airport",
    "Bank",
    "Insurance",
    "Logistics",
    "University",
    "Museum",
    "Stores",
    "Resort",
    "Airline",
    "Savings",
    "Mutual",
    "Freight",
    "College",
    "Theatre",
    "Market",
];
const FORMS: [&str; 8] = ["Group", "Holding", "Partners", "North", "South", "International", "Works", "House"];
const HOSTILE: [&str; 5] = [
    "<!channel> *bold*",
    "Sample </div><script>alert(1)</script>",
    "@everyone & Sons_of `Sample`",
    "[Sample](https://sample.example) | > quote",
    "=SUM(A1) \u{202e}elpmaS",
];
const FIRST: [&str; 12] = ["Ada", "Ben", "Cleo", "Dev", "Eva", "Finn", "Gita", "Hugo", "Ines", "Jun", "Kim", "Lars"];
const LAST: [&str; 10] =
    ["Sample", "Example", "Muster", "Specimen", "Placeholder", "Instance", "Pattern", "Model", "Case", "Draft"];

/// One of `parts` for this number; `salt` makes different questions independent.
fn pick(number: u64, salt: u64, parts: u64) -> usize {
    usize::try_from(spread(number ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)) % parts).unwrap_or(0)
}

fn one(of: &'static [&'static str], number: u64, salt: u64) -> &'static str {
    of[pick(number, salt, of.len() as u64)]
}

/// Which of the colleagues has a company; those of the sample messages are with the first.
fn assigned(company: u64, salt: u64, parts: u64) -> usize {
    if company < 16 { 0 } else { pick(company, salt, parts) }
}

/// The name of a company. Numbers below 16 have the plain names that messages are shown with.
pub(super) fn company(number: u64) -> String {
    match number {
        0 => "Sample Hotel Group".to_owned(),
        1..16 => format!("Sample {}", TRADES[usize::try_from(number).unwrap_or(0)]),
        _ if pick(number, 4, 150) == 0 => format!("{} {number}", one(&HOSTILE, number, 5)),
        _ => format!("Sample {} {} {number}", one(&TRADES, number, 6), one(&FORMS, number, 7)),
    }
}

pub(super) fn industry(company: u64) -> &'static str {
    INDUSTRIES[if company < 16 { usize::try_from(company % 8).unwrap_or(0) } else { pick(company, 6, 16) % 8 }]
}

pub(super) fn country(number: u64) -> &'static str {
    one(&COUNTRIES, number, 8)
}

pub(super) fn first_name(contact: u64) -> &'static str {
    one(&FIRST, contact, 9)
}

pub(super) fn last_name(contact: u64) -> &'static str {
    one(&LAST, contact, 10)
}

/// Where a person came from; businesses are mostly found by us, families find us.
pub(super) fn source(contact: u64, is_business: bool) -> &'static str {
    const BUSINESS: [usize; 10] = [3, 3, 3, 3, 4, 4, 5, 5, 2, 1];
    const FAMILY: [usize; 10] = [0, 0, 0, 0, 1, 1, 1, 2, 2, 6];
    SOURCES[if is_business { BUSINESS } else { FAMILY }[pick(contact, 11, 10)]]
}

/// One address in a thousand is our own: a test record, which is never counted.
pub(super) fn domain(contact: u64, company: Option<u64>) -> String {
    if pick(contact, 12, 1_000) == 0 {
        return "clowns.example".to_owned();
    }
    company.map_or_else(|| "mail.example".to_owned(), |company| format!("company{company}.example"))
}
