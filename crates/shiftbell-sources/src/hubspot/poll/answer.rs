//! What an answer of HubSpot's means: the data, a wait, a try more, or something that somebody must change.

use serde_json::Value as Json;
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND};

use crate::parsed::shortened;

/// An answer, or that there was none.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// 0: the connection failed, and `body` says how.
    pub status: u16,
    /// By its name in lower case.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    pub body: &'a [u8],
}

impl std::fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Why a poll cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PollProblem {
    #[error(
        "HubSpot does not accept the token (it says: {said}); copy the access token of the private app again, it begins with `pat-`"
    )]
    Token { said: String },
    #[error("the token may not read {what}: tick {} in the private app under Scopes, then take its token again", listed(.scopes))]
    Scopes { what: String, scopes: Vec<String> },
    #[error("HubSpot refused to give {what} with status {status}: {said}")]
    Refused { what: String, status: u16, said: String },
    #[error("HubSpot did not answer as it should, {tries} times in a row; the last time: {why}")]
    Unavailable { tries: u32, why: String },
}

fn listed(scopes: &[String]) -> String {
    match scopes {
        [] => "the scope that it needs".to_owned(),
        scopes => scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" and "),
    }
}

/// What is to be done with an answer.
pub(in crate::hubspot) enum Judged {
    Read(Json),
    /// Not before this time; nothing is wrong.
    Later(Instant),
    /// Something failed that may work the next time.
    Again(String),
}

/// Where nothing says how long the day's limit lasts: when to look again.
const DAILY_MS: i64 = 15 * MS_PER_MINUTE;

pub(in crate::hubspot) fn judge(answer: &Answer<'_>, what: &str, now: Instant) -> Result<Judged, PollProblem> {
    let json = serde_json::from_slice::<Json>(answer.body);
    let said = || match json.as_ref().ok().and_then(|json| json.get("message")).and_then(Json::as_str) {
        Some(message) => shortened(message),
        None => format!("status {}", answer.status),
    };
    match answer.status {
        200..=299 => Ok(match json {
            Ok(json) => Judged::Read(json),
            Err(error) => Judged::Again(format!("an answer could not be read: {error}")),
        }),
        401 => Err(PollProblem::Token { said: said() }),
        403 => Err(PollProblem::Scopes {
            what: what.to_owned(),
            scopes: json.map(|json| scopes(&json)).unwrap_or_default(),
        }),
        429 => Ok(Judged::Later(now.plus_ms(wait_ms(answer, json.ok().as_ref())))),
        0 => Ok(Judged::Again(shortened(&String::from_utf8_lossy(answer.body)))),
        408 | 423 | 500..=599 => Ok(Judged::Again(said())),
        status => Err(PollProblem::Refused { what: what.to_owned(), status, said: said() }),
    }
}

/// Seconds in `Retry-After`, else as long as the limit that was met lasts.
fn wait_ms(answer: &Answer<'_>, json: Option<&Json>) -> i64 {
    let stated = (answer.header)("retry-after").and_then(|text| text.trim().parse::<i64>().ok());
    if let Some(seconds) = stated {
        return seconds.clamp(0, MS_PER_DAY / MS_PER_SECOND) * MS_PER_SECOND;
    }
    match json.and_then(|json| json.get("policyName")).and_then(Json::as_str) {
        Some("DAILY") => DAILY_MS,
        Some("SECONDLY") => MS_PER_SECOND,
        _ => 10 * MS_PER_SECOND,
    }
}

/// The scopes that HubSpot names as missing, wherever it names them.
fn scopes(json: &Json) -> Vec<String> {
    let errors = json.get("errors").and_then(Json::as_array).into_iter().flatten();
    let contexts = errors.chain([json]).filter_map(|error| error.get("context"));
    let mut scopes: Vec<String> = contexts
        .flat_map(|context| ["requiredGranularScopes", "requiredScopes"].into_iter().filter_map(|key| context.get(key)))
        .filter_map(Json::as_array)
        .flatten()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect();
    scopes.sort();
    scopes.dedup();
    scopes
}
