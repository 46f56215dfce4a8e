//! Connections to the chat systems that this side opens, so that nothing has to be reachable from outside. What they bring is
//! answered by the same code as requests over HTTP.

mod commands;
mod discord;
mod met;
mod pace;
mod slack;

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::companies::Company;
use crate::program::Program;

/// Opens a connection for every app that companies name, and keeps it open until the program is asked to stop.
pub(super) fn start(program: &Arc<Program>) {
    let app_token = |company: &Company| company.slack.as_ref().and_then(|slack| slack.app_token.clone());
    for (token, companies) in by_token(program, app_token) {
        match slack::Line::new(program, companies, token) {
            Ok(line) => drop(program.tasks.spawn(slack::keep_open(Arc::new(line)))),
            Err(problem) => tracing::error!(%problem, "nobody can ask in Slack"),
        }
    }
    let bot_token = |company: &Company| {
        company
            .discord
            .as_ref()
            .filter(|discord| discord.is_asked_by_gateway())
            .and_then(|discord| discord.token.clone())
    };
    // Over the gateway they are registered when it is open.
    let over_http = |company: &Company| company.discord.as_ref().is_some_and(|it| !it.is_asked_by_gateway());
    for company in program.companies.all().filter(|company| over_http(company)) {
        program.tasks.spawn(commands::register(Arc::clone(program), Arc::clone(company)));
    }
    for (_, companies) in by_token(program, bot_token) {
        if let Some(line) = discord::Line::new(program, companies) {
            program.tasks.spawn(discord::keep_open(Arc::new(line)));
        }
    }
}

/// Companies that share an app share its connection: Slack gives a request to one connection only, Discord gives it to all.
fn by_token(
    program: &Program,
    token: impl Fn(&Company) -> Option<SecretString>,
) -> Vec<(SecretString, Vec<Arc<Company>>)> {
    let mut all: BTreeMap<String, (SecretString, Vec<Arc<Company>>)> = BTreeMap::new();
    for company in program.companies.all() {
        let Some(token) = token(company) else { continue };
        let key = token.expose_secret().trim().to_owned();
        all.entry(key).or_insert_with(|| (token, Vec::new())).1.push(Arc::clone(company));
    }
    all.into_values().collect()
}
