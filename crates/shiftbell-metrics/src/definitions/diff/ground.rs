//! What numbers rest on: the workspace, facts, stages, motions, dimensions, policies.

use super::super::model::{Definitions, Fact, FieldName, Motion, SkipPolicy, Stage, Who};
use super::super::version;
use super::{Changed, Diff, by_name, names};
use crate::value::Value;

pub(super) fn compare(old: &Definitions, new: &Definitions, diff: &mut Diff) {
    workspace(old, new, diff);
    facts(old, new, diff);
    stages(old, new, diff);
    motions(old, new, diff);
    let all = names(
        new.dimensions.iter().map(|dimension| dimension.name.as_str()),
        old.dimensions.iter().map(|dimension| dimension.name.as_str()),
    );
    let say = |dimension: &super::super::model::Dimension| {
        let from: Vec<String> = dimension.from.iter().map(ToString::to_string).collect();
        let values = if dimension.values.is_empty() { "any value".to_owned() } else { dimension.values.join(", ") };
        format!("the first known of {}: {values}", from.join(", "))
    };
    by_name(diff, "dimension", |name| old.dimension(name), |name| new.dimension(name), all, &say, &say);
    policies(old, new, diff);
}

fn one(diff: &mut Diff, what: &'static str, name: &str, old: String, new: String) {
    if old != new {
        let (old, new) = (Some(old), Some(new));
        diff.changes.push(Changed { what, name: name.to_owned(), old, new, because: Vec::new() });
    }
}

fn workspace(old: &Definitions, new: &Definitions, diff: &mut Diff) {
    let both = [&old.workspace, &new.workspace];
    let mut said = |name: &str, of: &dyn Fn(&super::super::model::Workspace) -> String| {
        let [old, new] = both.map(of);
        one(diff, "workspace", name, old, new);
    };
    said("timezone", &|workspace| workspace.zone.name().to_owned());
    said("currency", &|workspace| workspace.currency.to_string());
    said("week_starts", &|workspace| format!("{:?}", workspace.week_starts));
    said("year_starts", &|workspace| format!("month {}", workspace.year_starts_month));
    let [old, new] = [old, new].map(|defs| version::conditions(&defs.privacy.test_records));
    one(diff, "workspace", "test_records", old, new);
}

fn facts(old: &Definitions, new: &Definitions, diff: &mut Diff) {
    let gone = |fact: &&Fact| new.fact(&fact.name).is_none();
    let mut renamed: Vec<(&str, &str)> = Vec::new();
    for fact in old.facts.iter().filter(gone) {
        let same = |other: &&Fact| old.fact(&other.name).is_none() && version::fact(other) == version::fact(fact);
        if let Some(other) = new.facts.iter().find(same)
            && !renamed.iter().any(|(_, taken)| *taken == other.name)
        {
            renamed.push((&fact.name, &other.name));
            diff.reworded.push(format!("fact {} is called {} now", fact.name, other.name));
        }
    }
    let is_renamed = |name: &str| renamed.iter().any(|(from, to)| *from == name || *to == name);
    let mut all =
        names(new.facts.iter().map(|fact| fact.name.as_str()), old.facts.iter().map(|fact| fact.name.as_str()));
    all.retain(|name| !is_renamed(name));
    by_name(diff, "fact", |name| old.fact(name), |name| new.fact(name), all, &version::fact, &say);
}

