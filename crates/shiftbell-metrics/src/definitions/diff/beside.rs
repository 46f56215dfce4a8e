//! What changed beside the numbers: by name only.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::super::model::Definitions;

/// Names of what was added, removed or changed, as the file calls it.
pub(super) fn changed(old: &Definitions, new: &Definitions) -> Vec<String> {
    let mut said = Vec::new();
    for (section, old, new) in sections(old, new) {
        for (name, text) in &new {
            match old.get(name) {
                None => said.push(format!("{section}{name} added")),
                Some(before) if before != text => said.push(format!("{section}{name} changed")),
                Some(_) => {}
            }
        }
        said.extend(old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("{section}{name} removed")));
    }
    said
}

/// What is compared of a thing, by its name.
type Texts = BTreeMap<String, String>;

fn named<'a, T: Debug + 'a>(all: impl IntoIterator<Item = (&'a String, &'a T)>) -> Texts {
    all.into_iter().map(|(name, of)| (name.clone(), format!("{of:?}"))).collect()
}

fn whole(name: &str, of: &impl Debug) -> Texts {
    BTreeMap::from([(name.to_owned(), format!("{of:?}"))])
}

/// The sections that change no number.
fn sections<'d>(old: &'d Definitions, new: &'d Definitions) -> Vec<(&'static str, Texts, Texts)> {
    let mut sections = Vec::new();
    let mut add =
        |section: &'static str, of: &dyn Fn(&'d Definitions) -> Texts| sections.push((section, of(old), of(new)));
    add("", &|defs| whole("workspace.name", &defs.workspace.name));
    add("", &|defs| whole("workspace.north_star", &defs.workspace.north_star));
    add("", &|defs| whole("workspace.business_model", &defs.workspace.business_model));
    add("", &|defs| whole("workspace.growth_stage", &defs.workspace.growth_stage));
    add("", &|defs| whole("dimensions.always_show", &defs.always_show));
    add("", &|defs| whole("goals", &(&defs.goals, &defs.new_in_role)));
    add("scorecards.", &|defs| named(&defs.scorecards.roles));
    add("", &|defs| {
        let scorecards = &defs.scorecards;
        whole("scorecards", &(scorecards.good_day, scorecards.partly, scorecards.first_week_numbers_only))
    });
    add("funnels.", &|defs| named(defs.funnels.iter().map(|funnel| (&funnel.id, funnel))));
    add("people ", &|defs| named(defs.people.iter().map(|person| (&person.email, person))));
    add("teams.", &|defs| named(defs.teams.iter().map(|team| (&team.id, team))));
    add("places.", &|defs| named(&defs.places));
    add("destinations.", &|defs| named(&defs.destinations));
    add("digests.", &|defs| named(defs.digests.iter().map(|digest| (&digest.id, digest))));
    add("rules.", &|defs| named(defs.rules.iter().map(|rule| (&rule.id, rule))));
    add("", &|defs| whole("noise", &defs.noise));
    add("rights.", &|defs| named(&defs.rights));
    add("", &|defs| {
        let privacy = &defs.privacy;
        let of = (
            privacy.person_in_channel,
            privacy.ranking,
            &privacy.manager_sees,
            privacy.smallest_group,
            privacy.keep_days,
        );
        whole("privacy", &of)
    });
    add("", &|defs| whole("rollout", &defs.rollout));
    add("sources.", &|defs| named(defs.sources.iter().map(|source| (&source.id, source))));
    add("outlets.", &|defs| named(defs.outlets.iter().map(|outlet| (&outlet.kind, outlet))));
    add("motions: pace and touch of ", &|defs| {
        let of = defs
            .motions
            .iter()
            .map(|motion| (motion.id.clone(), format!("{:?}", (&motion.touch, &motion.lead_by, motion.paced))));
        of.collect()
    });
    add("", &|defs| {
        let policies = &defs.policies;
        let of = (policies.default_period_weeks, policies.too_few, policies.level_points, policies.late_data);
        whole("policies.numbers", &(of, policies.new_meaning_all_history))
    });
    sections
}
