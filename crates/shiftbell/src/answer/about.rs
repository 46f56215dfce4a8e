//! What can be asked, what it means, and how fresh it is.

mod example;

use shiftbell_metrics::definitions::{CountOf, Definitions, Kpi, KpiKind, StageOf, Target, TimeTo};
use shiftbell_metrics::expression::Expression;
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, MS_PER_MINUTE};
use shiftbell_render::facts::{Figure, Footer, Person, SeenBy, SourceAge, Sources};
use shiftbell_render::messages::{
    KpiDefinition, KpiEntry, KpiGroup, KpiHelp, KpiList, KpiRefused, MotionMeaning, Refusal,
};
use shiftbell_store::{Session, sightings};

use super::{AskError, Asker, answered, facts, standard};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};

/// Days in which a source must have been heard to be mentioned.
const HEARD_WITHIN_DAYS: i32 = 30;

/// When each source was last heard.
pub(super) async fn ages(program: &Program, company: &Company) -> Result<Vec<SourceAge>, AskError> {
    let mut snapshot = program.db.read().await?;
    ages_at(&mut snapshot, company, program.clock.now()).await
}

/// The same, as this session sees it.
pub(crate) async fn ages_at(
    session: &mut Session,
    company: &Company,
    now: Instant,
) -> Result<Vec<SourceAge>, AskError> {
    let today = company.defs().workspace.zone.day_of(now);
    let seen = sightings::last_seen(session, company.name(), today.plus(-HEARD_WITHIN_DAYS)).await?;
    let mut ages = Vec::new();
    for source in &company.defs().sources {
        if let Some((_, last)) = seen.iter().find(|(id, _)| *id == source.id) {
            let minutes = u64::try_from((now.as_ms() - last) / MS_PER_MINUTE).unwrap_or(0);
            ages.push(SourceAge::new(company.workspace.source_name(&source.id), minutes));
        }
    }
    Ok(ages)
}

pub(super) fn refused(reason: Refusal) -> KpiRefused {
    KpiRefused { reason }
}

/// Who keeps the definitions: the reviewer of the roll-out, else whoever keeps a KPI.
pub(super) fn keeper(company: &Company) -> Option<Person> {
    let defs = company.defs();
    defs.rollout.reviewer.clone().or_else(|| defs.kpis.iter().find_map(|kpi| kpi.owner.clone())).map(Person::new)
}

/// Every KPI that can be asked, by kind.
pub(super) fn list(company: &Company) -> KpiList {
    let defs = company.defs();
    let can_be_asked = |kpi: &&Kpi| kpi.not_active.is_none();
    let of = |name: &str, wanted: fn(&Kpi) -> bool| KpiGroup {
        name: name.to_owned(),
        kpis: defs
            .kpis
            .iter()
            .filter(can_be_asked)
            .filter(|kpi| wanted(kpi))
            .map(|kpi| KpiEntry {
                slug: kpi.word().to_owned(),
                title: kpi.label.clone(),
                motions: motions_of(defs, kpi),
            })
            .collect(),
    };
    let groups = [
        of("Conversions", |kpi| matches!(kpi.kind, KpiKind::Conversion { .. })),
        of("Times", |kpi| matches!(kpi.kind, KpiKind::Time { .. }) || is_length(kpi)),
        of("Sums and counts", |kpi| matches!(kpi.kind, KpiKind::Sum { .. } | KpiKind::Count { .. })),
        of("Shares and stocks", |kpi| {
            matches!(kpi.kind, KpiKind::Share { .. } | KpiKind::Stock { .. } | KpiKind::Worklist { .. })
        }),
        of("Worked out from others", |kpi| {
            matches!(kpi.kind, KpiKind::Formula { .. } | KpiKind::Standard { .. }) && !is_length(kpi)
        }),
    ];
    let footer = Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None };
    KpiList { groups: groups.into_iter().filter(|group| !group.kpis.is_empty()).collect(), footer }
}

