//! Slack and Discord: requests in, messages out, outcomes back.
//!
//! The only crate that knows the two APIs. It verifies and reads what they send (pure functions over the raw body), sends
//! what `shiftbell-render` has lowered, and says how that ended as an [`Outcome`]. It never decides what to say or to whom,
//! never retries by itself, keeps nothing on disk, and has no clock: the delivery worker of the program drives time.

pub mod asked;
pub mod backoff;
pub mod discord;
pub mod outcome;
pub mod queue;
pub mod refused;
pub mod slack;
pub mod socket;

pub use asked::{Asked, Clicked, Outlet, ReplyTo, Visibility};
pub use outcome::{Found, Message, Outcome, Picture, Sought, To};
pub use refused::{Refused, Unreadable};

/// Makes ring the process's source of cryptography, which both clients need before they are built. Harmless when repeated.
fn install_crypto() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

/// A client could not be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum CannotBuild {
    #[error("{outlet} api url `{url}` must begin with https:// (or http:// for a stand-in on this machine)")]
    BadUrl { outlet: Outlet, url: String },
    #[error("the token for {outlet} holds characters that no token has")]
    BadToken { outlet: Outlet },
    #[error("`app_token` of slack holds no app-level token: those begin with xapp- (xoxb- is the token of the bot)")]
    NotAppToken,
    #[error("no encrypted connections are possible: {why}; install the system's ca-certificates")]
    NoRoots { why: String },
}

/// Without a trailing slash.
fn checked_url(outlet: Outlet, url: &str) -> Result<String, CannotBuild> {
    let trimmed = url.trim().trim_end_matches('/');
    match reqwest::Url::parse(trimmed) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(trimmed.to_owned()),
        _ => Err(CannotBuild::BadUrl { outlet, url: url.to_owned() }),
    }
}
