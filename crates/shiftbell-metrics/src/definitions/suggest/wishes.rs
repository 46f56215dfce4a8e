//! KPIs that would be good to have, and whether the file has them already.

use super::super::model::{CountOf, Definitions, Kpi, KpiKind, Motion, Stage, StageOf, TimeTo};
use super::super::say::lower;
use super::{Suggestion, Suggestions, left, won};
use crate::model::BUSINESS_MODELS;

/// A KPI that would be good to have.
pub(super) struct Wish {
    slug: String,
    label: String,
    means: String,
    level: &'static str,
    /// Its kind as the file writes it.
    kind: String,
    lower_is_better: bool,
    /// How a target of it is written.
    slot: &'static str,
    why: String,
    /// Whether the file has it under whatever name.
    is_held: bool,
    /// What the file lacks for it.
    lacks: Option<String>,
}

impl Wish {
    /// Adds it, unless the file has it; or what it lacks.
    pub(super) fn settle(self, defs: &Definitions, suggestions: &mut Suggestions) {
        let is_written = defs.kpi(&self.slug).is_some_and(|kpi| kpi.is_written);
        let name = format!("kpis.{}", self.slug);
        if self.is_held || is_written || suggestions.blocks.iter().any(|block| block.name == name) {
            return;
        }
        if let Some(lacks) = self.lacks {
            suggestions.missing.push(format!("{}: {}; {lacks}", self.label, self.why));
            return;
        }
        let quoted = |text: &str| toml_edit::Value::from(text).to_string();
        let better = if self.lower_is_better { "better  = \"lower\"\n" } else { "" };
        let toml = format!(
            "[{name}]\nlabel   = {}\nmeans   = {}\nlevel   = \"{}\"\n{}\n{better}# target = {}  # your own, or a benchmark that you trust\n",
            quoted(&self.label),
            quoted(&self.means),
            self.level,
            self.kind,
            self.slot,
        );
        suggestions.blocks.push(Suggestion { name, why: self.why, toml });
    }
}

fn holds(defs: &Definitions, is_it: impl Fn(&Kpi) -> bool) -> bool {
    defs.kpis.iter().any(|kpi| kpi.is_written && is_it(kpi))
}

/// What would be good to have, in the order in which it matters.
pub(super) fn of(defs: &Definitions) -> Vec<Wish> {
    let growth = defs.workspace.growth_stage.as_str();
    let model = defs.workspace.business_model.as_str();
    let touches: Vec<&str> = defs.motions.iter().map(|motion| motion.touch.as_str()).collect();
    let has_touch = |wanted: &[&str]| touches.iter().any(|touch| wanted.contains(touch));
    let mut wishes = Vec::new();
    wishes.extend(won(defs).map(|won| count(defs, won, "what it all leads to, countable from the first day")));
    wishes.extend(won(defs).map(|won| amount(defs, won)));
    if growth != "pmf" || has_touch(&["no", "low"]) {
        wishes.extend(steps(defs, growth));
    }
    if growth != "pmf" && has_touch(&["low", "medium", "high", "dedicated"]) {
        wishes.extend(cycle(defs));
        wishes.push(standard(defs, "win-rate", "primary", "\"   %\"", "tells whether deals are lost or only slow"));
    }
    if matches!(growth, "scale-up" | "grown-up") && has_touch(&["medium", "high", "dedicated"]) {
        wishes.push(standard(defs, "sales-velocity", "secondary", "0", "one number for how fast deals become money"));
        wishes.push(standard(defs, "coverage", "secondary", "0", "whether what is open can still carry the goal"));
    }
    if matches!(growth, "scale-up" | "grown-up") {
        wishes.push(cost(defs));
    }
    if BUSINESS_MODELS.iter().any(|known| known.word == model && known.recurs) {
        wishes.extend(recurring(defs, growth, model));
    }
    if has_touch(&["medium", "high", "dedicated"]) {
        let next = ("next-steps", "Next steps set", "Of the open deals, how many have a next step in the future.");
        wishes.push(stock(defs, next, "deal.next_step_at > now", "a deal without a next step is led by nobody"));
    }
    if has_touch(&["high", "dedicated"]) {
        let second =
            ("second-contact", "Deals with a second contact", "Of the open deals, how many have two contacts or more.");
        wishes.push(stock(defs, second, "deal.contacts >= 2", "a large deal that hangs on one person falls with them"));
    }
    wishes
}

