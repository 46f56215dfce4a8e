//! The right side: shows, invoices, renewals, and those who leave.

use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR};

use super::fact::{Change, Customer, Fact, Invoice, Step};
use super::names::Who;
use super::rhythm::{DAYS, after};
use super::year::Year;

/// Business customers of the sample company a year ago.
const CUSTOMERS_BEFORE: f64 = 60.0;
/// What a member pays a month, in cents.
const MEMBER_MINOR: i64 = 3_100;
const MONTH_DAYS: f64 = 30.44;

/// Those who were customers before the year began, with what made them so.
pub(super) fn before_the_year(year: &mut Year) {
    for _ in 0..year.chance.about(CUSTOMERS_BEFORE * year.scale) {
        let (company, deal, contact) = (year.record(), year.record(), year.record());
        let won_ms = year.rhythm.start_ms(0, 0) - year.chance.between(20, 680) * MS_PER_DAY + 15 * MS_PER_HOUR;
        let (list_minor, amount_minor) = super::business::price(year, 1);
        let who = Who::ae_of(company);
        let of = |step| Fact::Deal { deal, company, who, step };
        year.happens(won_ms - 45 * MS_PER_DAY, Fact::CompanyKnown { company, who });
        year.happens(
            won_ms - 40 * MS_PER_DAY,
            Fact::Deal { deal, company, who, step: Step::Opened { contact, product: 1 } },
        );
        year.happens(won_ms - 30 * MS_PER_DAY, of(Step::Bant { list_minor, amount_minor }));
        year.happens(won_ms, of(Step::Won { amount_minor }));
        business(year, company, won_ms, amount_minor / 12);
    }
}

/// What a business signs for: a year.
pub(super) const TERM_MS: i64 = 365 * MS_PER_DAY;

/// A business customer from the day it was won.
pub(super) fn business(year: &mut Year, company: u64, won_ms: i64, monthly_minor: i64) {
    let (of, subscription) = (Customer::Company(company), year.record());
    let started_ms = after(won_ms, 1.0 + year.chance.share() * 3.0);
    let renews_ms = Some(started_ms + TERM_MS);
    year.happens(started_ms, plan(subscription, of, monthly_minor, Change::Started { renews_ms }));
    for number in 1..=2_u8 {
        let due_ms = after(started_ms, f64::from(number) * 14.0);
        year.happens(due_ms, Fact::Milestone { company, number, is_done: false });
        if year.chance.is(0.85) {
            let done_ms = after(due_ms, year.chance.share() * 2.0);
            year.happens(done_ms, Fact::Milestone { company, number, is_done: true });
        }
    }
    let leaves_ms = leaves(year, subscription, of, monthly_minor, started_ms);
    shows(year, of, started_ms, leaves_ms);
    calls(year, company, started_ms, leaves_ms);
    invoices(year, subscription, of, monthly_minor, started_ms, leaves_ms);
    renewals(year, company, subscription, monthly_minor, started_ms, leaves_ms);
}

/// Some leave within the two years that matter here: they say so, and end with the month that is paid.
fn leaves(year: &mut Year, subscription: u64, of: Customer, monthly_minor: i64, started_ms: i64) -> i64 {
    if !year.chance.is(0.14) {
        return i64::MAX;
    }
    let said_ms = after(started_ms, 60.0 + year.chance.share() * 600.0);
    let ends_ms = said_ms + year.chance.between(10, 60) * MS_PER_DAY;
    year.happens(said_ms, plan(subscription, of, monthly_minor, Change::CancelScheduled { ends_ms }));
    year.happens(ends_ms, plan(subscription, of, monthly_minor, Change::Ended));
    ends_ms
}

/// Shows are held about every six weeks; one customer in seven hardly uses them.
fn shows(year: &mut Year, of: Customer, started_ms: i64, leaves_ms: i64) {
    let every_days = if year.chance.is(0.15) { 150.0 } else { 45.0 };
    let mut at_ms = after(started_ms, year.chance.days(30.0, 0.4));
    while at_ms < leaves_ms && year.is_within(at_ms) {
        let show = year.record();
        year.happens(at_ms, Fact::ShowHeld { of, show });
        if year.chance.is(0.01) {
            year.happens(after(at_ms, 2.0), Fact::Referred { of });
        }
        at_ms = after(at_ms, year.chance.days(every_days, 0.4));
    }
}