/// Whether a standard KPI is a length of time.
fn is_length(kpi: &Kpi) -> bool {
    matches!(&kpi.kind, KpiKind::Standard { name, .. } if name == "cycle-length" || name.ends_with("-time"))
}

fn motions_of(defs: &Definitions, kpi: &Kpi) -> Vec<String> {
    match &kpi.motion {
        Some(only) => vec![only.clone()],
        None => defs.motions.iter().map(|motion| motion.id.clone()).collect(),
    }
}

/// The short guide, with examples that work here.
pub(super) async fn help(program: &Program, company: &Company, asker: &Asker) -> Result<KpiHelp, AskError> {
    let defs = company.defs();
    let active: Vec<&Kpi> = defs.kpis.iter().filter(|kpi| kpi.not_active.is_none() && kpi.is_written).collect();
    let typed = |kpi: &&Kpi| kpi.word().to_owned();
    let rates: Vec<String> =
        active.iter().filter(|kpi| matches!(kpi.kind, KpiKind::Conversion { .. })).map(typed).collect();
    let count = active.iter().find(|kpi| matches!(&kpi.kind, KpiKind::Count { of: CountOf::Stage(_) })).map(typed);
    let listed = defs.dimensions.iter().find(|dimension| !dimension.values.is_empty());
    let today = defs.workspace.zone.day_of(program.clock.now());
    let (period, versus) = last_quarters(today);
    Ok(KpiHelp {
        rate: rates.first().cloned().unwrap_or_else(|| "new-arr".to_owned()),
        second: rates.last().cloned(),
        count,
        motion: defs.motions.first().map(|motion| motion.id.clone()),
        second_motion: defs.motions.last().map(|motion| motion.id.clone()),
        filter: listed.and_then(|dimension| Some(format!("{}:{}", dimension.name, dimension.values.first()?))),
        by: defs
            .dimensions
            .iter()
            .find(|other| listed.is_none_or(|listed| listed.name != other.name))
            .map(|other| other.name.clone()),
        period,
        versus,
        receipt: "r-7k3m".to_owned(),
        yours: match asker {
            Asker::Person(person) => defs
                .scorecards
                .roles
                .get(&person.role)
                .map(|lines| lines.iter().map(|line| line.kpi.clone()).collect())
                .unwrap_or_default(),
            Asker::Operator | Asker::Stranger { .. } => Vec::new(),
        },
        motions: defs.motions.iter().map(|motion| motion.id.clone()).collect(),
        dimensions: defs.dimensions.iter().map(|dimension| dimension.name.clone()).collect(),
        commands: ["/mrr", "/bowtie", "/whatif", "/shiftbell"].map(str::to_owned).to_vec(),
        ages: ages(program, company).await?,
    })
}

/// The latest complete quarter and the one before, as they are typed.
fn last_quarters(today: Day) -> (String, String) {
    let date = today.date();
    let this = i32::from(date.year()) * 4 + i32::from(date.month() - 1) / 3;
    let name = |quarter: i32| format!("{}-Q{}", quarter.div_euclid(4), quarter.rem_euclid(4) + 1);
    (name(this - 1), name(this - 2))
}