fn wish(slug: impl Into<String>, label: impl Into<String>, means: impl Into<String>, kind: String) -> Wish {
    Wish {
        slug: slug.into(),
        label: label.into(),
        means: means.into(),
        level: "primary",
        kind,
        lower_is_better: false,
        slot: "\"   %\"",
        why: String::new(),
        is_held: false,
        lacks: None,
    }
}

fn count(defs: &Definitions, stage: &Stage, why: &str) -> Wish {
    let known = defs.kpi(&stage.id).map_or(stage.id.clone(), |kpi| kpi.slug.clone());
    let is_it = |kpi: &Kpi| matches!(&kpi.kind, KpiKind::Count { of: CountOf::Stage(of) } if *of == stage.id);
    Wish {
        slot: "0",
        why: why.to_owned(),
        is_held: holds(defs, is_it),
        ..wish(
            known,
            &stage.label,
            format!("How many {} {}.", stage.whose(), stage.reached(stage.of)),
            format!("count   = \"{}\"", stage.id),
        )
    }
}

fn amount(defs: &Definitions, won: &Stage) -> Wish {
    let is_it = |kpi: &Kpi| matches!(&kpi.kind, KpiKind::Sum { at: CountOf::Stage(at), .. } if *at == won.id);
    let kind = format!("sum     = {{ of = \"deal.amount\", at = \"{}\" }}", won.id);
    Wish {
        slot: "0",
        level: "north-star",
        why: "revenue is the North Star; name it under [workspace] as north_star once you agree on it".to_owned(),
        is_held: holds(defs, is_it),
        ..wish("won-amount", "Amount won", "The amounts of the deals that were won.", kind)
    }
}

fn steps(defs: &Definitions, growth: &str) -> Vec<Wish> {
    let left = left(defs);
    let pairs = left.windows(2).filter_map(|pair| match pair {
        [from, to] => Some((*from, *to)),
        _ => None,
    });
    let both = |from: &Stage, to: &Stage| {
        let has = |id: &str, motion: &Motion| motion.stages.contains_key(id);
        defs.motions.iter().any(|motion| has(&from.id, motion) && has(&to.id, motion))
    };
    let one = |(from, to): (&Stage, &Stage)| {
        let is_it =
            |kpi: &Kpi| matches!(&kpi.kind, KpiKind::Conversion { from: a, to: b, .. } if *a == from.id && *b == to.id);
        let means = format!("Of those who {}, how many {}.", from.reached(from.of), to.reached(from.of));
        let kind = format!(
            "conversion = {{ from = \"{}\", to = \"{}\", within = \"90 days\" }}  # the window is yours to choose",
            from.id, to.id
        );
        Wish {
            level: if growth == "grown-up" { "secondary" } else { "primary" },
            why: "a step that falls is seen here before the revenue falls".to_owned(),
            is_held: holds(defs, is_it),
            ..wish(format!("{}-to-{}", from.id, to.id), format!("{} to {}", from.one(), lower(&to.one())), means, kind)
        }
    };
    pairs.filter(|(from, to)| both(from, to)).map(one).collect()
}

fn cycle(defs: &Definitions) -> Option<Wish> {
    let won = won(defs)?;
    let deal = left(defs).into_iter().find(|stage| stage.of == StageOf::Deal && stage.id != won.id)?;
    let is_it = |kpi: &Kpi| matches!(&kpi.kind, KpiKind::Time { from, to: TimeTo::Stage(to), .. } if *from == deal.id && *to == won.id);
    let kind = format!("time    = {{ from = \"{}\", to = \"{}\", show = \"median\" }}", deal.id, won.id);
    Some(Wish {
        lower_is_better: true,
        slot: "\"   days\"",
        why: "what takes longer than it used to is lost more often".to_owned(),
        is_held: holds(defs, is_it),
        ..wish(
            "sales-cycle",
            "Sales cycle",
            format!(
                "Time from {} to {}, the open ones counted as still waiting.",
                lower(&deal.one()),
                lower(&won.one())
            ),
            kind,
        )
    })
}

fn standard(defs: &Definitions, name: &str, level: &'static str, slot: &'static str, why: &str) -> Wish {
    let is_it = |kpi: &Kpi| matches!(&kpi.kind, KpiKind::Standard { name: of, .. } if of == name);
    let known = defs.kpis.iter().find(|kpi| is_it(kpi));
    let label = known.map_or(name, |kpi| kpi.label.as_str()).to_owned();
    let lacks = known.is_none().then(|| "no motion has deals that are won, so it cannot be worked out".to_owned());
    let over = if name.ends_with("-retention") { "\nover    = \"12 months\"" } else { "" };
    Wish {
        level,
        slot,
        why: why.to_owned(),
        is_held: holds(defs, is_it),
        lacks,
        ..wish(name, label, meaning_of(name), format!("standard = \"{name}\"{over}"))
    }
}

