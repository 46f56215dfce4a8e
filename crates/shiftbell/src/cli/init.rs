//! `shiftbell init`: from a token to two files that mean something, in a few questions; and later, what is new in the account.

mod again;
mod ask;
mod chat;
mod choose;
mod files;
mod hubspot;

use secrecy::SecretString;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::time::Zone;

use super::{Here, Init};
use crate::failure::Failure;
use crate::init::suggest::{is_email, people};
use crate::init::{Outlet, Person, Plan, Source, slug, written};
use crate::secrets;
use ask::Asker;
pub(super) use files::replace;

/// Tries of a token that somebody types.
const TRIES_MAX: usize = 3;

/// Where the questions are answered, and what was typed meanwhile.
struct Desk<'a> {
    options: &'a Init,
    here: &'a Here,
    asker: Asker,
    /// Tokens that were typed, by the environment variable that shall hold them.
    typed: Vec<(String, SecretString)>,
}

pub(super) async fn run(options: &Init, here: Here) -> Result<(), Failure> {
    if let Some(what) = &options.show {
        print!("{}", chat::set_up(what)?);
        return Ok(());
    }
    let mut desk = Desk { options, here: &here, asker: Asker::new(options.yes), typed: Vec::new() };
    if let Some(file) = files::existing(options, &here)? {
        return again::run(&mut desk, &file).await;
    }
    let (outlet, team) = chat::outlet(&mut desk).await?;
    let (source, zone, currency) = match source_kind(&desk)? {
        "file" => (Source::File, None, None),
        _ => {
            let (portal, token) = hubspot::portal(&mut desk, None).await?;
            let account = portal.account.clone();
            let from = choose::from_hubspot(&desk, portal, token)?;
            (Source::HubSpot(Box::new(from)), account.zone, account.currency)
        }
    };
    let zone = zone_of(&desk, zone.as_deref())?;
    let reviewer = reviewer(&desk, &source)?;
    let workspace = workspace(options, team.as_deref())?;
    let plan = Plan {
        company: options.company.clone().or(team).unwrap_or_else(|| titled(&workspace)),
        workspace,
        zone,
        currency: currency.filter(|code| Currency::from_code(code).is_some()).unwrap_or_else(|| "USD".to_owned()),
        people: match &source {
            Source::HubSpot(from) => people(&from.portal, &reviewer),
            Source::File => vec![Person { email: reviewer.clone(), role: "revops" }],
        },
        source,
        outlet,
        reviewer,
    };
    let file = written::definitions(&plan).map_err(|why| {
        Failure::Other(anyhow::anyhow!(
            "the file that follows from these answers would not pass `shiftbell check`: {why}"
        ))
    })?;
    files::write(&here, &plan, &file)?;
    files::keep_tokens(&desk)?;
    println!("\n{}", next(&plan, file.left_out));
    Ok(())
}

/// The token in a variable, or one that is typed, until the service takes it. Gives what `asks` made of it.
async fn token<T>(
    desk: &mut Desk<'_>,
    env: &str,
    what: &str,
    set_up: &str,
    show: &str,
    asks: impl AsyncFn(SecretString) -> Result<T, String>,
) -> Result<T, Failure> {
    let known = secrets::of_process(env).filter(|token| !token.trim().is_empty());
    if let Some(token) = known {
        let asked = asks(SecretString::from(token.trim().to_owned())).await;
        return asked.map_err(|why| Failure::Other(anyhow::anyhow!("{why}")));
    }
    if !desk.asker.is_person() {
        return Err(Failure::Usage(format!(
            "there is no {what}: set the environment variable {env} (`shiftbell init --show {show}` says how)"
        )));
    }
    if !set_up.is_empty() {
        println!("\n{set_up}");
    }
    let mut why = String::new();
    for _ in 0..TRIES_MAX {
        let typed = desk.asker.secret(what, &format!("{env} in the environment"))?;
        match asks(typed.clone()).await {
            Ok(told) => {
                desk.typed.push((env.to_owned(), typed));
                return Ok(told);
            }
            Err(trouble) => {
                println!("{trouble}");
                why = trouble;
            }
        }
    }
    Err(Failure::Other(anyhow::anyhow!("{why}")))
}