/// One definition, with what it is now in each motion where whoever asks may see that.
pub(super) async fn definition(
    program: &Program,
    company: &Company,
    asker: &Asker,
    slug: &str,
) -> Result<Option<KpiDefinition>, AskError> {
    let defs = company.defs();
    let Some(kpi) = defs.kpi(slug) else { return Ok(None) };
    let (mut motions, mut example) = (Vec::new(), None);
    for motion in motions_of(defs, kpi) {
        let mut question = Question { motion: Some(motion.clone()), ..Question::of(&kpi.slug) };
        // What a number means is for everybody, what it is now is not.
        let found = match rights::join(defs, asker, &mut question) {
            Right::Granted => answered(program, company, &question).await?.ok(),
            Right::Refused(_) => None,
        };
        let now = found.as_ref().map(|found| facts::whole_figure(&found.answer, defs));
        if let (None, Some(found)) = (&example, &found) {
            example = example::of_answer(defs, kpi, &found.answer).map(|said| format!("{motion}, {said}"));
        }
        motions.push(in_motion(defs, kpi, &motion, now));
    }
    let comes_from = example::comes_from(program, company, kpi, program.clock.now()).await?;
    let meaning = kpi.means.every.clone().or_else(|| kpi.means.by_motion.values().next().cloned());
    let slug = kpi.word().to_owned();
    Ok(Some(KpiDefinition {
        title: kpi.label.clone(),
        slug,
        meaning: lowered(meaning.unwrap_or_else(|| kpi.label.clone()).trim_end_matches('.')),
        motions,
        formula: formula(defs, kpi),
        once_each: matches!(kpi.kind, KpiKind::Conversion { .. } | KpiKind::Count { of: CountOf::Stage(_) }),
        comes_before: kpi
            .leads_to
            .first()
            .map(|next| defs.kpi(next).map_or_else(|| label(defs, next), |kpi| kpi.label.clone())),
        kept_by: kpi.owner.clone().map(Person::new),
        signed_on: kpi.signed,
        comes_from,
        example,
        version: program.versions.said(company.name(), &kpi.slug, &kpi.version),
    }))
}

fn in_motion(defs: &Definitions, kpi: &Kpi, motion: &str, now: Option<Figure>) -> MotionMeaning {
    let stage = |id: &str| facts_of(defs, motion, id);
    let (from, to, window) = match &kpi.kind {
        KpiKind::Conversion { from, to, within, .. } => {
            (stage(from), Some(stage(to)), within.of(motion).map(ToString::to_string))
        }
        KpiKind::Time { from, to: TimeTo::Stage(to), .. } => (stage(from), Some(stage(to)), None),
        KpiKind::Time { from, to: TimeTo::Fact(to), .. } => (stage(from), Some(words(to)), None),
        KpiKind::Count { of } | KpiKind::Sum { at: of, .. } => (counted(defs, motion, of), None, None),
        KpiKind::Share { of, also } => (words(of), Some(words(also)), None),
        KpiKind::Stock { .. } | KpiKind::Worklist { .. } => (formula(defs, kpi), None, None),
        KpiKind::Formula { .. } | KpiKind::Standard { .. } => (kpi.label.clone(), None, None),
    };
    let target = kpi.target.of(motion).map(|target| match target {
        Target::Rate(percent) => Figure::Share(decimal(*percent) / 100.0),
        Target::Number(number) => Figure::Number(decimal(*number)),
        Target::Span(span) => span.elapsed_ms().map_or(Figure::Nothing, |ms| {
            #[expect(clippy::cast_precision_loss, reason = "days of a target, shown with one digit")]
            Figure::Days(ms as f64 / MS_PER_DAY as f64)
        }),
    });
    MotionMeaning { motion: motion.to_owned(), from, to, window, target, now }
}

fn counted(defs: &Definitions, motion: &str, of: &CountOf) -> String {
    match of {
        CountOf::Stage(stage) => facts_of(defs, motion, stage),
        CountOf::Facts(facts) => facts.iter().map(|fact| words(fact)).collect::<Vec<_>>().join(" or "),
    }
}

/// What a stage means in a motion: its facts in words.
pub(super) fn facts_of(defs: &Definitions, motion: &str, stage: &str) -> String {
    let facts = defs.motion(motion).and_then(|motion| motion.stages.get(stage));
    match facts {
        Some(facts) => facts.iter().map(|fact| words(fact)).collect::<Vec<_>>().join(" or "),
        None => label(defs, stage),
    }
}

