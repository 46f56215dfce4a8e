//! The standard KPIs of what a customer costs and is worth, and those of a company that sells for good: they exist without being
//! written. Which sum is the cost, and what is left of revenue, says `[policies.economics]`.

use super::super::model::{Better, Definitions, Kpi, KpiKind, PerMotion, Policies, StageOf};
use super::Ground;
use super::pipeline::amount_among;
use super::standard::{is_free, unwritten};

/// Money: revenue of a customer x gross margin / customers lost, in one unit of time.
pub(crate) const LIFETIME_VALUE: &str = "customer-lifetime-value";
/// Money: ARR x net retention^t, added up over five years.
pub(crate) const FIVE_YEARS: &str = "lifetime-value-five-years";
/// Money: cost / new customers.
pub(crate) const ACQUISITION_COST: &str = "acquisition-cost";
/// Months until a new customer has paid what it cost.
pub(crate) const PAYBACK: &str = "payback-months";
/// A ratio: lifetime value / acquisition cost.
pub(crate) const VALUE_TO_COST: &str = "ltv-to-cac";
/// A ratio: ARR added in a quarter / cost of the quarter before.
pub(crate) const MAGIC_NUMBER: &str = "magic-number";
/// A ratio: net burn / ARR added.
pub(crate) const BURN_MULTIPLE: &str = "burn-multiple";
/// Money: what won deals are worth. Of an ownership business.
pub(crate) const BOOKINGS: &str = "bookings";
/// A share: maintenance of a year ago that is still paid. Of an ownership business.
pub(crate) const MAINTENANCE: &str = "maintenance-renewal";

/// A share of money: of what was won, what had begun before the customer left.
pub(crate) const ONBOARDED: &str = "kept-through-onboarding";

/// What it needs to be told before it can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Margin,
    Cost,
    Burn,
    Amount,
}

/// Which businesses have it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Recurring,
    Ownership,
    All,
}

struct Said {
    name: &'static str,
    also: &'static str,
    label: &'static str,
    better: Better,
    of: Of,
    needs: &'static [Need],
    means: &'static str,
}

const ALL: [Said; 10] = [
    Said {
        name: ONBOARDED,
        also: "",
        label: "Kept through onboarding",
        better: Better::Higher,
        of: Of::All,
        needs: &[Need::Amount],
        means: "Of what was won in the period, how much was not lost again before the customer's first stage on the right.",
    },
    Said {
        name: LIFETIME_VALUE,
        also: "ltv",
        label: "Customer lifetime value",
        better: Better::Higher,
        of: Of::Recurring,
        needs: &[Need::Margin],
        means: "What is left of what a customer pays as long as it stays, if customers go on leaving as they did in the period.",
    },
    Said {
        name: FIVE_YEARS,
        also: "ltv-five-years",
        label: "Lifetime value over five years",
        better: Better::Higher,
        of: Of::Recurring,
        needs: &[],
        means: "What today's customers pay in five years, if each year keeps of the one before what the latest year kept.",
    },
    Said {
        name: ACQUISITION_COST,
        also: "cac",
        label: "Cost of a new customer",
        better: Better::Lower,
        of: Of::All,
        needs: &[Need::Cost],
        means: "What was spent in the period on winning customers, for each new customer of the period.",
    },
    Said {
        name: PAYBACK,
        also: "cac-payback",
        label: "Payback in months",
        better: Better::Lower,
        of: Of::Recurring,
        needs: &[Need::Cost, Need::Margin],
        means: "Months until what is left of what a new customer pays has earned back what it cost to win it.",
    },
    Said {
        name: VALUE_TO_COST,
        also: "",
        label: "LTV to CAC",
        better: Better::Higher,
        of: Of::Recurring,
        needs: &[Need::Cost, Need::Margin],
        means: "How often the lifetime value of a customer pays what a new one costs.",
    },
    Said {
        name: MAGIC_NUMBER,
        also: "",
        label: "Magic number",
        better: Better::Higher,
        of: Of::Recurring,
        needs: &[Need::Cost],
        means: "ARR added in the period, for each unit that was spent on winning customers in the period before.",
    },
    Said {
        name: BURN_MULTIPLE,
        also: "",
        label: "Burn multiple",
        better: Better::Lower,
        of: Of::Recurring,
        needs: &[Need::Burn],
        means: "What the company burnt in the period for each unit of ARR that it added.",
    },
    Said {
        name: BOOKINGS,
        also: "",
        label: "Bookings",
        better: Better::Higher,
        of: Of::Ownership,
        needs: &[Need::Amount],
        means: "What the deals won in the period are worth. A licence is sold once: nothing of it recurs.",
    },
    Said {
        name: MAINTENANCE,
        also: "",
        label: "Maintenance renewed",
        better: Better::Higher,
        of: Of::Ownership,
        needs: &[],
        means: "Of the maintenance that customers paid for a year ago, how much they still pay for, without any expansion: in a year \
                every yearly contract has come due once.",
    },
];