fn source_kind(desk: &Desk<'_>) -> Result<&'static str, Failure> {
    let read = |text: &str| match text.trim().to_lowercase().as_str() {
        "hubspot" => Ok("hubspot"),
        "file" => Ok("file"),
        other => Err(format!("`{other}` is no source that is known; write hubspot or file")),
    };
    match &desk.options.source {
        Some(given) => read(given).map_err(Failure::Usage),
        None => {
            let options = [
                ("hubspot", "HubSpot, asked every five minutes".to_owned()),
                ("file", "files that are imported".to_owned()),
            ];
            desk.asker.choose("Where do the events come from?", &options, "--source hubspot|file", &read)
        }
    }
}

fn zone_of(desk: &Desk<'_>, likely: Option<&str>) -> Result<String, Failure> {
    let read = |text: &str| match Zone::named(text.trim()) {
        Some(zone) => Ok(zone.name().to_owned()),
        None => Err(format!("`{text}` is no time zone; write a name such as Europe/Berlin")),
    };
    if let Some(given) = &desk.options.zone {
        return read(given).map_err(Failure::Usage);
    }
    let options: Vec<(String, String)> =
        likely.and_then(Zone::named).map(|zone| (zone.name().to_owned(), zone.name().to_owned())).into_iter().collect();
    desk.asker.choose("In which time zone do the company's days begin?", &options, "--zone ZONE", &read)
}

/// Whoever receives everything at first: whoever made the token, else who says so.
fn reviewer(desk: &Desk<'_>, source: &Source) -> Result<String, Failure> {
    let read = |text: &str| match text.trim().to_lowercase() {
        email if is_email(&email) => Ok(email),
        _ => Err(format!("`{}` is no e-mail address", text.trim())),
    };
    if let Some(given) = &desk.options.reviewer {
        return read(given).map_err(Failure::Usage);
    }
    if let Source::HubSpot(from) = source
        && let Some(owner) = from
            .portal
            .owners
            .iter()
            .find(|owner| owner.is_active && owner.user.is_some() && owner.user == from.portal.made_by)
        && let Some(Ok(email)) = owner.email.as_deref().map(read)
    {
        return Ok(email);
    }
    desk.asker.choose("Your e-mail? You receive everything at first, nobody else.", &[], "--reviewer E-MAIL", &read)
}

fn workspace(options: &Init, team: Option<&str>) -> Result<String, Failure> {
    match &options.workspace {
        Some(name) if slug(name).as_deref() == Some(name) => Ok(name.clone()),
        Some(name) => {
            let fix = slug(name).map_or_else(String::new, |near| format!("; write `{near}`"));
            Err(Failure::Usage(format!("`{name}` cannot name a workspace: small letters, digits and hyphens do{fix}")))
        }
        None => Ok(options.company.as_deref().or(team).and_then(slug).unwrap_or_else(|| "company".to_owned())),
    }
}

/// `clowns-to-go` as a name for people.
fn titled(workspace: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().to_string() + letters.as_str())
    };
    workspace.split('-').map(word).collect::<Vec<_>>().join(" ")
}

fn next(plan: &Plan, left_out: usize) -> String {
    let mut out = String::new();
    if left_out > 0 {
        out.push_str(&format!(
            "{left_out} more owners have no line in [teams.company.people]: add those who shall receive something.\n"
        ));
    }
    out.push_str("Next:\n  shiftbell check      reads the file as the program does\n");
    match plan.source {
        Source::HubSpot(_) => out.push_str("  shiftbell backfill   reads what HubSpot has\n"),
        Source::File => out.push_str("  shiftbell import FILE --source files\n"),
    }
    out.push_str("  shiftbell ask '/kpi mql-conversion'\n  shiftbell serve      answers, and keeps reading; until you say more, only ");
    out.push_str(&plan.reviewer);
    out.push_str(" receives messages");
    if plan.outlet == Outlet::Console {
        out.push_str(", in this terminal");
    }
    out
}
