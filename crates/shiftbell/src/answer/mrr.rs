//! `/mrr [period] [by product]`: the bridge of recurring revenue.

use shiftbell_metrics::answer::{Asked, BridgeLine, MrrBridge, Rows, mrr_bridge};
use shiftbell_metrics::definitions::{Definitions, KpiKind};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::question::{Question, Understood, understand};
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::facts::Footer;
use shiftbell_render::messages::{Mrr, MrrLine, MrrMove, MrrProblem, MrrWhy, Notice};
use shiftbell_store::{Session, workspaces};

use super::{AskError, Asker, about, answered_in, capital, names_of, not_granted, rows, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};
use crate::versions::Changes;

/// The KPI whose receipt stands behind the bridge.
pub(crate) const KPI: &str = "mrr";

/// Answers what is typed behind `/mrr`: a motion, a period, `by <dimension>`, in any order, as behind `/kpi mrr`.
pub(super) async fn to_words(
    program: &Program,
    company: &Company,
    asker: &Asker,
    text: &str,
) -> Result<Document, AskError> {
    let defs = company.defs();
    if matches!(asker, Asker::Stranger { .. }) {
        return super::who_are_you(company);
    }
    if !defs.kpi(KPI).is_some_and(|kpi| matches!(kpi.kind, KpiKind::Standard { .. })) {
        return Ok(sentence(NO_MRR));
    }
    match understand(&format!("{KPI} {text}"), defs, program.clock.now(), &defs.workspace.zone) {
        // A series of bridges is no bridge: /kpi mrr by month has the amounts.
        Understood::Kpi(question) if question.each.is_none() => of_question(program, company, asker, question).await,
        _ => Ok(sentence(HOW)),
    }
}

const NO_MRR: &str =
    "There is no recurring revenue here: the definitions file says that the business model is ownership.";
const HOW: &str = "/mrr takes a motion, a period and a dimension, such as /mrr b2b last month by product; /kpi mrr by month is a series.";

async fn of_question(
    program: &Program,
    company: &Company,
    asker: &Asker,
    mut question: Question,
) -> Result<Document, AskError> {
    if let Right::Refused(why) = rights::join(company.defs(), asker, &mut question) {
        return not_granted(company, asker, why);
    }
    let mut snapshot = program.db.read().await?;
    let ages = about::ages_at(&mut snapshot, company, program.clock.now()).await?;
    // The receipt is that of the closing amount, from the same snapshot.
    let answered = match answered_in(&mut snapshot, program, company, &question).await? {
        Ok(answered) => answered,
        Err(why) => return Ok(sentence(capital(&format!("{why}.")))),
    };
    let question = Question { period: Some(answered.answer.period.clone()), ..question };
    let bridge = match bridged(&mut snapshot, company, &question, answered.asked_at).await? {
        Ok(bridge) => bridge,
        Err(why) => return Ok(sentence(capital(&format!("{why}.")))),
    };
    let footer = Footer::only_you(ages, &answered.receipt);
    let facts = facts(company, &program.versions.changes(company), &question, &bridge, footer);
    Ok(Notice::from(facts).document()?)
}

/// Computes the bridge from the numbers that this session sees.
pub(crate) async fn bridged(
    session: &mut Session,
    company: &Company,
    question: &Question,
    now: Instant,
) -> Result<Result<MrrBridge, shiftbell_metrics::answer::Cannot>, AskError> {
    let generation = workspaces::live_generation(session, company.name()).await?;
    let names = names_of(company, question);
    let asked = Asked { defs: company.defs(), question, now, names: &names };
    let mut read = Rows::default();
    for _ in 0..super::ROUNDS_MAX {
        match mrr_bridge(&asked, &read) {
            Ok(Ok(bridge)) => return Ok(Ok(bridge)),
            Ok(Err(reads)) => rows::read(session, company.name(), generation, reads, &mut read).await?,
            Err(why) => return Ok(Err(why)),
        }
    }
    Err(AskError::Endless)
}

/// The message of a bridge, with the day on which it came to mean something else within its period.
pub(crate) fn facts(
    company: &Company,
    changes: &Changes,
    question: &Question,
    bridge: &MrrBridge,
    footer: Footer,
) -> Mrr {
    let defs = company.defs();
    let parts = bridge.parts.iter().map(|line| line.value.as_deref());
    let names = super::facts::names(company, bridge.by.as_deref().unwrap_or_default(), parts);
    let own = bridge.whole.first();
    let none = Money::new(0, defs.workspace.currency);
    let closing = own.map_or(none, |line| line.closing);
    let opening = own.map_or(none, |line| line.opening);
    let scope: Vec<String> =
        bridge.motion.iter().cloned().chain(bridge.filters.iter().map(|(_, value)| words(value))).collect();
    let plain = Question { by: None, ..question.clone() };
    Mrr {
        scope: (!scope.is_empty()).then(|| scope.join(", ")),
        period: bridge.period.label.clone(),
        closing,
        change: Money::new(closing.minor - opening.minor, closing.currency),
        customers: own.map_or(0, |line| super::facts::count(line.customers_end)),
        whole: bridge.whole.iter().map(|line| of_line(line, None, defs)).collect(),
        why: own.map_or_else(Vec::new, |line| {
            let words = line.churn.iter().filter(|(_, money)| money.minor != 0);
            words.map(|(name, money)| MrrWhy { name: name.clone(), money: *money }).collect()
        }),
        by: bridge.by.as_deref().map(words),
        parts: bridge.parts.iter().zip(names).map(|(line, name)| of_line(line, Some(name), defs)).collect(),
        committed: Some(bridge.committed).filter(|committed| *committed != closing),
        usage: Some(bridge.usage).filter(|usage| usage.minor != 0),
        discount: Some(bridge.discount).filter(|discount| discount.minor != 0),
        problems: bridge
            .problems
            .iter()
            .map(|(what, times)| MrrProblem { what: what.clone(), times: *times })
            .collect(),
        policy: bridge.policy.clone(),
        changed: changes.over(defs, [(KPI, &bridge.period)].into_iter(), None),
        typed: plain.command().trim_start_matches("/kpi mrr").trim().to_owned(),
        footer,
    }
}

fn of_line(line: &BridgeLine, name: Option<String>, defs: &Definitions) -> MrrLine {
    let currency = line.closing.currency;
    MrrLine {
        name,
        currency: (currency != defs.workspace.currency).then(|| currency.code().to_owned()),
        opening: line.opening,
        moves: line.moves.iter().map(|one| of_move(&one.kind, one.money)).collect(),
        closing: line.closing,
    }
}

/// A movement as it is said: its word, and whether it adds.
pub(crate) fn of_move(kind: &str, money: Money) -> MrrMove {
    let loses = matches!(kind, "contraction" | "churn" | "paused");
    let adds = if loses { money.minor > 0 } else { money.minor >= 0 };
    let name = if kind == "reactivation" { "back" } else { kind };
    MrrMove { name: name.to_owned(), adds, money: Money::new(money.minor.abs(), money.currency) }
}

fn words(value: &str) -> String {
    value.replace(['-', '_'], " ")
}