/// What standard KPIs mean, for people.
fn meaning_of(name: &str) -> &'static str {
    match name {
        "win-rate" => "Of the deals won or lost in the period, how many were won.",
        "sales-velocity" => "What the open deals bring a day, at their win rate, amount and time.",
        "coverage" => "Open deals, divided by what is still to be won of the goal.",
        "gross-retention" => "Of the recurring revenue of a year ago, what is still there, without any expansion.",
        "net-retention" => "Of the recurring revenue of a year ago, what it is today, with expansion.",
        "customer-retention" => "Of the customers of a year ago, how many are still customers.",
        "expansion-mrr" => "What customers added to their recurring revenue.",
        "committed-mrr" => {
            "What customers pay a month by contract, what has ended taken off and what has been signed added."
        }
        "usage-mrr" => "What was charged by use, apart from what is committed.",
        _ => "Customers who pay now.",
    }
}

fn recurring(defs: &Definitions, growth: &str, model: &str) -> Vec<Wish> {
    let of = |name, level, slot, why| standard(defs, name, level, slot, why);
    let rate = "\"   %\"";
    let mut wishes =
        vec![of("customer-retention", "primary", rate, "who stays says first whether it is worth the money")];
    if growth == "pmf" {
        wishes.push(of("paying-customers", "primary", "0", "that somebody pays is the first test"));
    } else {
        wishes.push(of("gross-retention", "primary", rate, "what leaks out has to be won anew before anything grows"));
    }
    if matches!(growth, "scale-up" | "grown-up") {
        wishes.push(of("net-retention", "primary", rate, "whether customers grow by themselves"));
    }
    if growth == "grown-up" {
        wishes.push(of("expansion-mrr", "primary", "0", "most of the growth comes from here"));
    }
    if model == "consumption" {
        wishes.push(of("committed-mrr", "primary", "0", "what is sure of next month"));
        wishes.push(of("usage-mrr", "secondary", "0", "what is used moves early, in both directions"));
    }
    wishes
}

fn stock(defs: &Definitions, (slug, label, means): (&str, &str, &str), have: &str, why: &str) -> Wish {
    let is_it = |kpi: &Kpi| matches!(&kpi.kind, KpiKind::Stock { of: StageOf::Deal, have: Some(held), .. } if held.text.contains(have.split(' ').next().unwrap_or(have)));
    Wish {
        level: "secondary",
        why: why.to_owned(),
        is_held: holds(defs, is_it),
        ..wish(slug, label, means, format!("stock   = {{ of = \"deal\", where = 'deal.open', have = '{have}' }}"))
    }
}

/// What a customer costs needs a KPI that says what was spent.
fn cost(defs: &Definitions) -> Wish {
    let spent =
        defs.kpis.iter().find(|kpi| kpi.is_written && matches!(&kpi.kind, KpiKind::Sum { of, .. } if of.of == "spend"));
    let counted = won(defs).and_then(|won| defs.kpi(&won.id)).map(|kpi| kpi.slug.clone());
    let lacks = match (&spent, &counted) {
        (Some(_), Some(_)) => None,
        (None, _) => Some(
            "first add a KPI for what was spent: sum = { of = \"spend.amount\", on = \"a fact for it\" }".to_owned(),
        ),
        (_, None) => Some("no motion says what won means".to_owned()),
    };
    let kind = format!(
        "formula = '{} / {}'",
        spent.map_or("spend", |kpi| kpi.slug.as_str()),
        counted.as_deref().unwrap_or("won")
    );
    let is_it = |kpi: &Kpi| {
        let rests = |name: &String| spent.is_some_and(|spent| spent.slug == *name);
        matches!(&kpi.kind, KpiKind::Formula { kpis, .. } if kpis.iter().any(rests))
    };
    Wish {
        level: "secondary",
        lower_is_better: true,
        slot: "0",
        why: "growing is only worth it below what a customer brings".to_owned(),
        is_held: holds(defs, is_it),
        lacks,
        ..wish(
            "cac",
            "Cost of a new customer",
            "What was spent on winning customers, divided by the customers won.",
            kind,
        )
    }
}
