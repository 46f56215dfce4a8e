//! What a customer costs and is worth. Money in major units; everything `None` that would divide by nothing.

use super::exact::Exact;

/// Average revenue per account: `MRR / paying customers`, at one instant.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, arpa};
/// assert_eq!(arpa(Exact::whole(1_350), 7), Exact::new(1_350, 7));
/// ```
pub fn arpa(mrr: Exact, customers: i64) -> Option<Exact> {
    mrr.over(Exact::whole(customers))
}

/// Annual run-rate: `12 x MRR`.
pub fn arr(mrr: Exact) -> Exact {
    mrr.times(Exact::whole(12)).unwrap_or(mrr)
}

/// Committed MRR: what is paid now, and every change that is signed and not yet in effect.
pub fn cmrr(mrr: Exact, announced: Exact) -> Exact {
    mrr + announced
}

/// Compounds a month's churn (0 to 1) into a year: `1 - (1 - m)^12`.
///
/// Times twelve would claim that 10 % a month loses 120 % of customers.
/// ```
/// use shiftbell_metrics::revenue::annual_churn;
/// assert!((annual_churn(0.02) - 0.215_283_276_265).abs() < 1e-9);
/// ```
pub fn annual_churn(monthly: f64) -> f64 {
    1.0 - (1.0 - monthly).powi(12)
}

/// Lifetime value, simple: `ARPA x gross margin / customer churn`, churn in the same unit of time. Not defined without churn:
/// neither infinite nor 0.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, lifetime_value};
/// let margin = Exact::new(8, 10).unwrap();
/// assert_eq!(lifetime_value(Exact::whole(100), margin, Exact::new(25, 1_000).unwrap()), Some(Exact::whole(3_200)));
/// assert_eq!(lifetime_value(Exact::whole(100), margin, Exact::ZERO), None);
/// ```
pub fn lifetime_value(arpa: Exact, margin: Exact, churn: Exact) -> Option<Exact> {
    arpa.times(margin)?.over(churn)
}

/// Lifetime value over a fixed number of years: `sum of ARR x NRR^t`, the first year whole.
///
/// ```
/// use shiftbell_metrics::revenue::lifetime_value_within;
/// assert!((lifetime_value_within(10_000.0, 1.1, 5) - 61_051.0).abs() < 1e-6);
/// ```
pub fn lifetime_value_within(arr: f64, net_retention: f64, years: u32) -> f64 {
    (0..years).map(|year| arr * net_retention.powf(f64::from(year))).sum()
}

/// Cost of a new customer: all of sales and marketing that is meant for them, per new customer.
pub fn acquisition_cost(spent: Exact, new_customers: i64) -> Option<Exact> {
    spent.over(Exact::whole(new_customers))
}

/// Months until a new customer has paid what it cost: `CAC / (ARPA of new customers x gross margin)`.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, payback_months};
/// let months = payback_months(Exact::whole(3_000), Exact::whole(100), Exact::new(8, 10).unwrap());
/// assert_eq!(months, Exact::new(375, 10));
/// ```
pub fn payback_months(acquisition_cost: Exact, new_arpa: Exact, margin: Exact) -> Option<Exact> {
    acquisition_cost.over(new_arpa.times(margin)?)
}

/// `LTV / CAC`.
pub fn value_to_cost(lifetime_value: Exact, acquisition_cost: Exact) -> Option<Exact> {
    lifetime_value.over(acquisition_cost)
}

/// Magic number from the revenue of two quarters: their difference a year (x 4), over what was spent on sales and marketing in the first.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, magic_number};
/// let number = magic_number(Exact::whole(2_000), Exact::whole(2_300), Exact::whole(1_000));
/// assert_eq!(number, Exact::new(12, 10));
/// ```
pub fn magic_number(revenue_before: Exact, revenue: Exact, spent_before: Exact) -> Option<Exact> {
    (revenue - revenue_before).times(Exact::whole(4))?.over(spent_before)
}

/// Magic number from ARR, which is a year's already: no x 4.
pub fn magic_number_of_arr(arr_before: Exact, arr: Exact, spent_before: Exact) -> Option<Exact> {
    (arr - arr_before).over(spent_before)
}

/// Burn multiple: what was burnt for each unit of new ARR. `None` if no ARR was added.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, burn_multiple};
/// assert_eq!(burn_multiple(Exact::whole(300), Exact::whole(200)), Exact::new(3, 2));
/// assert_eq!(burn_multiple(Exact::whole(300), Exact::whole(-1)), None);
/// ```
pub fn burn_multiple(net_burn: Exact, net_new_arr: Exact) -> Option<Exact> {
    if net_new_arr.is_positive() { net_burn.over(net_new_arr) } else { None }
}