/// What a number is made of, without its period: the facts that are counted, else how it is worked out.
pub(super) fn made_of(defs: &Definitions, kpi: &Kpi, motion: Option<&str>) -> String {
    match &kpi.kind {
        KpiKind::Count { of: CountOf::Stage(stage) } if motion.is_none() => label(defs, stage),
        KpiKind::Count { of } => counted(defs, motion.unwrap_or_default(), of),
        KpiKind::Conversion { from, to, within, .. } => {
            let (from, to) = (label(defs, from), label(defs, to));
            let window = motion
                .and_then(|motion| within.of(motion))
                .map_or_else(|| "the window".to_owned(), ToString::to_string);
            format!("{from} of the period that reached {to} within {window} / {from} of the period")
        }
        KpiKind::Stock { .. } => kpi.means.every.as_ref().map_or_else(
            || format!("{}, as they stood at that moment", lowered(&kpi.label)),
            |means| lowered(means.trim_end_matches('.')),
        ),
        KpiKind::Time { .. }
        | KpiKind::Sum { .. }
        | KpiKind::Share { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Formula { .. }
        | KpiKind::Standard { .. } => formula(defs, kpi),
    }
}

fn formula(defs: &Definitions, kpi: &Kpi) -> String {
    match &kpi.kind {
        KpiKind::Conversion { from, to, .. } => {
            let (from, to) = (label(defs, from), label(defs, to));
            format!("{from} of the period that reached {to} within the window / {from} of the period")
        }
        KpiKind::Time { from, to, working_hours, .. } => {
            let to = match to {
                TimeTo::Stage(stage) => label(defs, stage),
                TimeTo::Fact(fact) => words(fact),
            };
            let clock = if *working_hours { " in working hours" } else { "" };
            format!("the middle of the times from {} to {to}{clock}, those still waiting included", label(defs, from))
        }
        KpiKind::Count { .. } => "how many in the period".to_owned(),
        KpiKind::Sum { of, .. } => format!("{of} added up over the period"),
        KpiKind::Share { of, also } => format!("{} that were also {} / {}", words(of), words(also), words(of)),
        KpiKind::Stock { of, filter, have } => stock(*of, filter.as_ref(), have.as_ref()),
        KpiKind::Worklist { due, due_by, done } => {
            let by: Vec<String> = due.iter().chain(due_by).map(|name| words(name)).collect();
            format!("of the records due by {}, those with {}", by.join(" or "), words(done))
        }
        KpiKind::Formula { text, .. } => text.clone(),
        KpiKind::Standard { name, .. } => standard::formula(defs, name),
    }
}

/// `open deals where deal.amount > 0, of which those with deal.contacts >= 2`
fn stock(of: StageOf, filter: Option<&Expression>, have: Option<&Expression>) -> String {
    let of = match of {
        StageOf::Visitor => "visitors",
        StageOf::Contact => "people without a deal who were not lost",
        StageOf::Deal => "open deals",
        StageOf::Customer => "customers",
    };
    let filter = filter.map(|filter| format!(" where {}", filter.text)).unwrap_or_default();
    let have = have.map(|have| format!(", of which those where {}", have.text)).unwrap_or_default();
    format!("{of} now{filter}{have}")
}

fn label(defs: &Definitions, stage: &str) -> String {
    defs.stage(stage).map_or_else(|| words(stage), |stage| stage.label.clone())
}

fn words(name: &str) -> String {
    name.replace(['-', '_'], " ")
}

fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn decimal(value: rust_decimal::Decimal) -> f64 {
    use rust_decimal::prelude::ToPrimitive;
    value.to_f64().unwrap_or_default()
}

/// A period with its zone, as a receipt says it.
pub(super) fn period_in_zone(period: &Period) -> String {
    let city = shiftbell_render::words::city(period.zone.name());
    format!("{}, {city} time", period.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_name_the_latest_complete_quarters() {
        let day = |year, month| Day::from_date(jiff::civil::date(year, month, 15));
        assert_eq!(last_quarters(day(2026, 11)), ("2026-Q3".into(), "2026-Q2".into()));
        assert_eq!(last_quarters(day(2027, 1)), ("2026-Q4".into(), "2026-Q3".into()));
    }
}
