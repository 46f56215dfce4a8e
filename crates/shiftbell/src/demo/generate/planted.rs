//! What a visitor of the demo should see happen in the last hours: planted, so that it does not depend on chance.

use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};

use super::fact::{Change, Customer, Fact, Invoice, Step};
use super::names::Who;
use super::year::Year;

/// The companies below 16 have the plain names of the sample messages.
const HOTEL: u64 = 0;
const AIRPORT: u64 = 1;
const INSURANCE: u64 = 3;
const LOGISTICS: u64 = 4;
const MUSEUM: u64 = 6;

/// Everything planted, ending with `until`.
pub(super) fn plant(year: &mut Year) {
    let now_ms = year.rhythm.until_ms;
    won(year, HOTEL, now_ms);
    unanswered(year, AIRPORT, now_ms);
    leaving(year, INSURANCE, 240_000, now_ms - 700 * MS_PER_DAY, now_ms - 2 * MS_PER_HOUR);
    leaving(year, MUSEUM, 65_000, now_ms - 200 * MS_PER_DAY, now_ms - 26 * MS_PER_HOUR);
    unpaid(year, LOGISTICS, now_ms);
}

fn deal(number: u64, company: u64, who: Who, step: Step) -> Fact {
    Fact::Deal { deal: number, company, who, step }
}

/// A deal of 41 days that is won today.
fn won(year: &mut Year, company: u64, now_ms: i64) {
    let (contact, visitor, number) = (year.record(), year.record(), year.record());
    let ae = Who::Ae(0);
    let ago = |days: i64| now_ms - days * MS_PER_DAY - 3 * MS_PER_HOUR;
    year.happens_promptly(ago(75), Fact::Imported { contact, company, product: 1 });
    let request = Fact::Requested { contact, visitor, product: 1, is_calendar: false, is_ownerless: false };
    year.happens_promptly(ago(62), request);
    year.happens_promptly(ago(57), Fact::MeetingConfirmed { contact, ae });
    year.happens_promptly(ago(50), Fact::MeetingDue { contact, ae, is_held: true });
    year.happens_promptly(ago(50) + MS_PER_HOUR, deal(number, company, ae, Step::Opened { contact, product: 1 }));
    let (list_minor, amount_minor) = (2_000_000, 1_800_000);
    year.happens_promptly(ago(41), deal(number, company, ae, Step::Bant { list_minor, amount_minor }));
    let touched = Step::Touched { new_contact: Some(year.record()), is_complete: true };
    year.happens_promptly(ago(2), deal(number, company, ae, touched));
    year.happens_promptly(now_ms - 90 * MS_PER_MINUTE, deal(number, company, ae, Step::Won { amount_minor }));
}

/// A request that nobody has answered yet.
fn unanswered(year: &mut Year, company: u64, now_ms: i64) {
    let (contact, visitor) = (year.record(), year.record());
    year.happens_promptly(now_ms - 12 * MS_PER_DAY, Fact::Imported { contact, company, product: 2 });
    let request = Fact::Requested { contact, visitor, product: 2, is_calendar: true, is_ownerless: false };
    year.happens_promptly(now_ms - 108 * MS_PER_MINUTE, request);
}

/// A customer that has just said that it will leave.
fn leaving(year: &mut Year, company: u64, monthly_minor: i64, since_ms: i64, said_ms: i64) {
    let (number, contact, subscription) = (year.record(), year.record(), year.record());
    let (of, who) = (Customer::Company(company), Who::ae_of(company));
    let amount_minor = monthly_minor * 12;
    let steps = [
        (40, Step::Opened { contact, product: 2 }),
        (30, Step::Bant { list_minor: amount_minor, amount_minor }),
        (0, Step::Won { amount_minor }),
    ];
    year.happens_promptly(since_ms - 45 * MS_PER_DAY, Fact::CompanyKnown { company, who });
    for (days, step) in steps {
        year.happens_promptly(since_ms - days * MS_PER_DAY, deal(number, company, who, step));
    }
    let plan = |change| Fact::Plan { subscription, of, monthly_minor, change };
    year.happens_promptly(since_ms + MS_PER_DAY, plan(Change::Started { renews_ms: None }));
    for (show, days) in [(1, 30), (2, 90)] {
        year.happens_promptly(since_ms + days * MS_PER_DAY, Fact::ShowHeld { of, show });
    }
    year.happens_promptly(said_ms - 41 * MS_PER_DAY, Fact::CustomerCalled { company, is_answered: true });
    let ends_ms = said_ms + 42 * MS_PER_DAY;
    year.happens_promptly(said_ms, plan(Change::CancelScheduled { ends_ms }));
}

/// A customer whose payment failed this morning.
fn unpaid(year: &mut Year, company: u64, now_ms: i64) {
    let (subscription, of, amount_minor) = (year.record(), Customer::Company(company), 120_000);
    let since_ms = now_ms - 100 * MS_PER_DAY;
    year.happens_promptly(since_ms, Fact::CompanyKnown { company, who: Who::csm_of(company) });
    let change = Change::Started { renews_ms: None };
    year.happens_promptly(since_ms, Fact::Plan { subscription, of, monthly_minor: amount_minor, change });
    let says = Invoice::Failed;
    year.happens_promptly(now_ms - 3 * MS_PER_HOUR, Fact::Invoiced { subscription, of, amount_minor, says });
}
