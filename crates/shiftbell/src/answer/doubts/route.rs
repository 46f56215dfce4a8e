//! To whom a doubt goes: a wrong number to whoever keeps its definition, friction of the day to the manager.

use shiftbell_metrics::alert::{Recipient, is_reached};
use shiftbell_metrics::definitions::{Definitions, RuleKind};
use shiftbell_render::messages::doubt::Way;

use crate::answer::{Asker, about};
use crate::companies::Company;
use crate::rights;

/// What a rule watches that says who hears of doubts.
const EVENT: &str = "doubt";

/// Whom to tell, by e-mail; `None` if there is nobody.
pub(super) fn whom(company: &Company, asker: &Asker, way: Way, kpi: Option<&str>) -> Option<String> {
    let defs = company.defs();
    let myself = match asker {
        Asker::Person(person) => Some(person),
        Asker::Operator | Asker::Stranger { .. } => None,
    };
    let manager =
        myself.filter(|_| !way.is_for_keeper()).and_then(|person| rights::manager_of(defs, person)).map(str::to_owned);
    let owner = kpi.and_then(|kpi| defs.kpi(kpi)).and_then(|kpi| kpi.owner.clone());
    let keeper = about::keeper(company).map(|keeper| keeper.email);
    let all = [manager, owner, by_rule(defs), defs.rollout.reviewer.clone(), keeper];
    let candidates = || all.iter().flatten();
    let is_me = |email: &str| myself.is_some_and(|person| person.email.eq_ignore_ascii_case(email));
    let hears = |email: &str| is_reached(&defs.rollout, Recipient::Person(email));
    // Somebody else who is reached; else somebody else, whose message waits; else they keep it themselves.
    candidates()
        .find(|email| !is_me(email) && hears(email))
        .or_else(|| candidates().find(|email| !is_me(email)))
        .or_else(|| candidates().next())
        .cloned()
}

/// The person whom a rule about doubts names.
fn by_rule(defs: &Definitions) -> Option<String> {
    let about_doubts = |fact: &str| defs.fact(fact).is_some_and(|fact| fact.events.iter().any(|event| event == EVENT));
    let rule = defs.rules.iter().find(|rule| matches!(&rule.kind, RuleKind::Event { fact } if about_doubts(fact)));
    rule.map(|rule| rule.to.clone()).filter(|to| to.contains('@'))
}
