//! The read API: the same answers as in chat, as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::Problem;
use crate::answer::{self, Asker};
use crate::companies::Company;
use crate::overview;
use crate::program::Program;

/// The words that follow a KPI in a question: `?q=b2b last 30 days by product`.
#[derive(Debug, Default, Deserialize)]
pub struct Words {
    #[serde(default)]
    q: String,
}

/// `GET /api/v1/workspaces/{workspace}/kpis`
pub async fn kpis(State(program): State<Arc<Program>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let company = known(&program, &name)?;
    let kpis: Vec<Value> = company
        .defs()
        .kpis
        .iter()
        .map(|kpi| {
            json!({
                "slug": kpi.slug, "label": kpi.label, "also": kpi.also, "level": kpi.level, "motion": kpi.motion,
                "version": kpi.version, "keeper": kpi.owner, "written": kpi.is_written, "not_active": kpi.not_active,
            })
        })
        .collect();
    Ok(Json(json!({ "workspace": name, "meaning": company.defs().meaning, "kpis": kpis })))
}

/// `GET /api/v1/workspaces/{workspace}/kpis/{slug}?q=b2b last 30 days`
pub async fn kpi(
    State(program): State<Arc<Program>>,
    Path((name, slug)): Path<(String, String)>,
    Query(words): Query<Words>,
) -> Result<Json<Value>, Problem> {
    let company = known(&program, &name)?;
    if company.defs().kpi(&slug).is_none() {
        return Err(Problem::not_found(format!(
            "workspace `{name}` has no KPI of that name; see /api/v1/workspaces/{name}/kpis"
        )));
    }
    answer::as_json(&program, &company, &Asker::Operator, &format!("{slug} {}", words.q)).await.map(Json)
}

/// `GET /api/v1/workspaces/{workspace}/bowtie?q=b2b 2026-Q3 vs 2026-Q2`
pub async fn bowtie(
    State(program): State<Arc<Program>>,
    Path(name): Path<String>,
    Query(words): Query<Words>,
) -> Result<Json<Value>, Problem> {
    let company = known(&program, &name)?;
    let found = overview::bowtie_json(&program, &company, &words.q).await;
    let found = found.map_err(|error| Problem::ours(&error, "compute the bowtie"))?;
    found.map(Json).map_err(|why| Problem::new(StatusCode::BAD_REQUEST, why))
}

/// `GET /api/v1/workspaces/{workspace}/receipts/{id}`
pub async fn receipt(
    State(program): State<Arc<Program>>,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let company = known(&program, &name)?;
    answer::receipt_json(&program, &company, &id).await.map(Json)
}

fn known(program: &Program, name: &str) -> Result<Arc<Company>, Problem> {
    program.companies.get(name).cloned().ok_or_else(|| {
        let shown: String = name.chars().take(60).collect();
        Problem::not_found(format!("there is no workspace `{shown}` here"))
    })
}
