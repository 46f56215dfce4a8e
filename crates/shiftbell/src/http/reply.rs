//! Answers that are not the number somebody asked for: always a status and a sentence.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A status with a sentence for the person who must act.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub sentence: String,
}

impl Problem {
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Problem {
        Problem { status, sentence: sentence.into() }
    }

    pub fn not_found(sentence: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, sentence)
    }

    /// Something on our side. The cause goes to the log, once, and not to whoever asked.
    pub fn ours(error: &dyn std::fmt::Display, doing: &'static str) -> Problem {
        tracing::error!(%error, "could not {doing}");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("could not {doing} just now; please try again"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.sentence }))).into_response()
    }
}