/// The names that a file may write behind `standard`.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|one| one.name)
}

/// Whether a standard KPI is about what customers cost and are worth, or about what is sold for good.
pub fn is_economics(name: &str) -> bool {
    said(name).is_some()
}

pub(super) fn is_rate(name: &str) -> bool {
    name == MAINTENANCE
}

pub(super) fn is_money(name: &str) -> bool {
    [LIFETIME_VALUE, FIVE_YEARS, ACQUISITION_COST, BOOKINGS].contains(&name)
}

fn said(name: &str) -> Option<&'static Said> {
    ALL.iter().find(|one| one.name == name)
}

/// Adds what is not written, under its name where that is free.
pub(super) fn complete(kpis: &mut Vec<Kpi>, ground: Ground<'_>) {
    for one in ALL.iter().filter(|one| one.of != if ground.has_recurring { Of::Ownership } else { Of::Recurring }) {
        if !is_free(one.name, kpis) {
            continue;
        }
        let also = Some(one.also).filter(|also| !also.is_empty() && is_free(also, kpis)).map(str::to_owned);
        let kind = KpiKind::Standard { name: one.name.to_owned(), over: None };
        let also = also.into_iter().collect();
        let mut kpi = unwritten(one.name.to_owned(), also, one.label.to_owned(), kind, one.better);
        kpi.means = PerMotion::every(one.means.to_owned());
        kpi.not_active = not_active(one.name, ground).or_else(|| has_no_amount(one.name, kpis, ground));
        kpis.push(kpi);
    }
}

/// What has to be written before it can be asked.
pub(super) fn not_active(name: &str, ground: Ground<'_>) -> Option<String> {
    let one = said(name)?;
    match (one.of, ground.has_recurring) {
        (Of::Recurring, false) => return Some(NOTHING_RECURS.to_owned()),
        (Of::Ownership, true) => {
            return Some("it is of a business that sells for good: business_model = \"ownership\"".to_owned());
        }
        (Of::Recurring | Of::All, true) | (Of::Ownership | Of::All, false) => {}
    }
    let economics = &ground.policies.economics;
    let missing = one.needs.iter().filter_map(|need| match need {
        Need::Margin if economics.gross_margin.is_none() => {
            Some("what is left of revenue is not known: write gross_margin = \"80 %\"")
        }
        Need::Cost if economics.cost.is_none() => {
            Some("nothing says which sum is the cost of winning customers: write cost = \"spend\", the name of a KPI that is a sum,")
        }
        Need::Burn if economics.burn.is_none() => {
            Some("nothing says which sum is the net burn: write burn = \"burnt\", the name of a KPI that is a sum,")
        }
        Need::Margin | Need::Cost | Need::Burn | Need::Amount => None,
    });
    let missing: Vec<&str> = missing.collect();
    (!missing.is_empty()).then(|| format!("{} under [policies.economics]", missing.join("; ")))
}

/// Why the family of recurring revenue cannot be asked of an ownership business.
pub(super) const NOTHING_RECURS: &str =
    "a licence that is sold for good is no recurring revenue: ask `bookings` or `maintenance-renewal`";

