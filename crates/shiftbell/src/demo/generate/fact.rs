//! What happens at the sample company, in few bytes: what is still to come is kept in this form.

use super::names::Who;

/// What an invoice says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Invoice {
    Paid,
    Failed,
}

/// Whose subscription or show it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Customer {
    Company(u64),
    Family(u64),
}

/// How a deal goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Opened {
        contact: u64,
        product: u8,
    },
    Bant {
        list_minor: i64,
        amount_minor: i64,
    },
    /// An e-mail that was answered, with the next step that was agreed, perhaps with somebody new.
    Touched {
        new_contact: Option<u64>,
        is_complete: bool,
    },
    Won {
        amount_minor: i64,
    },
    Lost,
    RenewalOpened,
    RenewalSigned,
}

/// How a subscription changes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// With a term, the day on which it renews.
    Started {
        renews_ms: Option<i64>,
    },
    Raised,
    Renewed {
        renews_ms: Option<i64>,
    },
    CancelScheduled {
        ends_ms: i64,
    },
    Ended,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Fact {
    Imported { contact: u64, company: u64, product: u8 },
    Merged { contact: u64, into: u64 },
    Called { contact: u64, who: Who, is_accepted: bool, is_follow_up: bool },
    Mailed { contact: u64, who: Who, is_incoming: bool, is_automated: bool, is_follow_up: bool },
    Visited { visitor: u64, page: u8 },
    Requested { contact: u64, visitor: u64, product: u8, is_calendar: bool, is_ownerless: bool },
    MeetingConfirmed { contact: u64, ae: Who },
    MeetingDue { contact: u64, ae: Who, is_held: bool },
    Disqualified { contact: u64 },
    Deal { deal: u64, company: u64, who: Who, step: Step },
    CompanyKnown { company: u64, who: Who },
    Plan { subscription: u64, of: Customer, monthly_minor: i64, change: Change },
    Invoiced { subscription: u64, of: Customer, amount_minor: i64, says: Invoice },
    ShowHeld { of: Customer, show: u64 },
    Milestone { company: u64, number: u8, is_done: bool },
    CustomerCalled { company: u64, is_answered: bool },
    Referred { of: Customer },
    SoftForm { contact: u64, visitor: u64, product: u8, form: u8 },
    Scored { contact: u64, score: u8 },
    CheckoutStarted { contact: u64, product: u8 },
    CheckoutExpired { contact: u64 },
    Ordered { order: u64, contact: u64, product: u8, amount_minor: i64 },
    OrderPaid { order: u64, contact: u64, product: u8, amount_minor: i64 },
    Spent { is_business: bool, channel: u8, amount_minor: i64 },
}
