//! Families: they visit, leave their address, warm up, book and pay by themselves.

use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};

use super::customers;
use super::fact::{Customer, Fact};
use super::rhythm::after;
use super::year::Year;

/// Addresses left in an ordinary week at the end of the year.
const LEADS_A_WEEK: f64 = 235.0;
/// Price of a party, in cents, of each product.
const PARTY_MINOR: [i64; 3] = [24_000, 62_000, 140_000];

/// One day of the year.
pub(super) fn day(year: &mut Year, index: usize) {
    let season = year.rhythm.family_season(index) * year.scale;
    let start_ms = year.rhythm.start_ms(0, index);
    for _ in 0..year.chance.about(LEADS_A_WEEK / 7.0 * season) {
        let at_ms = start_ms + year.chance.between(7 * MS_PER_HOUR, 23 * MS_PER_HOUR);
        lead(year, at_ms);
    }
    for _ in 0..year.chance.about(LEADS_A_WEEK / 7.0 * season) {
        let at_ms = start_ms + year.chance.between(7 * MS_PER_HOUR, 23 * MS_PER_HOUR);
        let visited = visit(year);
        year.happens(at_ms, visited);
    }
}

fn visit(year: &mut Year) -> Fact {
    let page = [0, 1, 3, 4][year.chance.pick(&[4, 3, 2, 1])];
    Fact::Visited { visitor: year.record(), page }
}

fn lead(year: &mut Year, at_ms: i64) {
    let (contact, visitor) = (year.record(), year.record());
    let product = [0, 1, 2][year.chance.pick(&[70, 27, 3])];
    let form = [0, 1, 2][year.chance.pick(&[4, 3, 3])];
    year.happens(at_ms - 8 * MS_PER_MINUTE, Fact::Visited { visitor, page: 1 });
    year.happens(at_ms, Fact::SoftForm { contact, visitor, product, form });
    if !year.chance.is(0.35) {
        if year.chance.is(0.3) {
            let score = [3, 5, 8, 10][year.chance.pick(&[1, 1, 1, 1])]; // ten is not yet above ten
            let at_ms = after(at_ms, year.chance.days(6.0, 0.8));
            year.happens(at_ms, Fact::Scored { contact, score });
        }
        return;
    }
    let score = [11, 12, 15, 20, 31][year.chance.pick(&[3, 3, 2, 1, 1])];
    let at_ms = after(at_ms, year.chance.days(4.0, 0.7));
    year.happens(at_ms, Fact::Scored { contact, score });
    if year.chance.is(0.405) {
        let at_ms = after(at_ms, year.chance.days(1.5, 0.9));
        checkout(year, contact, product, at_ms);
    }
}

fn checkout(year: &mut Year, contact: u64, product: u8, at_ms: i64) {
    year.happens(at_ms, Fact::CheckoutStarted { contact, product });
    if !year.chance.is(0.8) {
        year.happens(at_ms + MS_PER_DAY, Fact::CheckoutExpired { contact });
        return;
    }
    let order = year.record();
    let amount_minor = PARTY_MINOR[usize::from(product)] * year.chance.between(80, 131) / 100 / 100 * 100;
    let at_ms = at_ms + year.chance.between(2 * MS_PER_MINUTE, 40 * MS_PER_MINUTE);
    year.happens(at_ms, Fact::Ordered { order, contact, product, amount_minor });
    if !year.chance.is(0.85) {
        return;
    }
    let paid_ms = if year.chance.is(0.7) {
        at_ms + year.chance.between(MS_PER_MINUTE, 20 * MS_PER_MINUTE)
    } else {
        at_ms + year.chance.between(MS_PER_HOUR, 3 * MS_PER_DAY)
    };
    year.happens(paid_ms, Fact::OrderPaid { order, contact, product, amount_minor });
    party(year, contact, paid_ms);
}

fn party(year: &mut Year, contact: u64, paid_ms: i64) {
    let of = Customer::Family(contact);
    let held_ms = after(paid_ms, 3.0 + year.chance.days(9.0, 0.6));
    let show = year.record();
    year.happens(held_ms, Fact::ShowHeld { of, show });
    if year.chance.is(0.15) {
        let (show, at_ms) = (year.record(), after(held_ms, year.chance.days(60.0, 0.6)));
        year.happens(at_ms, Fact::ShowHeld { of, show });
    }
    if year.chance.is(0.04) {
        let at_ms = after(held_ms, year.chance.days(5.0, 0.8));
        year.happens(at_ms, Fact::Referred { of });
    }
    if year.chance.is(0.18) {
        let at_ms = after(held_ms, year.chance.days(4.0, 0.6));
        customers::member(year, contact, at_ms);
    }
}
