//! The doors: webhooks, chat commands, pages, the read API, and three for the operator.

pub mod api;
pub mod body;
pub mod discord;
pub mod hooks;
pub mod local;
pub mod pages;
pub mod reply;
pub mod slack;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::clock::Chance;
use crate::failure::Failure;
use crate::program::Program;
use crate::readiness::Standing;
use reply::Problem;
use shiftbell_store::outbox;

/// Most messages that were given up and are counted for readiness.
const DEAD_SHOWN_MAX: i64 = 100;

/// Opens the port.
pub async fn bind(listen: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{listen} is in use by another program; stop it, or choose another with --listen or SHIFTBELL_LISTEN")
            }
            std::io::ErrorKind::PermissionDenied => {
                format!("{listen} may not be opened by this user; ports below 1024 belong to root, take 8080 behind a proxy")
            }
            _ => format!("cannot listen on {listen}: {error}"),
        };
        Failure::Other(anyhow::anyhow!(reason))
    })
}

/// Every door of a program.
pub fn doors(program: &Arc<Program>) -> Router {
    let for_people = Router::new()
        .route("/", get(pages::home))
        .route("/w/{workspace}", get(pages::workspace).post(pages::say))
        .route("/w/{workspace}/bowtie.png", get(pages::bowtie))
        .route("/w/{workspace}/answer.png", get(pages::answered))
        .route("/style.css", get(pages::style))
        .route("/chat.js", get(pages::script))
        .route("/icon.svg", get(pages::icon))
        .route("/api/v1/workspaces/{workspace}/kpis", get(api::kpis))
        .route("/api/v1/workspaces/{workspace}/kpis/{slug}", get(api::kpi))
        .route("/api/v1/workspaces/{workspace}/bowtie", get(api::bowtie))
        .route("/api/v1/workspaces/{workspace}/receipts/{id}", get(api::receipt))
        .layer(from_fn_with_state(Arc::clone(program), local::only_allowed));
    let for_programs = Router::new()
        .route("/hooks/{workspace}/{source}", post(hooks::receive))
        .route("/slack/commands", post(slack::commands))
        .route("/slack/interactions", post(slack::interactions))
        .route("/discord/interactions", post(discord::interactions))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(|request: Request| async move {
            Problem::not_found(format!("there is nothing at {} {}", request.method(), request.uri().path()))
        })
        .method_not_allowed_fallback(|request: Request| async move {
            let sentence = format!("{} does not take {}", request.uri().path(), request.method());
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, sentence)
        });
    with_layers(for_people.merge(for_programs).with_state(Arc::clone(program)), program)
}

/// Puts what every request needs around the doors.
fn with_layers(doors: Router, program: &Program) -> Router {
    let id = HeaderName::from_static("x-request-id");
    doors.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(id.clone(), NewRequestId(program.chance.clone())))
            .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
                let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
                tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
            }))
            .layer(PropagateRequestIdLayer::new(id))
            .layer(CatchPanicLayer::custom(|_| {
                tracing::error!("a request ended in a panic");
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "this request met a mistake of ours; it has been logged",
                )
                .into_response()
            }))
            .layer(from_fn_with_state(Duration::from_secs(program.config.request_seconds_max), in_time)),
    )
}

/// Gives a request up that takes longer than this.
async fn in_time(State(most): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let sentence = format!("this took longer than {} s and was given up; please try again", most.as_secs());
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence).into_response()
        }
    }
}

/// Ready to be sent traffic: the database answers. Companies whose numbers are in the making are named: their webhooks are
/// taken, their questions must wait. So is how each connection to a chat system stands; without it webhooks are taken and
/// messages sent all the same.
async fn ready(State(program): State<Arc<Program>>) -> Result<String, Problem> {
    match program.db.read().await {
        Ok(mut snapshot) => {
            let mut dead = Vec::new();
            for company in program.companies.all() {
                let given_up = outbox::dead_ones(&mut snapshot, company.name(), DEAD_SHOWN_MAX).await;
                let given_up = given_up.map_err(|error| Problem::ours(&error, "read the outbox"))?;
                if let Some(last) = given_up.first() {
                    let why = last.reason.as_deref().unwrap_or("no reason is known");
                    dead.push(format!(
                        "{}: messages given up: {}; the latest: {why}\n",
                        company.name(),
                        given_up.len()
                    ));
                }
            }
            let building = program.readiness.all_building();
            let lines = building.iter().map(|(name, built)| {
                format!("{name}: numbers are being built by new definitions, {built} accounts so far\n")
            });
            let sockets = program.readiness.all_sockets();
            let sockets = sockets.iter().map(|((name, outlet), standing)| match standing {
                Standing::Up { since } => format!("{name}: {outlet} connected since {since}\n"),
                Standing::Down { since, why } => format!("{name}: {outlet} not connected since {since}: {why}\n"),
            });
            let unregistered = program.readiness.all_unregistered();
            let unregistered =
                unregistered.iter().map(|(name, why)| format!("{name}: discord does not know the commands: {why}\n"));
            let all = ["ready\n".to_owned()].into_iter().chain(lines).chain(dead).chain(sockets);
            Ok(all.chain(unregistered).collect())
        }
        Err(error) => Err(Problem::ours(&error, "reach the database")),
    }
}

async fn metrics() -> Response {
    ([("content-type", "text/plain; version=0.0.4")], crate::meters::text()).into_response()
}

#[derive(Clone)]
struct NewRequestId(Chance);

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&self.0.word(12)).ok().map(RequestId::new)
    }
}

/// Serves until `stop`, then finishes the requests that have begun.
pub async fn serve(listener: TcpListener, doors: Router, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, doors.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// Ends when the operator asks the program to stop: Ctrl-C or SIGTERM. Listens from the call on, not only when it is awaited.
pub fn asked_to_stop() -> impl Future<Output = ()> + Send {
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async move {
        let [interrupt, terminate] = signals.map(|listening| async move {
            match listening {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        });
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
}
