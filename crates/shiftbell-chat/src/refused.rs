//! Why a request from a chat service is not accepted.

/// The sender did not prove that it is the chat service. Answer 401.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("header `{name}` is missing; only requests signed by {outlet} are accepted here")]
    HeaderMissing { name: &'static str, outlet: crate::Outlet },
    #[error("timestamp `{given}` is no number of seconds since 1970")]
    TimestampUnreadable { given: String },
    #[error("the request is {age_s} s away from this machine's time; at most 300 s are accepted, check the clock")]
    Stale { age_s: i64 },
    #[error("the signature does not fit the body; check that {setting} is the one of this app")]
    SignatureWrong { setting: &'static str },
    #[error("the Discord public key must be 64 hexadecimal digits")]
    KeyUnreadable,
}

/// The request is signed but not what the documentation promises. Answer 400; the reason goes to the log, not to the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("field `{field}` is missing in the request from {outlet}")]
    FieldMissing { field: &'static str, outlet: crate::Outlet },
    #[error("the request from {outlet} is no JSON: {why}")]
    NotJson { outlet: crate::Outlet, why: String },
    #[error("response_url points to `{host}`; only hooks.slack.com and hooks.slack-gov.com are answered")]
    ForeignReply { host: String },
}

/// How far a signed timestamp may be from now, both ways.
/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
pub(crate) const SIGNED_AGE_S_MAX: i64 = 300;

/// Checks the age of a signed timestamp in seconds.
pub(crate) fn check_age(timestamp: &str, now: shiftbell_metrics::time::Instant) -> Result<(), Refused> {
    let signed_s: i64 = timestamp
        .trim()
        .parse()
        .map_err(|_| Refused::TimestampUnreadable { given: timestamp.chars().take(40).collect() })?;
    let age_s = (now.as_ms() / 1_000).saturating_sub(signed_s);
    if age_s.checked_abs().is_some_and(|away| away <= SIGNED_AGE_S_MAX) {
        Ok(())
    } else {
        Err(Refused::Stale { age_s })
    }
}
