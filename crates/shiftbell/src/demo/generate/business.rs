//! Business customers: lists are imported, BDRs call, requests come, AEs meet and close.

use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};

use super::customers;
use super::fact::{Fact, Step};
use super::names::{CORPORATE, Who};
use super::year::Year;

/// Of the imported contacts, how many ask for a meeting.
const ASKING: f64 = 0.15;
/// Contacts imported in an ordinary week of the sample company.
const LEADS_A_WEEK: f64 = 162.0;
/// Of those who will ask for a meeting, how many look at the website before their list is imported.
const BROWSED_FIRST: f64 = 0.5;
/// Since when calls and e-mails are logged in full.
const LOGGED_DAYS: usize = 60;
/// For how long the requests for corporate events have been left lying.
const LEAK_MS: i64 = 56 * MS_PER_DAY;
/// Price of a year, in cents, of each product.
const LIST_MINOR: [i64; 3] = [800_000, 1_600_000, 3_600_000];

/// One day of the year.
pub(super) fn day(year: &mut Year, index: usize) {
    if !year.rhythm.is_working_day(index) {
        return;
    }
    browse(year, index);
    if matches!(year.rhythm.weekday(index), 0 | 2) {
        import(year, index);
    }
    if index + LOGGED_DAYS > super::rhythm::DAYS {
        for bdr in 0..3 {
            log(year, index, bdr);
        }
    }
}

/// People of companies look at the website, and nobody knows yet who they are.
fn browse(year: &mut Year, index: usize) {
    let asking = LEADS_A_WEEK / 5.0 * ASKING * year.rhythm.business_season(index) * year.scale;
    for _ in 0..year.chance.about(asking * BROWSED_FIRST) {
        let visitor = year.record();
        let at_ms = year.rhythm.start_ms(0, index) + year.chance.between(9 * MS_PER_HOUR, 17 * MS_PER_HOUR);
        year.happens(at_ms, Fact::Visited { visitor, page: 2 });
        year.browsed.push_back(visitor);
    }
}

/// A list of contacts, a few of each company. Lists come twice a week.
fn import(year: &mut Year, index: usize) {
    let expected = LEADS_A_WEEK / 2.0 * year.rhythm.business_season(index) * year.scale;
    let mut left = year.chance.about(expected);
    let start_ms = year.rhythm.start_ms(0, index) + 10 * MS_PER_HOUR;
    let mut at_ms = start_ms;
    while left > 0 {
        let company = year.record();
        let product = product(year);
        for _ in 0..(1 + year.chance.below(3)).min(left) {
            left -= 1;
            at_ms = start_ms + year.chance.between(0, 2 * MS_PER_HOUR);
            imported(year, company, product, at_ms);
        }
    }
    if year.chance.is(0.3) {
        let (contact, into) = (year.record(), year.at_hand[0].back().copied());
        if let Some(into) = into {
            year.happens(at_ms + MS_PER_MINUTE, Fact::Merged { contact, into });
        }
    }
}

fn imported(year: &mut Year, company: u64, product: u8, at_ms: i64) {
    let contact = year.record();
    let bdr = Who::bdr_of(company);
    year.happens(at_ms, Fact::Imported { contact, company, product });
    year.hand_over(bdr.place(), contact);
    if year.chance.is(ASKING) {
        let days = year.chance.days(9.0, 0.75);
        let at_ms = year.rhythm.work_after(at_ms, days, bdr.place(), &mut year.chance);
        // Who looked first was not known then; the form says who it was.
        let browsed = if year.chance.is(BROWSED_FIRST) { year.browsed.pop_front() } else { None };
        request(year, contact, company, product, browsed, at_ms);
    } else if year.chance.is(0.1) {
        let days = year.chance.days(35.0, 0.5);
        let at_ms = year.rhythm.work_after(at_ms, days, bdr.place(), &mut year.chance);
        year.happens(at_ms, Fact::Disqualified { contact });
    }
}

/// Corporate events are asked for most, and took longest.
fn product(year: &mut Year) -> u8 {
    [0, 1, CORPORATE][year.chance.pick(&[22, 39, 39])]
}

/// Somebody asks for a meeting. In the last weeks nobody felt responsible for corporate events: the planted leak.
fn request(year: &mut Year, contact: u64, company: u64, product: u8, browsed: Option<u64>, at_ms: i64) {
    let bdr = Who::bdr_of(company);
    let is_leak = product == CORPORATE && year.rhythm.until_ms - at_ms < LEAK_MS;
    let visitor = browsed.unwrap_or_else(|| year.record());
    let is_calendar = year.chance.is(0.3);
    let is_ownerless = is_leak && year.chance.is(0.5);
    let page = if product == CORPORATE { 2 } else { 1 };
    year.happens(at_ms - 10 * MS_PER_MINUTE, Fact::Visited { visitor, page });
    year.happens(at_ms, Fact::Requested { contact, visitor, product, is_calendar, is_ownerless });
    let automatic = Fact::Mailed { contact, who: bdr, is_incoming: false, is_automated: true, is_follow_up: false };
    if year.chance.is(0.5) {
        year.happens(at_ms + MS_PER_MINUTE, automatic);
    }
    let is_sold = year.chance.is(if is_leak { 0.01 } else { [0.31, 0.29, 0.24][usize::from(product)] });
    if is_sold || year.chance.is(if is_leak { 0.3 } else { 0.85 }) {
        let days = year.chance.days(0.12, 0.9);
        let at_ms = year.rhythm.work_after(at_ms, days, bdr.place(), &mut year.chance);
        let reply = Fact::Mailed { contact, who: bdr, is_incoming: false, is_automated: false, is_follow_up: false };
        year.happens(at_ms, reply);
    }
    if is_sold {
        let days = 0.5 + year.chance.days(5.5, 0.8);
        let at_ms = year.rhythm.work_after(at_ms, days, bdr.place(), &mut year.chance);
        meeting(year, contact, company, product, at_ms);
    } else if year.chance.is(if is_leak { 0.2 } else { 0.75 }) {
        let days = year.chance.days(22.0, 0.5);
        let at_ms = year.rhythm.work_after(at_ms, days, bdr.place(), &mut year.chance);
        year.happens(at_ms, Fact::Disqualified { contact });
    }
}

