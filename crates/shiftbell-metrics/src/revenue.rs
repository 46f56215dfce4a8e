//! Recurring revenue: what customers pay a month, how it moves, and what follows from it.
//!
//! MRR is a rate at an instant, the monthly-normalised amount of all subscriptions that count. It is never prorated by days
//! and never taken from invoices: [`ledger`] makes each customer's movements from what was told of its subscriptions, and
//! everything else ([`bridge`], [`retention`] ...) adds movements up. Which subscriptions count is a [`Policy`], because
//! honest people differ; it is said with every number.

mod bridge;
mod coupon;
mod economics;
mod exact;
mod item;
mod ledger;
mod models;
mod policy;
mod problem;
mod rates;
mod retention;
mod subscription;

pub use bridge::{Bridge, Ends, Moved, bridge, levels_at};
pub use economics::{
    acquisition_cost, annual_churn, arpa, arr, burn_multiple, cmrr, lifetime_value, lifetime_value_within,
    magic_number, magic_number_of_arr, payback_months, value_to_cost,
};
pub use exact::{Exact, SCALE_MAX};
pub use item::{AMOUNT_MAX, Interval, Item, monthly};
pub use ledger::{Aside, Kind, Ledger, Line, Movement, ledger};
pub use models::{Bookings, Sale, bookings, usage_mrr};
pub use policy::{ChurnMoment, Coupons, Paused, Policy, presets};
pub use problem::Problem;
pub use rates::Rates;
pub use retention::{Logos, Retention, gross_by_movements, logos, retention};
pub use subscription::{Parts, Told, Why};
