//! Who may open the pages and the read API before people can log in: by default, only this machine.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::reply::Problem;
use crate::program::Program;

/// Lets a request through, or says how pages are opened to others.
pub async fn only_allowed(
    State(program): State<Arc<Program>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let is_allowed = match program.config.pages.as_str() {
        "open" => true,
        "local" => peer.ip().is_loopback() && is_direct(request.headers()) && is_own_name(request.headers()),
        _ => false,
    };
    if is_allowed {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::FORBIDDEN,
        "pages and the read API are shown to this machine only; `pages = \"open\"` in shiftbell.toml shows them to everyone who reaches this port",
    )
    .into_response()
}

/// A request through a proxy on this machine comes from somebody else.
fn is_direct(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().all(|name| !headers.contains_key(*name))
}

/// A page elsewhere can make a browser ask us under its own name; then the name is not one of ours.
fn is_own_name(headers: &HeaderMap) -> bool {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for (host, own) in [
            ("127.0.0.1:8080", true),
            ("localhost", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static(host));
            assert_eq!(is_own_name(&headers), own, "{host}");
        }
    }
}