fn calls(year: &mut Year, company: u64, started_ms: i64, leaves_ms: i64) {
    let csm = Who::csm_of(company);
    let mut at_ms = started_ms.max(year.rhythm.start_ms(0, DAYS - 120));
    loop {
        let days = 12.0 + year.chance.share() * 20.0;
        at_ms = year.rhythm.work_after(at_ms, days, csm.place(), &mut year.chance);
        if at_ms >= leaves_ms || !year.is_within(at_ms) {
            return;
        }
        let is_answered = year.chance.is(0.6);
        year.happens(at_ms, Fact::CustomerCalled { company, is_answered });
    }
}

/// One invoice a month; two in a hundred fail first, and most of these are paid some days later.
fn invoices(year: &mut Year, subscription: u64, of: Customer, amount_minor: i64, started_ms: i64, leaves_ms: i64) {
    let first_ms = year.rhythm.start_ms(0, 0);
    let mut at_ms = started_ms;
    while at_ms < leaves_ms && year.is_within(at_ms) {
        if at_ms >= first_ms {
            let is_failed = year.chance.is(0.02);
            let says = if is_failed { Invoice::Failed } else { Invoice::Paid };
            year.happens(at_ms, Fact::Invoiced { subscription, of, amount_minor, says });
            if is_failed && year.chance.is(0.8) {
                let paid_ms = after(at_ms, 1.0 + year.chance.days(3.0, 0.5));
                year.happens(paid_ms, Fact::Invoiced { subscription, of, amount_minor, says: Invoice::Paid });
            }
        }
        at_ms = after(at_ms, MONTH_DAYS);
    }
}

fn renewals(year: &mut Year, company: u64, subscription: u64, monthly_minor: i64, started_ms: i64, leaves_ms: i64) {
    let (of, who) = (Customer::Company(company), Who::csm_of(company));
    for years in 1..=2 {
        let renewal_ms = started_ms + years * TERM_MS;
        if renewal_ms > leaves_ms {
            return;
        }
        // Whoever is about to leave signs for no further year.
        let renews_ms = (leaves_ms == i64::MAX).then_some(renewal_ms + TERM_MS);
        if year.chance.is(0.8) {
            let deal = year.record();
            let opened_ms = renewal_ms - 88 * MS_PER_DAY;
            year.happens(opened_ms, Fact::Deal { deal, company, who, step: Step::RenewalOpened });
            year.happens(renewal_ms, Fact::Deal { deal, company, who, step: Step::RenewalSigned });
        }
        year.happens(renewal_ms, plan(subscription, of, monthly_minor, Change::Renewed { renews_ms }));
        if year.chance.is(0.25) {
            let raised = monthly_minor + monthly_minor / 5;
            year.happens(renewal_ms + MS_PER_HOUR, plan(subscription, of, raised, Change::Raised));
        }
    }
}

/// A family that pays every month.
pub(super) fn member(year: &mut Year, contact: u64, at_ms: i64) {
    let (of, subscription) = (Customer::Family(contact), year.record());
    year.happens(at_ms, plan(subscription, of, MEMBER_MINOR, Change::Started { renews_ms: None }));
    let days = year.chance.days(400.0, 1.0);
    let said_ms = after(at_ms, days);
    let ends_ms = after(said_ms, 20.0);
    year.happens(said_ms, plan(subscription, of, MEMBER_MINOR, Change::CancelScheduled { ends_ms }));
    year.happens(ends_ms, plan(subscription, of, MEMBER_MINOR, Change::Ended));
}

fn plan(subscription: u64, of: Customer, monthly_minor: i64, change: Change) -> Fact {
    Fact::Plan { subscription, of, monthly_minor, change }
}
