//! Whether a token is accepted and what it may read, asked without reading any record: for whoever looks for what is wrong.

use serde_json::Value as Json;
use shiftbell_metrics::time::Instant;

use super::answer::{Answer, Judged, PollProblem, judge};
use super::object::Object;
use super::request::{Api, Request};

/// One request for each kind of record without which nothing can be counted, with what it asks for.
pub fn probes(version: &str) -> Vec<(&'static str, Request)> {
    let api = Api::new(version);
    [Object::Contacts, Object::Companies, Object::Deals].map(|object| (object.plural(), api.properties(object))).into()
}

/// What the answer to a probe gives.
///
/// # Errors
/// That the token is refused or may not read it, or that the service does not answer.
pub fn given(answer: &Answer<'_>, what: &str, now: Instant) -> Result<Json, PollProblem> {
    let unavailable = |why: String| PollProblem::Unavailable { tries: 1, why };
    match judge(answer, what, now)? {
        Judged::Read(json) => Ok(json),
        Judged::Later(_) => Err(unavailable("it asked to be left alone for a while".to_owned())),
        Judged::Again(why) => Err(unavailable(why)),
    }
}
