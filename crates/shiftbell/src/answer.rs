//! Ask: from the words of a command to a question, from its answer and receipt to a message.

pub(crate) mod about;
mod asker;
mod bowtie;
mod click;
pub(crate) mod discord;
mod doubts;
pub(crate) mod facts;
pub(crate) mod funnel;
mod kept;
mod manage;
pub(crate) mod mrr;
pub(crate) mod rows;
pub(crate) mod slack;
mod standard;
mod whatif;
mod who;
mod why;

use serde_json::{Value, json};
use shiftbell_chat::Visibility;
use shiftbell_metrics::answer::{Answer, Asked, Cannot, Outcome, Rows, ask};
use shiftbell_metrics::definitions::{Definitions, NamedFunnel};
use shiftbell_metrics::question::{Question, Understood, Unknown, autocomplete, understand};
use shiftbell_metrics::time::Instant;
use shiftbell_render::action::Action;
use shiftbell_render::document::{Block, Button, Document, Inline};
use shiftbell_render::messages::{KpiUnknown, Notice, Refusal};
use shiftbell_store::{Session, StoreError, workspaces};

use crate::clock::Stopwatch;
use crate::companies::Company;
use crate::http::reply::Problem;
use crate::program::Program;
pub use crate::rights::Asker;
use crate::rights::{self, Right};
use crate::versions;
pub use bowtie::numbers as bowtie_numbers;
pub use click::to_click;
pub(crate) use facts::figure;

/// What is said when an answer could not be computed.
pub const FAILED: &str = "This could not be answered just now. It has been logged; please try again.";

