//! The four questions about an account. The likely answer comes first; each has its flag.

use shiftbell_metrics::id::EntityKind;
use shiftbell_sources::hubspot::portal::Portal;

use super::Desk;
use crate::failure::Failure;
use crate::init::sign::unknown;
use crate::init::suggest::{may_follow, mql_signs, splits, sql_signs, ways, won};
use crate::init::{FromHubSpot, Sign, Split, WAYS_MAX, Way, slug};

pub(super) fn from_hubspot(desk: &Desk<'_>, portal: Portal, token: String) -> Result<FromHubSpot, Failure> {
    let (split, ways) = ways_of_selling(desk, &portal)?;
    let mql = sign(desk, &portal, "MQL", desk.options.mql.as_deref(), &mql_signs(&portal), &|_| Ok(()))?;
    let sql = sign(desk, &portal, "SQL", desk.options.sql.as_deref(), &sql_signs(&portal, &mql), &|sql| {
        may_follow(&mql, sql)
    })?;
    let won = wins(desk, &portal, &split)?;
    Ok(FromHubSpot { portal, token, split, ways, mql, sql, won })
}

/// Which pipelines, or which property, make ways of selling of their own.
fn ways_of_selling(desk: &Desk<'_>, portal: &Portal) -> Result<(Split, Vec<Way>), Failure> {
    if !desk.options.motion.is_empty() {
        return given(desk, portal);
    }
    let read = |text: &str| read_split(portal, text);
    let split = match &desk.options.motions {
        Some(text) => read(text).map_err(Failure::Usage)?,
        None => {
            let options: Vec<(Split, String)> =
                splits(portal).into_iter().map(|split| (split.clone(), said(&split, portal))).collect();
            if options.len() == 1 {
                options[0].0.clone()
            } else {
                desk.asker.choose(
                    "What tells your ways of selling apart?",
                    &options,
                    "--motions one|pipelines|PROPERTY",
                    &read,
                )?
            }
        }
    };
    let ways = ways(&split, portal);
    Ok((split, ways))
}

/// `--motion b2b=Sales Pipeline`: the first one takes everybody without a deal too.
fn given(desk: &Desk<'_>, portal: &Portal) -> Result<(Split, Vec<Way>), Failure> {
    let mut all: Vec<Way> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for text in &desk.options.motion {
        let (name, label) = text.split_once('=').unwrap_or((text, ""));
        let (name, label) = (name.trim(), label.trim());
        if slug(name).as_deref() != Some(name) || all.iter().any(|way| way.slug == name) {
            return Err(Failure::Usage(format!(
                "--motion {text}: `{name}` cannot name a way of selling, or names two; write for example b2b=PIPELINE"
            )));
        }
        if label.is_empty() && desk.options.motion.len() == 1 {
            return Ok((Split::Nothing, vec![Way { slug: name.to_owned(), label: name.to_owned(), of: None }]));
        }
        let found = portal.pipelines.iter().find(|of| of.label.eq_ignore_ascii_case(label) || of.id == label);
        let Some(pipeline) = found else {
            let labels = portal.pipelines.iter().map(|of| of.label.as_str());
            return Err(Failure::Usage(unknown("pipeline", label, labels)));
        };
        all.push(Way {
            slug: name.to_owned(),
            label: pipeline.label.clone(),
            of: (!all.is_empty()).then(|| pipeline.id.clone()),
        });
        ids.push(pipeline.id.clone());
    }
    if all.len() > WAYS_MAX {
        return Err(Failure::Usage(format!(
            "a file of one screen has room for {WAYS_MAX} ways of selling; add the others by hand"
        )));
    }
    Ok((Split::Pipelines(ids), all))
}