fn meeting(year: &mut Year, contact: u64, company: u64, product: u8, at_ms: i64) {
    let ae = Who::ae_of(company);
    year.happens(at_ms, Fact::MeetingConfirmed { contact, ae });
    let days = year.chance.days(4.0, 0.4);
    let at_ms = year.rhythm.work_after(at_ms, days, ae.place(), &mut year.chance);
    let is_held = year.chance.is(0.82);
    year.happens(at_ms, Fact::MeetingDue { contact, ae, is_held });
    if is_held && year.chance.is(0.75) {
        deal(year, contact, company, product, at_ms + 20 * MS_PER_MINUTE);
    } else if year.chance.is(0.7) {
        let days = year.chance.days(12.0, 0.5);
        let at_ms = year.rhythm.work_after(at_ms, days, ae.place(), &mut year.chance);
        year.happens(at_ms, Fact::Disqualified { contact });
    }
}

fn deal(year: &mut Year, contact: u64, company: u64, product: u8, opened_ms: i64) {
    let (deal, ae) = (year.record(), Who::ae_of(company));
    let of = |step| Fact::Deal { deal, company, who: ae, step };
    year.happens(opened_ms, of(Step::Opened { contact, product }));
    let days = year.chance.days(5.0, 0.6);
    let bant_ms = year.rhythm.work_after(opened_ms, days, ae.place(), &mut year.chance);
    let (list_minor, amount_minor) = price(year, product);
    year.happens(bant_ms, of(Step::Bant { list_minor, amount_minor }));

    let (won, lost) = (0.29, 0.58);
    let fate = year.chance.share();
    let days = if fate < won { year.chance.days(38.0, 0.4) } else { year.chance.days(32.0, 0.6) };
    let closed_ms = year.rhythm.work_after(bant_ms, days, ae.place(), &mut year.chance);
    let is_stalled = fate > won + lost;
    let touched_until_ms = if is_stalled { bant_ms + 12 * MS_PER_DAY } else { closed_ms };
    touches(year, deal, company, ae, bant_ms, touched_until_ms);
    if fate < won {
        year.happens(closed_ms, of(Step::Won { amount_minor }));
        customers::business(year, company, closed_ms, amount_minor / 12);
    } else if fate < won + lost {
        year.happens(closed_ms, of(Step::Lost));
    }
}

/// Calls and e-mails while a deal is open; each agrees on the next step.
fn touches(year: &mut Year, deal: u64, company: u64, ae: Who, from_ms: i64, until_ms: i64) {
    let (mut contacts, mut at_ms) = (1, from_ms);
    loop {
        let days = 2.0 + year.chance.share() * 4.0;
        at_ms = year.rhythm.work_after(at_ms, days, ae.place(), &mut year.chance);
        if at_ms >= until_ms || !year.is_within(at_ms) {
            return;
        }
        let new_contact = (contacts < 4 && year.chance.is(0.45)).then(|| year.record());
        contacts += u8::from(new_contact.is_some());
        let is_complete = year.chance.is(0.9);
        year.happens(at_ms, Fact::Deal { deal, company, who: ae, step: Step::Touched { new_contact, is_complete } });
    }
}

/// The list price of a year and what is paid, in cents and whole hundreds of dollars.
pub(super) fn price(year: &mut Year, product: u8) -> (i64, i64) {
    let list_minor = LIST_MINOR[usize::from(product)] * year.chance.between(70, 131) / 100 / 10_000 * 10_000;
    let discount = year.chance.between(0, 17);
    (list_minor, list_minor * (100 - discount) / 100 / 10_000 * 10_000)
}

/// What one business developer does on a day: conversations and follow-ups with the contacts at hand.
fn log(year: &mut Year, index: usize, bdr: usize) {
    if year.at_hand[bdr].is_empty() {
        return;
    }
    let who = [Who::Bdr(0), Who::Bdr(1), Who::Bdr(2)][bdr];
    let conversations = year.chance.about(23.0 * year.scale.max(0.2));
    for _ in 0..conversations {
        let contact = some_contact(year, bdr);
        let at_ms = year.rhythm.at_work(who.place(), index, &mut year.chance);
        let fact = if year.chance.is(0.7) {
            Fact::Called { contact, who, is_accepted: true, is_follow_up: false }
        } else {
            Fact::Mailed { contact, who, is_incoming: true, is_automated: false, is_follow_up: false }
        };
        year.happens(at_ms, fact);
    }
    for _ in 0..year.chance.about(10.5 * year.scale.max(0.2)) {
        let contact = some_contact(year, bdr);
        let at_ms = year.rhythm.at_work(who.place(), index, &mut year.chance);
        let fact = if year.chance.is(0.5) {
            Fact::Called { contact, who, is_accepted: false, is_follow_up: true }
        } else {
            Fact::Mailed { contact, who, is_incoming: false, is_automated: false, is_follow_up: true }
        };
        year.happens(at_ms, fact);
    }
}

fn some_contact(year: &mut Year, bdr: usize) -> u64 {
    let count = year.at_hand[bdr].len();
    let at = usize::try_from(year.chance.below(count as u64)).unwrap_or(0);
    year.at_hand[bdr][at]
}