/// Most rounds of reading for one answer: each round reads what the arithmetic asked for.
const ROUNDS_MAX: usize = 8;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "The numbers of {workspace} are being built by new definitions, {built} accounts so far. Please ask again in a moment."
    )]
    Building { workspace: String, built: u64 },
    #[error("stored numbers cannot be read: {0}")]
    Corrupt(String),
    #[error("the answer needed more than {ROUNDS_MAX} rounds of reading")]
    Endless,
    #[error("an answer cannot be kept: {0}")]
    Unkept(#[from] serde_json::Error),
    #[error(transparent)]
    Render(#[from] shiftbell_render::template::RenderError),
    #[error(transparent)]
    Picture(#[from] shiftbell_render::picture::PictureError),
    #[error("drawing the picture was broken off")]
    Undrawn,
}

/// An answered question.
#[derive(Debug)]
pub struct Answered {
    pub question: Question,
    pub answer: Answer,
    pub receipt: String,
    /// As people call it: `3`.
    pub version: String,
    /// When it came to mean something else within the period, the one before or between them; the oldest first. Both sides of each
    /// are counted by the new meaning.
    pub changes: Vec<Instant>,
    pub asked_at: Instant,
}

/// Answers a command as it arrives from a chat system: `/kpi`, `/mrr`, `/bowtie`, `/whatif` or `/shiftbell` and what stands behind it.
pub async fn to_command(
    program: &Program,
    company: &Company,
    asker: &Asker,
    command: &str,
    text: &str,
) -> (Document, Visibility) {
    let document = match command {
        "/kpi" | "kpi" => to_words(program, company, asker, text).await,
        "/mrr" | "mrr" => in_time(company, mrr::to_words(program, company, asker, text)).await,
        "/bowtie" | "bowtie" => in_time(company, bowtie::to_words(program, company, asker, text)).await,
        "/shiftbell" | "shiftbell" => manage::to_words(program, company, asker, text).await,
        "/whatif" | "whatif" => whatif::to_words(program, company, asker, text).await,
        _ => sentence(format!("I do not know {command}. /kpi help, /whatif help and /shiftbell help say what I do.")),
    };
    (document, Visibility::OnlyAsker)
}

/// Awaits an answer, and says how long it took to whoever watches.
async fn in_time(company: &Company, answer: impl Future<Output = Result<Document, AskError>>) -> Document {
    let began = Stopwatch::start();
    let answered = answer.await;
    metrics::histogram!("shiftbell_answer_seconds").record(began.elapsed_s());
    answered.unwrap_or_else(|error| not_answered(company, &error))
}

/// Answers a whole line as it is typed: `/kpi mql-conversion b2b`, with or without the slash.
pub async fn to_typed(program: &Program, company: &Company, asker: &Asker, line: &str) -> Document {
    let line = line.trim();
    let (command, text) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match command {
        "kpi" | "mrr" | "bowtie" | "shiftbell" | "whatif" => to_command(program, company, asker, command, text).await.0,
        _ if command.starts_with('/') => to_command(program, company, asker, command, text).await.0,
        _ => to_words(program, company, asker, line).await,
    }
}

/// Whether a line as it is typed, or the action of a button, tells the program something instead of asking it.
pub(crate) fn is_told(line: &str) -> bool {
    let line = line.trim_start_matches("ask:").trim_start();
    line.trim_start_matches('/').split_whitespace().next().is_some_and(|word| word == "shiftbell")
}

/// Whether this company can be asked: its numbers are those of its definitions.
pub(crate) fn is_ready(program: &Program, company: &Company) -> Result<(), AskError> {
    match program.readiness.built(company.name()) {
        Some(built) => Err(AskError::Building { workspace: company.defs().workspace.name.clone(), built }),
        None => Ok(()),
    }
}

/// Words for what is typed so far behind a command: what is shown and what is taken.
pub fn completions(company: &Company, command: &str, typed: &str) -> Vec<(String, String)> {
    if command == "/shiftbell" {
        return manage::completions(typed);
    }
    if command == "/bowtie" {
        let all = company.defs().motions.iter().map(|motion| motion.id.clone());
        let all = all.chain(["last month", "last quarter", "as flywheel", "as funnel"].map(str::to_owned));
        return all.filter(|word| word.starts_with(typed.trim())).map(|word| (word.clone(), word)).collect();
    }
    if command == "/whatif" {
        return whatif::completions(company.defs(), typed);
    }
    if command == "/mrr" {
        let splits = company.defs().dimensions.iter().map(|dimension| format!("by {}", dimension.name));
        let all = company.defs().motions.iter().map(|motion| motion.id.clone()).chain(splits);
        return all.filter(|word| word.starts_with(typed.trim())).map(|word| (word.clone(), word)).take(25).collect();
    }
    autocomplete(typed, company.defs(), 25)
        .into_iter()
        .map(|(slug, label)| (format!("{label} ({slug})"), slug))
        .collect()
}

/// A message of one sentence.
pub fn sentence(text: impl Into<String>) -> Document {
    let text = text.into();
    Document { push: text.clone(), blocks: vec![Block::Lines(vec![vec![Inline::Text(text)]])], ..Document::default() }
}

async fn to_words(program: &Program, company: &Company, asker: &Asker, text: &str) -> Document {
    in_time(company, said(program, company, asker, text)).await
}

/// What is said when there is no answer. A mistake of ours is logged.
fn not_answered(company: &Company, error: &AskError) -> Document {
    if matches!(error, AskError::Building { .. }) {
        return sentence(error.to_string());
    }
    tracing::error!(%error, workspace = company.name(), "could not answer a question");
    sentence(FAILED)
}

async fn said(program: &Program, company: &Company, asker: &Asker, text: &str) -> Result<Document, AskError> {
    let now = program.clock.now();
    let defs = company.defs();
    if matches!(asker, Asker::Stranger { .. }) {
        return who_are_you(company);
    }
    if let Some((funnel, words)) = of_funnel(defs, text) {
        return counted(program, company, asker, funnel, words).await;
    }
    match understand(text, defs, now, &defs.workspace.zone) {
        Understood::Kpi(question) => of_question(program, company, asker, question).await,
        Understood::Who { question, reached } => who::list(program, company, asker, question, reached).await,
        Understood::List => Ok(Notice::from(about::list(company)).document()?),
        Understood::Help(None) => Ok(Notice::from(about::help(program, company, asker).await?).document()?),
        Understood::Help(Some(slug)) => match about::definition(program, company, asker, &slug).await? {
            Some(facts) => Ok(Notice::from(facts).document()?),
            None => Ok(sentence(format!("I know no KPI \"{slug}\". /kpi list shows all."))),
        },
        Understood::Why { receipt } => why::to_receipt(program, company, asker, &receipt).await,
        Understood::NotActive { label, why, .. } => Ok(sentence(format!("{label} cannot be asked yet: {why}."))),
        Understood::Unknown(unknown) => Ok(not_understood(&unknown)?),
    }
}

/// The funnel whose name is typed first, and the words behind it.
fn of_funnel<'d, 't>(defs: &'d Definitions, text: &'t str) -> Option<(&'d NamedFunnel, &'t str)> {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let funnel = defs.funnels.iter().find(|funnel| funnel.id.eq_ignore_ascii_case(first))?;
    Some((funnel, rest.trim()))
}

/// Counts a funnel over the period that is typed behind it.
async fn counted(
    program: &Program,
    company: &Company,
    asker: &Asker,
    funnel: &NamedFunnel,
    words: &str,
) -> Result<Document, AskError> {
    if let Right::Refused(why) = rights::join_funnel(company.defs(), asker, funnel) {
        return not_granted(company, asker, why);
    }
    match funnel::period_of(program, company, words) {
        Ok(period) => Ok(Notice::from(funnel::counted(program, company, funnel, period).await?).document()?),
        Err(why) => Ok(sentence(why)),
    }
}

async fn of_question(
    program: &Program,
    company: &Company,
    asker: &Asker,
    mut question: Question,
) -> Result<Document, AskError> {
    if let Right::Refused(why) = rights::join(company.defs(), asker, &mut question) {
        return not_granted(company, asker, why);
    }
    let mut documents = Vec::new();
    let mut snapshot = program.db.read().await?;
    let ages = about::ages_at(&mut snapshot, company, program.clock.now()).await?;
    for question in apart(company, question) {
        documents.push(match answered_in(&mut snapshot, program, company, &question).await? {
            Ok(answered) => Notice::from(facts::kpi_answer(company, &answered, ages.clone())).document()?,
            Err(why) => sentence(capital(&format!("{why}."))),
        });
    }
    Ok(joined(documents))
}

/// What is said to somebody who may not see an answer.
fn not_granted(company: &Company, asker: &Asker, why: String) -> Result<Document, AskError> {
    match asker {
        Asker::Stranger { .. } => who_are_you(company),
        Asker::Operator | Asker::Person(_) => Ok(sentence(why)),
    }
}

/// What a stranger reads instead of anything of the company: how to be known.
fn who_are_you(company: &Company) -> Result<Document, AskError> {
    let refused = about::refused(Refusal::WhoAreYou { keeper: about::keeper(company) });
    let link = Button::new("Link", Action::ask("shiftbell link"));
    Ok(Notice::from(refused).document()?.with_buttons([link]))
}

/// A question without a motion, about a KPI that means another thing in each, becomes one for each motion that has it.
fn apart(company: &Company, question: Question) -> Vec<Question> {
    use shiftbell_metrics::definitions::KpiKind;
    let defs = company.defs();
    let Some(kpi) = defs.kpi(&question.kpi) else { return vec![question] };
    let of_each = matches!(kpi.kind, KpiKind::Conversion { .. } | KpiKind::Time { .. });
    if question.motion.is_some() || kpi.motion.is_some() || !of_each {
        return vec![question];
    }
    defs.motions.iter().map(|motion| Question { motion: Some(motion.id.clone()), ..question.clone() }).collect()
}

/// Several answers in one message: the buttons are those of the first.
fn joined(documents: Vec<Document>) -> Document {
    let mut all = documents.into_iter();
    let Some(mut whole) = all.next() else { return sentence(FAILED) };
    for next in all {
        whole.push = format!("{} {}", whole.push, next.push);
        whole.blocks.extend(next.blocks);
    }
    whole
}

/// Computes the answer in one snapshot and keeps its receipt.
pub async fn answered(
    program: &Program,
    company: &Company,
    question: &Question,
) -> Result<Result<Answered, Cannot>, AskError> {
    answered_in(&mut *program.db.read().await?, program, company, question).await
}

/// The same in a snapshot that others read too.
async fn answered_in(
    session: &mut Session,
    program: &Program,
    company: &Company,
    question: &Question,
) -> Result<Result<Answered, Cannot>, AskError> {
    let now = program.clock.now();
    is_ready(program, company)?;
    let (generation, mark) = workspaces::standing(session, company.name()).await?;
    let answer = match computed_from(session, company, question, now, generation).await? {
        Ok(answer) => answer,
        Err(why) => return Ok(Err(why)),
    };
    let receipt = kept::keep(session, program, company, question, &answer, (now, mark)).await?;
    let version = program.versions.said(company.name(), &answer.kpi, &answer.version);
    let changes = program.versions.changes_of(company.name(), &answer.kpi, &answer.version);
    let before = answer.before.as_ref().map(|before| &before.period);
    let changes = versions::within(changes.iter(), &answer.period, before).collect();
    Ok(Ok(Answered { question: question.clone(), answer, receipt, version, changes, asked_at: now }))
}

/// Computes the answer from the numbers that this session sees.
pub async fn computed(
    session: &mut Session,
    company: &Company,
    question: &Question,
    now: Instant,
) -> Result<Result<Answer, Cannot>, AskError> {
    let generation = workspaces::live_generation(session, company.name()).await?;
    computed_from(session, company, question, now, generation).await
}

async fn computed_from(
    session: &mut Session,
    company: &Company,
    question: &Question,
    now: Instant,
    generation: Option<i64>,
) -> Result<Result<Answer, Cannot>, AskError> {
    let names = names_of(company, question);
    let asked = Asked { defs: company.defs(), question, now, names: &names };
    let mut rows = Rows::default();
    for _ in 0..ROUNDS_MAX {
        match ask(&asked, &rows) {
            Outcome::Answer(answer) => return Ok(Ok(*answer)),
            Outcome::Cannot(why) => return Ok(Err(why)),
            Outcome::Need(reads) => rows::read(session, company.name(), generation, reads, &mut rows).await?,
        }
    }
    Err(AskError::Endless)
}

/// Every name under which sources know the person of a question.
fn names_of(company: &Company, question: &Question) -> Vec<String> {
    question.person.as_deref().map_or_else(Vec::new, |email| names_of_person(company, email))
}

/// Every name under which sources know a person, in lower case.
pub(crate) fn names_of_person(company: &Company, email: &str) -> Vec<String> {
    let known = company.defs().person(email);
    let in_file = known
        .map_or_else(|| vec![email.to_owned()], |person| [vec![person.email.clone()], person.also.clone()].concat());
    let mut names: Vec<String> = in_file.into_iter().map(|name| name.to_lowercase()).collect();
    names.extend_from_slice(company.workspace.directory().names(known.map_or(email, |person| &person.email)));
    names.sort();
    names.dedup();
    names
}

fn not_understood(unknown: &Unknown) -> Result<Document, AskError> {
    use shiftbell_metrics::question::Missing;
    use shiftbell_render::messages::{Suggestion, Unknown as Word};
    let typed = unknown.word.clone();
    let word = match &unknown.what {
        Missing::Kpi if !typed.is_empty() => Word::Kpi { typed },
        Missing::Value { dimension } => Word::Word { typed, kind: Some(dimension.clone()) },
        Missing::Word => Word::Word { typed, kind: None },
        Missing::Kpi
        | Missing::Dimension
        | Missing::Period
        | Missing::Receipt
        | Missing::OtherMotion { .. }
        | Missing::Twice { .. }
        | Missing::TooLong => {
            let suggestions = unknown.suggestions.iter().map(|suggestion| {
                Button::new(&suggestion.label, Action::ask(suggestion.command.trim_start_matches('/')))
            });
            return Ok(sentence(unknown.sentence()).with_buttons(suggestions));
        }
    };
    let suggestions = unknown
        .suggestions
        .iter()
        .map(|suggestion| Suggestion {
            label: suggestion.label.clone(),
            words: suggestion.command.trim_start_matches('/').to_owned(),
        })
        .collect();
    Ok(Notice::from(KpiUnknown { unknown: word, suggestions }).document()?)
}

/// The whole answer with its receipt, for programs.
pub async fn as_json(program: &Program, company: &Company, asker: &Asker, text: &str) -> Result<Value, Problem> {
    if let Some(words) = text.trim().trim_start_matches('/').strip_prefix("whatif") {
        return whatif::as_json(program, company, asker, words).await;
    }
    let now = program.clock.now();
    let defs = company.defs();
    let mut question = match understand(text, defs, now, &defs.workspace.zone) {
        Understood::Kpi(question) => question,
        Understood::Unknown(unknown) => return Err(bad(unknown.sentence())),
        Understood::NotActive { label, why, .. } => return Err(bad(format!("{label} cannot be asked yet: {why}"))),
        Understood::Who { .. } | Understood::List | Understood::Help(_) | Understood::Why { .. } => {
            return Err(bad("only questions about one KPI have an answer for programs"));
        }
    };
    if let Right::Refused(why) = rights::join(defs, asker, &mut question) {
        return Err(Problem::new(axum::http::StatusCode::FORBIDDEN, why));
    }
    let mut answers = Vec::new();
    for question in apart(company, question) {
        match answered(program, company, &question).await {
            Ok(Ok(answered)) => answers.push(json!({
                "answer": answered.answer, "question": answered.question, "receipt": answered.receipt,
                "asked_at": answered.asked_at.to_string(),
                "meaning_changed": answered.changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })),
            Ok(Err(why)) => answers.push(json!({ "cannot": why.to_string(), "question": question })),
            Err(error @ AskError::Building { .. }) => {
                return Err(Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, error.to_string()));
            }
            Err(error) => return Err(Problem::ours(&error, "answer this question")),
        }
    }
    Ok(json!({ "workspace": company.name(), "meaning": defs.meaning, "answers": answers }))
}

/// A receipt as it was kept.
pub async fn receipt_json(program: &Program, company: &Company, id: &str) -> Result<Value, Problem> {
    let ours = |error: StoreError| Problem::ours(&error, "read this receipt");
    let mut snapshot = kept::snapshot_with(program, company, id).await.map_err(ours)?;
    let kept = shiftbell_store::receipts::get(&mut snapshot, company.name(), id).await.map_err(ours)?;
    let Some(kept) = kept else { return Err(Problem::not_found("this receipt is not known here, or has expired")) };
    serde_json::from_str(&kept.body).map_err(|error| Problem::ours(&error, "read this receipt"))
}

fn bad(sentence: impl Into<String>) -> Problem {
    Problem::new(axum::http::StatusCode::BAD_REQUEST, sentence)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