fn read_split(portal: &Portal, text: &str) -> Result<Split, String> {
    let text = text.trim();
    let known = splits(portal);
    let pipelines = known.iter().find(|split| matches!(split, Split::Pipelines(_)));
    match text.to_lowercase().as_str() {
        "one" | "nothing" => Ok(Split::Nothing),
        "pipelines" => pipelines.cloned().ok_or_else(|| {
            format!("pipelines can be told apart where two to {WAYS_MAX} of them have won deals; name them with --motion NAME=PIPELINE")
        }),
        _ => {
            let companies = portal.properties.get(&EntityKind::Company).map(Vec::as_slice).unwrap_or_default();
            let is_meant = |name: &str, label: &str| name == text || label.eq_ignore_ascii_case(text);
            let found = companies.iter().find(|of| is_meant(&of.name, &of.label));
            let Some(property) = found else {
                let with_few = companies.iter().filter(|of| (2..=WAYS_MAX).contains(&of.options.len()));
                return Err(unknown("property of companies with few options", text, with_few.map(|of| of.label.as_str())));
            };
            let split = Split::Property { name: property.name.clone(), label: property.label.clone() };
            match ways(&split, portal).len() {
                2..=WAYS_MAX => Ok(split),
                n => Err(format!("\"{}\" has {n} options; two to {WAYS_MAX} can be ways of selling", property.label)),
            }
        }
    }
}

fn said(split: &Split, portal: &Portal) -> String {
    let labels = || ways(split, portal).into_iter().map(|way| way.label).collect::<Vec<_>>().join(", ");
    match split {
        Split::Nothing => "nothing: there is one way".to_owned(),
        Split::Pipelines(_) => format!("the pipeline of the deal ({})", labels()),
        Split::Property { label, .. } => format!("the company's \"{label}\" ({})", labels()),
    }
}

fn sign(
    desk: &Desk<'_>,
    portal: &Portal,
    what: &str,
    given: Option<&str>,
    signs: &[Sign],
    check: &dyn Fn(&Sign) -> Result<(), String>,
) -> Result<Sign, Failure> {
    let read = |text: &str| {
        let sign = Sign::read(text, portal)?;
        check(&sign).map(|()| sign)
    };
    if let Some(text) = given {
        return read(text).map_err(Failure::Usage);
    }
    let options: Vec<(Sign, String)> = signs.iter().map(|sign| (sign.clone(), sign.to_string())).collect();
    let flag =
        format!("--{} \"form: NAME\"|meeting|\"score: PROPERTY > 10\"|\"lifecycle: STAGE\"", what.to_lowercase());
    desk.asker.choose(&format!("Somebody is an {what} when"), &options, &flag, &read)
}

/// In which stages deals are won.
fn wins(desk: &Desk<'_>, portal: &Portal, split: &Split) -> Result<Vec<String>, Failure> {
    let read = |text: &str| {
        let wanted = text.split(',').map(str::trim).filter(|label| !label.is_empty());
        let stage = |label: &str| {
            let is_meant = |(_, stage): &(_, &shiftbell_sources::hubspot::portal::Stage)| {
                stage.label.eq_ignore_ascii_case(label) || stage.id == label
            };
            let ids: Vec<String> = portal.stages().filter(is_meant).map(|(_, stage)| stage.id.clone()).collect();
            if ids.is_empty() {
                return Err(unknown("stage", label, portal.stages().map(|(_, stage)| stage.label.as_str())));
            }
            Ok(ids)
        };
        Ok(wanted.map(stage).collect::<Result<Vec<_>, String>>()?.concat())
    };
    if !desk.options.won.is_empty() {
        return read(&desk.options.won.join(",")).map_err(Failure::Usage);
    }
    let likely = won(portal, split);
    if likely.is_empty() && portal.stages().next().is_none() {
        // An account without any pipeline: what it gets first has HubSpot's own stages.
        return Ok(likely);
    }
    let label = |ids: &[String]| {
        let of = portal.stages().filter(|(_, stage)| ids.contains(&stage.id));
        of.map(|(pipeline, stage)| format!("\"{}\" of {}", stage.label, pipeline.label)).collect::<Vec<_>>().join(", ")
    };
    let mut options: Vec<(Vec<String>, String)> = Vec::new();
    if !likely.is_empty() {
        options.push((likely.clone(), label(&likely)));
    }
    if likely.len() > 1 {
        options.extend(likely.iter().take(6).map(|id| (vec![id.clone()], label(std::slice::from_ref(id)))));
    }
    desk.asker.choose("A deal is won in", &options, "--won STAGE", &read)
}