fn word(value: &Value) -> String {
    let json = value.to_json();
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// A fact in one line.
fn say(fact: &Fact) -> String {
    let list = |values: &[Value]| values.iter().map(word).collect::<Vec<_>>().join(" or ");
    let mut parts = Vec::new();
    if !fact.events.is_empty() {
        parts.push(fact.events.join(" or "));
    }
    parts.extend(fact.properties.iter().map(|(name, of)| format!("{name} is {}", list(of))));
    parts.extend(fact.state.iter().map(|(field, of): &(FieldName, Vec<Value>)| format!("{field} is {}", list(of))));
    parts.extend(fact.when.as_ref().map(|when| format!("when {}", when.text)));
    if !fact.by.is_empty() {
        parts.push(format!("by {}", fact.by.join(" or ")));
    }
    parts.extend(fact.nth.map(|nth| format!("only number {nth}")));
    parts.extend(fact.stage.as_ref().map(|stage| format!("while a {stage}")));
    parts.extend(fact.mrr.as_ref().map(|mrr| format!("recurring revenue: {mrr}")));
    parts.join(", ")
}

fn stages(old: &Definitions, new: &Definitions, diff: &mut Diff) {
    let means = |stage: &Stage| format!("{:?} {}", stage.of, stage.bowtie);
    let say = |stage: &Stage| format!("one is a {:?}, part of {}", stage.of, stage.bowtie).to_lowercase();
    let all = names(new.chain.iter().map(|stage| stage.id.as_str()), old.chain.iter().map(|stage| stage.id.as_str()));
    by_name(diff, "stage", |id| old.stage(id), |id| new.stage(id), all, &means, &say);
    let order = |defs: &Definitions, other: &Definitions| {
        let kept = defs.chain.iter().map(|stage| stage.id.clone()).filter(|id| other.stage(id).is_some());
        kept.collect::<Vec<_>>().join(", ")
    };
    one(diff, "stage", "order", order(old, new), order(new, old));
    let skipped = |defs: &Definitions| match defs.skipped {
        SkipPolicy::Implied => "a later stage implies the earlier ones".to_owned(),
        SkipPolicy::Strict => "every earlier stage must be seen".to_owned(),
        SkipPolicy::Any => "each stage by itself".to_owned(),
    };
    one(diff, "stage", "skipped", skipped(old), skipped(new));
    for stage in &new.chain {
        if let Some(before) = old.stage(&stage.id).filter(|before| before.label != stage.label) {
            diff.reworded.push(format!("stage {}: \"{}\" is called \"{}\" now", stage.id, before.label, stage.label));
        }
    }
}

/// The name under which a change of what a stage means in a motion is told.
pub(super) fn stage_in(motion: &str, stage: &str) -> String {
    format!("{motion}: {stage}")
}

fn motions(old: &Definitions, new: &Definitions, diff: &mut Diff) {
    let all =
        names(new.motions.iter().map(|motion| motion.id.as_str()), old.motions.iter().map(|motion| motion.id.as_str()));
    for id in all {
        match (old.motion(id), new.motion(id)) {
            (Some(before), Some(after)) => motion(old, new, before, after, diff),
            (before, after) => {
                let say = |motion: Option<&Motion>| motion.map(|motion| format!("{} ({})", motion.label, who(motion)));
                let (old, new) = (say(before), say(after));
                diff.changes.push(Changed { what: "motion", name: id.to_owned(), old, new, because: Vec::new() });
            }
        }
    }
}

fn motion(old: &Definitions, new: &Definitions, before: &Motion, after: &Motion, diff: &mut Diff) {
    let id = &after.id;
    one(diff, "motion", id, who(before), who(after));
    let as_of =
        |motion: &Motion| if motion.who_as_of_entry { "as they were then" } else { "as they are now" }.to_owned();
    one(diff, "motion", &stage_in(id, "as_of"), as_of(before), as_of(after));
    let later =
        |motion: &Motion| if motion.counts_again { "later wins count" } else { "later wins are expansion" }.to_owned();
    one(diff, "motion", &stage_in(id, "later_wins"), later(before), later(after));
    let credit = |motion: &Motion| {
        let each = motion.credit.iter().map(|(role, share)| format!("{role} {} %", share.normalize()));
        let mut each: Vec<String> = each.collect();
        each.sort();
        each.join(", ")
    };
    one(diff, "motion", &stage_in(id, "credit"), credit(before), credit(after));
    let ends = ["lost", "gone"];
    let stages = names(
        new.chain.iter().map(|stage| stage.id.as_str()).chain(ends),
        old.chain.iter().map(|stage| stage.id.as_str()),
    );
    for stage in stages {
        let of = |motion: &'_ Motion| match stage {
            "lost" => Some(motion.lost.clone()),
            "gone" => Some(motion.gone.clone()),
            _ => motion.stages.get(stage).cloned(),
        };
        let (was, is) = (of(before), of(after));
        // By what its facts mean: one that is only called differently changes nothing.
        if version::named_facts(old, was.as_ref()) != version::named_facts(new, is.as_ref()) {
            let say = |facts: Option<Vec<String>>| match facts {
                Some(facts) if !facts.is_empty() => facts.join(" or "),
                _ => "never".to_owned(),
            };
            let (was, is) = (say(was), say(is));
            let is = if was == is { format!("{is} (which means something else)") } else { is };
            one(diff, "motion", &stage_in(id, stage), was, is);
        }
    }
    if before.label != after.label {
        diff.reworded.push(format!("motion {id}: \"{}\" is called \"{}\" now", before.label, after.label));
    }
}

fn who(motion: &Motion) -> String {
    match &motion.who {
        Who::EveryoneElse => "everyone else".to_owned(),
        Who::That(..) => {
            let text = version::who(motion);
            text.strip_prefix(&motion.id).unwrap_or(&text).trim().trim_end_matches(" None").to_owned()
        }
    }
}

fn policies(old: &Definitions, new: &Definitions, diff: &mut Diff) {
    let (before, after) = (&old.policies, &new.policies);
    let all = names(after.mrr.keys().map(String::as_str), before.mrr.keys().map(String::as_str));
    for key in all {
        let of = |policies: &super::super::model::Policies| {
            policies.mrr.get(key).cloned().unwrap_or_else(|| "as usual".to_owned())
        };
        one(diff, "policy", &format!("mrr.{key}"), of(before), of(after));
    }
    one(diff, "policy", "mrr.rates", before.rates.words(), after.rates.words());
    let owner = |policies: &super::super::model::Policies| {
        if policies.credit_owner_at_the_time { "the owner at the time" } else { "the owner of today" }.to_owned()
    };
    one(diff, "policy", "numbers.credit_owner", owner(before), owner(after));
}
