//! What the operator reads: one line per thing that happened, JSON when no person is watching.
//!
//! Never logged: bodies, tokens, e-mail addresses, names of people or customers.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Starts logging to standard error. Only the first call in a process has an effect.
pub fn start(config: &Config) {
    let json = match config.log_format.as_str() {
        "json" => true,
        "text" => false,
        _ => !std::io::stderr().is_terminal(),
    };
    // Libraries speak only when something is wrong; statements of the database would repeat what is in them.
    let filter = EnvFilter::try_new(format!("warn,shiftbell={level},sqlx=error", level = config.log_level))
        .or_else(|_| EnvFilter::try_new(&config.log_level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if json { subscriber.json().flatten_event(true).try_init() } else { subscriber.compact().try_init() };
}
