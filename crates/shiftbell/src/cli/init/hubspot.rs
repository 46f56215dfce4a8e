//! The account: its token, checked on the spot, and how it is set up.

use secrecy::SecretString;
use shiftbell_sources::hubspot::portal::{Need, Portal, SCOPES, Scope};
use tokio_util::sync::CancellationToken;

use super::{Desk, Here, token};
use crate::failure::Failure;
use crate::portal;
use crate::work::poll::Connection;

/// What somebody has to do in HubSpot.
pub(super) fn set_up() -> String {
    let mut out =
        "HubSpot: Settings, Integrations, Private Apps (or Legacy Apps), Create. Under Scopes, tick\n".to_owned();
    for scope in &SCOPES {
        out.push_str(&format!("  {:<28}{}\n", scope.name, scope.reads));
    }
    out.push_str("then Create app, and copy the access token: it begins with pat-\n");
    out
}

/// Reads the account, with the token in `env` or one that is typed. Returns the variable's name as well.
///
/// # Errors
/// What the token lacks, or that there is none.
pub(super) async fn portal(desk: &mut Desk<'_>, env: Option<&str>) -> Result<(Portal, String), Failure> {
    let env = env.unwrap_or(&desk.options.hubspot_token_env).to_owned();
    let here = desk.here;
    let portal =
        token(desk, &env, "HubSpot token", &set_up(), "hubspot", async |token: SecretString| read(here, &token).await)
            .await?;
    say(&portal);
    Ok((portal, env))
}

async fn read(here: &Here, token: &SecretString) -> Result<Portal, String> {
    let connection = Connection::new(&here.config.hubspot_api_url, token)?;
    let read = portal::read(&connection, "v3", &here.clock, &CancellationToken::new()).await;
    let portal = read.map_err(|problem| problem.to_string())?.unwrap_or_default();
    let lacks: Vec<String> =
        portal.lacks().into_iter().filter(|scope| scope.need == Need::Always).map(Scope::missing).collect();
    if lacks.is_empty() { Ok(portal) } else { Err(lacks.join("\n")) }
}

/// What was found, in two lines; and what is missing but not needed.
fn say(portal: &Portal) {
    let zone = portal.account.zone.as_deref().unwrap_or("no time zone");
    let active = portal.owners.iter().filter(|owner| owner.is_active).count();
    println!(
        "HubSpot account {}: {zone}, {}; {}, {}, {}.",
        portal.account.id,
        portal.account.currency.as_deref().unwrap_or("no currency"),
        counted(portal.pipelines.len(), "pipeline"),
        counted(portal.forms.len(), "form"),
        counted(active, "owner"),
    );
    if !portal.account.more_currencies.is_empty() {
        println!(
            "note: deals may also be in {}; their amounts are read as in the currency of the account",
            portal.account.more_currencies.join(", ")
        );
    }
    // A scope that is missing is told once, with its consequence.
    let lacks = portal.lacks();
    for lack in &lacks {
        println!("note: {}", lack.missing());
    }
    for why in portal.unread.values().filter(|why| lacks.is_empty() || !why.starts_with("the token may not read")) {
        println!("note: {why}");
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
