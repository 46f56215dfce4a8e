//! Sources: whether they can reach us, whether we can ask them, and whether they are heard as usual.

use shiftbell_store::signatures::Checked;

use super::{counted, kept, know, n, sentence, span};
use crate::doctor::look::{Asked, Found, SourceFound, Stored};
use crate::doctor::{Finding, Known, Severity};
use crate::signatures::VALID;

use Severity::{MayNeedYou, NeedsYou};

pub(super) fn judge(found: &Found<'_>) -> Vec<Finding> {
    let mut all: Vec<Finding> = found
        .lacks
        .iter()
        .map(|lacks| {
            let means = sentence(lacks);
            Finding::new(
                "secret-not-set",
                MayNeedYou,
                means,
                "Set it where the program runs, or take it out of the file.",
            )
        })
        .collect();
    for source in &found.sources {
        all.extend(of_api(source));
        if let Some(stored) = kept(found) {
            all.extend(of_signatures(source, stored));
            all.extend(of_silence(found, source, stored));
        }
    }
    all
}

fn of_api(source: &SourceFound) -> Option<Finding> {
    let token = source.token.as_deref()?;
    match source.told.as_ref()? {
        Asked::Yes(told) if told.lacks.is_empty() => None,
        Asked::Yes(told) => {
            let what: Vec<&str> = told.lacks.iter().map(|lack| lack.what.as_str()).collect();
            let scopes: Vec<&str> = told.lacks.iter().flat_map(|lack| &lack.scopes).map(String::as_str).collect();
            let is_of_names = told.lacks.iter().all(|lack| lack.is_of_names);
            let (severity, so) = match is_of_names {
                true => (MayNeedYou, "their names are not known"),
                false => (NeedsYou, "they are not counted"),
            };
            let means = format!("The token of {} may not read {}, so that {so}.", source.name, what.join(", "));
            let ticks = if scopes.is_empty() { "what it needs".to_owned() } else { scopes.join(", ") };
            let todo = format!("Tick {ticks} in the private app under Scopes, and set {token} to its token again.");
            Some(Finding::new("source-scope-missing", severity, means, todo).of(&*source.id))
        }
        Asked::Refused { code, todo } => {
            let means = format!("{} refuses the token ({code}), so that it is not asked for what it has.", source.name);
            let todo =
                todo.clone().unwrap_or_else(|| format!("Take the token of the private app again and set {token}."));
            Some(Finding::new("source-token-refused", NeedsYou, means, todo).of(&*source.id))
        }
        Asked::NoAnswer { why } => {
            let means = format!("{} could not be asked: {why}.", source.name);
            let todo = "Look again in a few minutes; if it stays so, let this machine reach it.";
            Some(Finding::new("source-unreachable", MayNeedYou, means, todo).of(&*source.id))
        }
    }
}

/// What the signatures of the last weeks tell.
fn of_signatures(source: &SourceFound, stored: &Stored) -> Vec<Finding> {
    let Some(secret) = &source.secret else { return Vec::new() };
    let of: Vec<&Checked> = stored.signatures.iter().filter(|checked| checked.source == source.id).collect();
    let find = |verdict: &str| of.iter().find(|checked| checked.verdict == verdict);
    let last_valid = find(VALID).map_or(i64::MIN, |checked| checked.last_at_ms);
    let mut all = Vec::new();
    let refused = |verdict: &str| find(verdict).filter(|checked| checked.last_at_ms > last_valid);
    if let Some(wrong) = refused("wrong") {
        let deliveries = counted(n(wrong.n), "delivery");
        all.push(if find(VALID).is_none() {
            let means = format!(
                "None of {deliveries} of {} was signed with the secret that is set here: it is that of another app, or `public_url` \
                 is not the address that was given to {}.",
                source.name, source.name
            );
            let todo = format!("Set {secret} to the secret of the app that sends, and compare `public_url`.");
            Finding::new("secret-of-another-app", NeedsYou, means, todo).of(&*source.id)
        } else {
            let means = format!("{} signed with this secret until lately; now what comes is refused.", source.name);
            let todo = format!("Set {secret} to the secret that is in use now; `old_secret` takes the one before.");
            Finding::new("signatures-refused", NeedsYou, means, todo).of(&*source.id)
        });
    }
    if let Some(late) = refused("late").or_else(|| refused("early")) {
        let deliveries = counted(n(late.n), "delivery");
        let means = format!(
            "{deliveries} of {} were refused because their time is more than 5 minutes from ours.",
            source.name
        );
        let todo = "Let this machine set its clock over the network (NTP); the source sends them again.";
        all.push(Finding::new("signatures-out-of-time", MayNeedYou, means, todo).of(&*source.id));
    }
    all
}

fn of_silence(found: &Found<'_>, source: &SourceFound, stored: &Stored) -> Option<Finding> {
    if let Some((_, since)) = stored.silent.iter().find(|(id, _)| *id == source.id) {
        let ago = span(found.now.since(*since));
        let means = format!("{} has sent nothing for {ago}, longer than it ever does; its alerts wait.", source.name);
        let todo = match &source.token {
            Some(token) => format!("See what the log says of {}; is {token} still valid?", source.id),
            None => format!("Look at {} whether it still sends to /hooks/.../{}.", source.name, source.id),
        };
        return Some(Finding::new("source-silent", NeedsYou, means, todo).of(&*source.id));
    }
    if source.token.is_some()
        && stored.heard.iter().any(|(id, _)| *id == source.id)
        && !stored.told.contains(&source.id)
    {
        let means = format!("{} answers, and has no contact, company or deal.", source.name);
        let todo = "See that the token is of the account in which you work, and not of an empty one (a sandbox).";
        return Some(Finding::new("portal-empty", NeedsYou, means, todo).of(&*source.id));
    }
    let is_heard = stored.heard.iter().any(|(id, _)| *id == source.id);
    if is_heard || (source.secret.is_none() && source.token.is_none()) {
        return None;
    }
    let means = format!("Nothing has come from {} in the last 30 days.", source.name);
    let todo = match &source.token {
        Some(_) => "Run `shiftbell backfill`, or start `shiftbell serve`.".to_owned(),
        None => format!("Give {} the address /hooks/.../{}, or take it out of the file.", source.name, source.id),
    };
    Some(Finding::new("source-never-heard", MayNeedYou, means, todo).of(&*source.id))
}

/// When each source was heard last, and how its signatures were.
pub(super) fn known(found: &Found<'_>) -> Vec<Known> {
    let Some(stored) = kept(found) else { return Vec::new() };
    let mut all = Vec::new();
    for source in &found.sources {
        if let Some((_, at)) = stored.heard.iter().find(|(id, _)| *id == source.id) {
            all.push(know(format!("{} heard", source.id), format!("{} ago", span(found.now.as_ms() - at))));
        }
        let signed: Vec<String> = stored
            .signatures
            .iter()
            .filter(|checked| checked.source == source.id)
            .map(|checked| {
                format!("{} {}, last {} ago", checked.n, checked.verdict, span(found.now.as_ms() - checked.last_at_ms))
            })
            .collect();
        if !signed.is_empty() {
            all.push(know(format!("{} signatures", source.id), signed.join("; ")));
        }
    }
    all
}
