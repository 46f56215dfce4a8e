//! Slack: requests in (signed, or over a connection of our own), Web API calls out.

mod answer;
mod client;
mod command;
mod failure;
mod find;
mod form;
pub mod inspect;
mod interaction;
mod people;
mod picture;
mod post;
mod signature;
mod socket_mode;

pub use answer::{command_response, update_response};
pub use client::{SlackClient, SlackSettings};
pub use command::{Command, read_command};
pub use interaction::{Interaction, read_interaction};
pub use people::{Identity, Looked, Person};
pub use signature::{sign, verify};
pub use socket_mode::{Envelope, NotOpened, Received, SocketMode, Told, acknowledgement, is_app_token, read_received};

/// Hosts to which an answer may be sent besides the host of the configured API address.
const REPLY_HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// Checks that a `response_url` leads to Slack, or to what stands in for Slack in a test. A signed request is trusted, but a
/// stray address in one would receive figures of the company.
fn check_reply_host(response_url: &str, api_url: &str) -> Result<(), crate::Unreadable> {
    let url = reqwest::Url::parse(response_url).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    let api = reqwest::Url::parse(api_url).ok();
    let stands_in = match (&url, &api) {
        (Some(url), Some(api)) => {
            url.scheme() == api.scheme()
                && url.host_str() == api.host_str()
                && url.port_or_known_default() == api.port_or_known_default()
        }
        _ => false,
    };
    let is_slack = url.as_ref().is_some_and(|url| url.scheme() == "https") && REPLY_HOSTS.contains(&host);
    if is_slack || stands_in { Ok(()) } else { Err(crate::Unreadable::ForeignReply { host: host.to_owned() }) }
}
