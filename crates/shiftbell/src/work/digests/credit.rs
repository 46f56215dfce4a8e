//! A person's part in what was won yesterday and today. The parts of a win add up to it, to the cent.

use shiftbell_metrics::contribution::Entry;
use shiftbell_metrics::credit::split_money;
use shiftbell_metrics::definitions::{CountOf, Definitions, KpiKind, Motion, Place, StageOf};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::time::Day;
use shiftbell_render::facts::Person;
use shiftbell_render::messages::{Credit, CreditPart};

use rust_decimal::prelude::ToPrimitive;

use super::desk::Desk;
use super::record;
use crate::answer::AskError;
use crate::work::Workspace;
use crate::work::shelf::Personal;

/// Most wins that one message tells of; the largest are told.
const WINS_MAX: usize = 3;

/// One role's part in a win.
struct Part {
    who: String,
    is_mine: bool,
    money: Money,
    of_all: f64,
}

/// The wins since yesterday in which the person has a part.
pub(super) async fn of_wins(
    desk: &mut Desk<'_>,
    mine: &Personal,
    place: &Place,
    day: Day,
) -> Result<Vec<Credit>, AskError> {
    let company = desk.shelf.company;
    let defs = company.defs();
    let Some((measure, stage)) = measure_of_wins(defs) else { return Ok(Vec::new()) };
    let (from, until) = (place.zone.start_of(day.plus(-1)), place.zone.start_of(day.plus(1)));
    let own = &defs.workspace.zone;
    let days = (own.day_of(from), own.day_of(until).plus(1));
    let mut wins: Vec<(Money, Entry, &Motion)> = Vec::new();
    for motion in defs.motions.iter().filter(|motion| !motion.credit.is_empty()) {
        for entry in desk.shelf.entries_of(mine, &motion.id, stage, days).await? {
            if let Some(money) = entry.sum(&measure).filter(|_| from <= entry.at && entry.at < until) {
                wins.push((money, entry, motion));
            }
        }
    }
    wins.sort_by_key(|(money, entry, _)| (std::cmp::Reverse(money.minor), entry.entity));
    let mut credits = Vec::new();
    for (money, entry, motion) in wins.into_iter().take(WINS_MAX) {
        let Some(parts) = parts(&company.workspace, motion, &entry, money, mine) else { continue };
        let Some(me) = parts.iter().find(|part| part.is_mine) else { continue };
        let record = record::name(&mut desk.shelf, entry.entity).await?.unwrap_or_else(|| "A deal".to_owned());
        credits.push(if mine.is(entry.owner.as_ref()) {
            let others = parts.iter().filter(|part| !part.is_mine);
            let others = others.map(|part| CreditPart { who: part.who.clone(), money: part.money }).collect();
            Credit::Parts { record, money, you: me.money, others }
        } else {
            let is_today = place.zone.day_of(entry.at) == day;
            Credit::Share {
                record,
                won: if is_today { "today".to_owned() } else { "yesterday".to_owned() },
                money_a_year: money,
                role: "found".to_owned(),
                share: me.money,
                of_all: me.of_all,
            }
        });
    }
    Ok(credits)
}

/// The measure of the sum that the company is steered by, else of the first sum over deals, and the stage it is added up at.
fn measure_of_wins(defs: &Definitions) -> Option<(String, &str)> {
    let north = defs.workspace.north_star.as_deref().and_then(|name| defs.kpi(name));
    north.into_iter().chain(&defs.kpis).find_map(|kpi| match &kpi.kind {
        KpiKind::Sum { of, at: CountOf::Stage(stage) }
            if defs.stage(stage).is_some_and(|stage| stage.of == StageOf::Deal) =>
        {
            Some((of.to_string(), stage.as_str()))
        }
        KpiKind::Sum { .. }
        | KpiKind::Count { .. }
        | KpiKind::Conversion { .. }
        | KpiKind::Time { .. }
        | KpiKind::Share { .. }
        | KpiKind::Stock { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Formula { .. }
        | KpiKind::Standard { .. } => None,
    })
}

/// Every role's part: of the deal's owner, of who found the contact, or of a role that has no name here.
fn parts(workspace: &Workspace, motion: &Motion, entry: &Entry, money: Money, mine: &Personal) -> Option<Vec<Part>> {
    let split = split_money(money, &motion.credit)?;
    let people = [&entry.owner, &entry.sourced];
    let part = |(role, money): (String, Money)| {
        let person =
            people.into_iter().flatten().find(|name| workspace.person(name).is_some_and(|one| one.role == role));
        let share = motion.credit.iter().find(|(of, _)| *of == role).and_then(|(_, share)| share.to_f64());
        Part {
            who: person.map_or_else(
                || role.replace(['-', '_'], " "),
                |name| Person::new(workspace.person(name).map_or(&**name, |known| &known.email)).name,
            ),
            is_mine: mine.is(person),
            money,
            of_all: share.unwrap_or(0.0) / 100.0,
        }
    };
    Some(split.into_iter().map(part).collect())
}
