//! Serves a HubSpot account of any size on loopback, to measure a backfill of the real program:
//!
//! `cargo run --package shiftbell-tests --bin vast_portal 100000 20000 300000` (contacts, deals, activities), then in another
//! terminal `SHIFTBELL_HUBSPOT_API_URL=http://127.0.0.1:8181 CLOWNS_HUBSPOT_TOKEN=pat-na1-x shiftbell backfill`.
//!
//! It says that 190 requests in ten seconds are allowed and does not count them: the program does.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shiftbell_metrics::time::Instant;
use shiftbell_tests::vast_portal::VastPortal;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [contacts, deals, activities] = numbers[..] else {
        eprintln!("vast_portal CONTACTS DEALS ACTIVITIES");
        std::process::exit(2);
    };
    let portal = VastPortal {
        companies: contacts / 10,
        contacts,
        deals,
        calls: activities * 2 / 5,
        emails: activities * 2 / 5,
        meetings: activities / 10,
        tasks: activities / 10,
        now: Instant::parse("2026-11-01T12:00:00Z").unwrap_or(Instant(0)),
    };
    let router = axum::Router::new().fallback(asked).with_state(Arc::new(portal));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8181").await?;
    println!("{portal:?} at http://127.0.0.1:8181");
    axum::serve(listener, router).await
}

async fn asked(State(portal): State<Arc<VastPortal>>, OriginalUri(uri): OriginalUri, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    match portal.answer(uri.path(), &body) {
        Some(text) => {
            let headers = [(header::CONTENT_TYPE, "application/json"), LIMIT];
            (StatusCode::OK, headers, text).into_response()
        }
        None => (StatusCode::NOT_FOUND, "{}").into_response(),
    }
}

const LIMIT: (header::HeaderName, &str) = (header::HeaderName::from_static("x-hubspot-ratelimit-max"), "190");
