//! How the standard KPIs are worked out, and what stands beside their answers.

use shiftbell_metrics::answer::{self as numbers, Answer};
use shiftbell_metrics::definitions::{Definitions, is_economics, is_pipeline};
use shiftbell_metrics::revenue::Policy;
use shiftbell_render::facts::Figure;
use shiftbell_render::words::money;

use super::facts::figure;

/// The formula in words, with what of the definitions file it rests on.
pub(super) fn formula(defs: &Definitions, name: &str) -> String {
    let text = match name {
        "gross-retention" => {
            "of those who paid at the start, what each paid then or pays now, whichever is less / what they paid"
        }
        "net-retention" => "what those who paid at the start pay now / what they paid",
        "customer-retention" => "customers of the start who still pay / customers of the start",
        "customer-churn" => "customers of the start who no longer pay / customers of the start",
        "mrr" => "what all subscriptions that count come to a month, at the end of the period",
        "arr" => "12 x MRR",
        "committed-mrr" if defs.workspace.business_model == "consumption" => {
            "what customers have committed to a month at least, at the end of the period; what they use beyond is apart"
        }
        "committed-mrr" => "MRR with every change that is announced for later",
        "usage-mrr" => return usage(defs),
        "discount-mrr" => "what coupons with an end take off a month, which is not taken off MRR",
        "new-mrr" => "MRR of customers who never paid before",
        "reactivation-mrr" => "MRR of customers who paid before and are back",
        "expansion-mrr" => "what customers pay more a month than before",
        "contraction-mrr" => "what customers pay less a month than before",
        "churned-mrr" => "MRR of customers who pay nothing any more",
        "quick-ratio" => "(new + expansion + resumed) / (contraction + paused + churn)",
        "paying-customers" => "customers with MRR at the end of the period",
        name if is_economics(name) => return economics(defs, name),
        name if is_pipeline(name) => return pipeline(defs, name),
        _ => {
            "MRR / paying customers; a customer with several products counts once in the whole, and in each of them with its part"
        }
    };
    text.to_owned()
}

fn usage(defs: &Definitions) -> String {
    let is_consumption = defs.workspace.business_model == "consumption";
    match defs.policies.economics.usage_months.or(is_consumption.then_some(3)) {
        Some(months) => {
            format!("what is charged by use a month, which is not in MRR: the mean of the latest {months} full months")
        }
        None => "what is charged by use a month, which is not in MRR".to_owned(),
    }
}

fn pipeline(defs: &Definitions, name: &str) -> String {
    let undecided = words_of(&defs.policies.no_decision);
    let text = match name {
        "win-rate" if undecided.is_empty() => "deals won / deals won or lost, by the day they closed",
        "win-rate" => {
            return format!(
                "deals won / deals won or lost, by the day they closed; without those that nobody decided ({undecided})"
            );
        }
        "created-win-rate" => "deals won so far / deals created in the period, the open ones too",
        "win-rate-with-no-decision" => {
            return format!("deals won / deals won, lost or without a decision ({undecided}), by the day they closed");
        }
        "win-rate-by-value" => "amount won / amount won or lost, by the day the deals closed",
        "sales-velocity" => "open deals x win rate x mean amount won / median days from creation to the win",
        "cycle-length" => {
            "the time by which half of the deals created in the period that are not lost are won; each open one may still be \
             won (Aalen and Johansen; with none lost it is the median of Kaplan and Meier). The median of the won alone is too short"
        }
        "coverage" => {
            "open deals that should close before the goal's period ends (deal.close_at) / what is still to be won of the goal; \
             where no deal has a close date, all open ones"
        }
        _ => {
            "the time by which half have left the stage, further on or lost; who is still there waits at least so long (Kaplan and Meier)"
        }
    };
    text.to_owned()
}

fn economics(defs: &Definitions, name: &str) -> String {
    let economics = &defs.policies.economics;
    let sum = |sum: &Option<String>, what: &str| sum.clone().unwrap_or_else(|| what.to_owned());
    let (cost, burn) = (sum(&economics.cost, "cost"), sum(&economics.burn, "net burn"));
    let margin = match economics.gross_margin {
        Some(percent) => format!("gross margin ({} %)", percent.normalize()),
        None => "gross margin".to_owned(),
    };
    let new = if defs.workspace.business_model == "ownership" {
        "customers won"
    } else {
        "customers who pay for the first time"
    };
    match name {
        "customer-lifetime-value" => {
            format!("MRR of a customer x months of the period x {margin} / customer churn of the period")
        }
        "lifetime-value-five-years" => {
            "ARR x (1 + NRR + NRR^2 + NRR^3 + NRR^4), NRR of the twelve months before the end of the period".to_owned()
        }
        "acquisition-cost" => format!("{cost} / {new}, both in the period"),
        "payback-months" => format!("cost of a new customer ({cost} / {new}) / (their MRR each x {margin})"),
        "ltv-to-cac" => "customer lifetime value / cost of a new customer, of the same period".to_owned(),
        "magic-number" => {
            format!(
                "(ARR at the end - ARR at the start) / {cost} of the period before; ARR is a year's, so nothing is times four"
            )
        }
        "burn-multiple" => format!("{burn} / (ARR at the end - ARR at the start)"),
        "kept-through-onboarding" => {
            "amounts won in the period of customers who did not leave before their first stage on the right / amounts won".to_owned()
        }
        "bookings" => "the amounts of all deals won in the period added up".to_owned(),
        _ => {
            "of who paid maintenance a year before, what each paid then or pays now, whichever is less / what they paid"
                .to_owned()
        }
    }
}