fn has_no_amount(name: &str, kpis: &[Kpi], ground: Ground<'_>) -> Option<String> {
    let needs = said(name)?.needs.contains(&Need::Amount);
    let won = ground.chain.iter().rfind(|stage| stage.of == StageOf::Deal);
    let is_known = won.is_some_and(|won| amount_among(kpis, &won.id).is_some());
    (needs && !is_known).then(|| {
        "nothing says what a won deal is worth: write won-amount = { sum = { of = \"deal.amount\", at = \"won\" } } under [kpis]"
            .to_owned()
    })
}

/// What of the policies changes the meaning of one of them, as text; what the sums mean is not in it.
pub(crate) fn policy_of(name: &str, policies: &Policies) -> String {
    let economics = &policies.economics;
    let Some(one) = said(name) else { return String::new() };
    let margin = economics.gross_margin.filter(|_| one.needs.contains(&Need::Margin));
    margin.map(|margin| format!(" margin {}", margin.normalize())).unwrap_or_default()
}

/// The sum that it rests on: its cost, or its burn.
pub(crate) fn sum_of<'p>(name: &str, policies: &'p Policies) -> Option<&'p str> {
    let needs = said(name)?.needs;
    let economics = &policies.economics;
    let named = match (needs.contains(&Need::Cost), needs.contains(&Need::Burn)) {
        (true, _) => &economics.cost,
        (false, true) => &economics.burn,
        (false, false) => &None,
    };
    named.as_deref()
}

/// Formulas rest on formulas; none is deeper than this.
const DEPTH_MAX: usize = 8;

/// Whether a KPI says what was spent or burnt, or is worked out from one that does.
pub fn rests_on_cost(defs: &Definitions, kpi: &str) -> bool {
    rests_on(defs, kpi, 0, &|kpi| match &kpi.kind {
        KpiKind::Sum { of, .. } => {
            let economics = &defs.policies.economics;
            of.of == "spend" || [&economics.cost, &economics.burn].into_iter().flatten().any(|name| is_it(kpi, name))
        }
        KpiKind::Standard { name, .. } => {
            said(name).is_some_and(|one| one.needs.iter().any(|need| matches!(need, Need::Cost | Need::Burn)))
        }
        _ => false,
    })
}

/// Whether a KPI is of the family of recurring revenue, or is worked out from one that is.
pub fn rests_on_recurring(defs: &Definitions, kpi: &str) -> bool {
    rests_on(defs, kpi, 0, &|kpi| match &kpi.kind {
        KpiKind::Standard { name, .. } => match said(name) {
            // How many customers are new says nothing of what they pay.
            Some(one) => one.of == Of::Recurring || one.name == MAINTENANCE,
            None => !super::is_pipeline(name),
        },
        _ => false,
    })
}

/// Whether new customers are those who pay for the first time, and not those who were won.
pub(crate) fn is_recurring(defs: &Definitions) -> bool {
    defs.workspace.business_model != "ownership"
}

/// Over how many months what is charged by use is averaged; `None`: as it is told last. A consumption business looks at three if
/// the file does not say.
pub(crate) fn usage_months(defs: &Definitions) -> Option<u32> {
    let is_consumption = defs.workspace.business_model == "consumption";
    defs.policies.economics.usage_months.or(is_consumption.then_some(3))
}

fn is_it(kpi: &Kpi, name: &str) -> bool {
    kpi.slug == name || kpi.also.iter().any(|also| also == name)
}

fn rests_on(defs: &Definitions, kpi: &str, depth: usize, is_one: &dyn Fn(&Kpi) -> bool) -> bool {
    let Some(kpi) = defs.kpi(kpi) else { return false };
    match &kpi.kind {
        KpiKind::Formula { kpis, .. } => {
            depth < DEPTH_MAX && kpis.iter().any(|part| rests_on(defs, part, depth + 1, is_one))
        }
        _ => is_one(kpi),
    }
}