fn words_of(names: &[String]) -> String {
    names.iter().map(|name| words(name)).collect::<Vec<_>>().join(" or ")
}

/// What a standard KPI was worked out from: a ratio alone cannot be checked. Of recurring revenue also which policy it follows.
pub(super) fn rests_on(defs: &Definitions, name: &str, answer: &Answer) -> Option<String> {
    let amount = |key: &str| match answer.inputs.get(key)? {
        numbers::Figure::Money { amounts, records } => Some((money(*amounts.first()?), *records)),
        _ => None,
    };
    let policy = Policy::of(&defs.policies.mrr).name;
    let customers = |count: i64| format!("{count} customer{}", if count == 1 { "" } else { "s" });
    Some(match name {
        "gross-retention" | "net-retention" | "maintenance-renewal" => {
            let ((_, at_start), (_, still)) = (amount("start")?, amount("left")?);
            format!("{still} of {}; policy {policy}", customers(at_start))
        }
        "kept-through-onboarding" => format!("{} wins", amount("start")?.1),
        "quick-ratio" => format!("{} gained, {} lost; policy {policy}", amount("gained")?.0, amount("lost")?.0),
        // A rate, and a sum of deals, carry their counts themselves.
        _ if (is_pipeline(name) || is_economics(name)) && answer.inputs.is_empty() => return None,
        // How many are still open is said beside it.
        "created-win-rate" => return None,
        "cycle-length" => cycle_length(defs, answer),
        _ if is_pipeline(name) => parts(defs, answer),
        _ if is_economics(name) && answer.inputs.keys().all(|key| key == "cost" || key == "new-customers") => {
            parts(defs, answer)
        }
        _ if is_economics(name) => format!("{}; policy {policy}", parts(defs, answer)),
        "committed-mrr" | "usage-mrr" if !answer.inputs.is_empty() => {
            format!("{}; policy {policy}", parts(defs, answer))
        }
        _ => format!("policy {policy}"),
    })
}

fn parts(defs: &Definitions, answer: &Answer) -> String {
    let part = |(name, part): (&String, &numbers::Figure)| match part {
        // How many deals stand behind an amount of the pipeline is said with it.
        numbers::Figure::Money { records, .. } if ["due", "not-due", "all-open-deals"].contains(&name.as_str()) => {
            format!("{} {} ({records})", words(name), figure(part, defs).full())
        }
        _ => format!("{} {}", words(name), figure(part, defs).full()),
    };
    answer.inputs.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn cycle_length(defs: &Definitions, answer: &Answer) -> String {
    let of = |key: &str| answer.inputs.get(key).map_or(Figure::Nothing, |part| figure(part, defs)).full();
    let mut text = format!("{} won, {} lost, {} still open", of("won"), of("lost"), of("still-open"));
    if matches!(answer.inputs.get("won-alone"), Some(numbers::Figure::Duration { median_ms: Some(_), .. })) {
        text.push_str(&format!("; the won alone, which is too short: {}", of("won-alone")));
    }
    if matches!(answer.inputs.get("either-way"), Some(numbers::Figure::Duration { median_ms: Some(_), .. })) {
        text.push_str(&format!("; half of all are closed, won or lost, after {}", of("either-way")));
    }
    text
}

/// `won-alone` as it is said.
fn words(name: &str) -> String {
    name.replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use shiftbell_metrics::definitions::{KpiKind, read};

    use super::*;
    use crate::companies::vocabulary;

    #[test]
    fn every_standard_kpi_says_how_it_is_worked_out() {
        let sample = include_str!("../../../../deploy/clowns-to-go.toml");
        for model in ["subscription", "consumption", "ownership"] {
            let text =
                sample.replacen("business_model = \"subscription\"", &format!("business_model = \"{model}\""), 1);
            let checked = read("clowns-to-go.toml", &text, &vocabulary());
            let defs = checked.definitions.unwrap_or_else(|| panic!("{model}: {:?}", checked.problems));
            for kpi in &defs.kpis {
                let KpiKind::Standard { name, .. } = &kpi.kind else { continue };
                let of_all = formula(&defs, name).starts_with("MRR / paying customers");
                assert_eq!(of_all, name == "revenue-per-customer", "{model} {name}");
            }
        }
        let defs = read("clowns-to-go.toml", sample, &vocabulary()).definitions.unwrap();
        assert_eq!(
            formula(&defs, "payback-months"),
            "cost of a new customer (spend / customers who pay for the first time) / (their MRR each x gross margin (80 %))"
        );
    }
}
