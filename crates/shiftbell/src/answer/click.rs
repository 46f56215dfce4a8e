//! Buttons under an answer: what each does, or what to do instead.

use shiftbell_chat::{Outlet, Visibility};
use shiftbell_metrics::question::Question;
use shiftbell_render::action::{Action, Verb};
use shiftbell_render::document::Document;
use shiftbell_render::messages::doubt::{Outcome, Way};
use shiftbell_store::{StoreError, requests};

use super::{AskError, Asker, about, doubts, kept, not_answered, of_question, sentence, to_typed, to_words, who};
use crate::companies::Company;
use crate::program::Program;
use crate::rights;

/// Answers a button: its action as the message carried it. `request` is the chat's own id of this click, where it has one: the
/// same click brought twice is shown to others once.
pub async fn to_click(
    program: &Program,
    company: &Company,
    asker: &Asker,
    action: &str,
    request: Option<(Outlet, &str)>,
) -> (Document, Visibility) {
    let document = match Action::decode(action) {
        // Where pictures stand in the answer itself, there is no other place for them.
        Some(Action::Ask { words } | Action::Picture { words }) => to_typed(program, company, asker, &words).await,
        Some(Action::About { verb: Verb::Why, receipt }) => {
            to_words(program, company, asker, &format!("why {receipt}")).await
        }
        Some(Action::About { verb: Verb::BreakDown, receipt }) => break_down(program, company, asker, &receipt).await,
        Some(Action::About { verb: Verb::Share, receipt }) => {
            return shared(program, company, asker, &receipt, request).await;
        }
        Some(Action::About { verb: Verb::Who, receipt }) => behind(program, company, asker, &receipt, true).await,
        Some(Action::About { verb: Verb::WhoNot, receipt }) => behind(program, company, asker, &receipt, false).await,
        Some(Action::About { verb: Verb::Replay, receipt }) => sent_again(program, company, asker, &receipt).await,
        Some(Action::About { verb: Verb::Off, receipt }) => {
            or_why(company, doubts::open(program, company, asker, &receipt).await)
        }
        Some(Action::About { verb, receipt }) => other(program, company, asker, verb, &receipt).await,
        Some(Action::Open { .. }) => sentence("This button opens a page in the browser."),
        None => sentence("This button was made by another version. Type /kpi help to see what can be asked."),
    };
    (document, Visibility::OnlyAsker)
}

/// What belongs to doubts, and what cannot be done by a button yet.
async fn other(program: &Program, company: &Company, asker: &Asker, verb: Verb, about: &str) -> Document {
    if let Some(way) = Way::of_verb(verb) {
        return or_why(company, doubts::say(program, company, asker, about, way, None).await);
    }
    match Outcome::of_verb(verb) {
        Some(outcome) => or_why(company, doubts::answer(program, company, asker, about, outcome, None).await),
        None => not_yet(company, verb),
    }
}

fn or_why(company: &Company, done: Result<Document, AskError>) -> Document {
    done.unwrap_or_else(|error| not_answered(company, &error))
}

async fn break_down(program: &Program, company: &Company, asker: &Asker, receipt: &str) -> Document {
    let Some(question) = kept::question(program, company, receipt).await else { return expired(receipt) };
    let dimension = company.defs().always_show.first().or(company.defs().dimensions.first().map(|first| &first.name));
    let question = Question { by: dimension.cloned(), ..question };
    of_question(program, company, asker, question).await.unwrap_or_else(|error| not_answered(company, &error))
}

async fn behind(program: &Program, company: &Company, asker: &Asker, receipt: &str, reached: bool) -> Document {
    let Some(question) = kept::question(program, company, receipt).await else { return expired(receipt) };
    match who::list(program, company, asker, question, reached).await {
        Ok(document) => document,
        Err(error) => not_answered(company, &error),
    }
}

/// Lets a message that was given up leave again, for whoever keeps the definitions.
async fn sent_again(program: &Program, company: &Company, asker: &Asker, notice: &str) -> Document {
    if !rights::keeps_deliveries(company.defs(), asker) {
        return sentence("Only whoever keeps the definitions can send a message again.");
    }
    let Ok(id) = notice.parse() else { return sentence("This button belongs to no message that is known here.") };
    let released = async {
        let mut tx = program.db.write().await?;
        let was_there =
            shiftbell_store::outbox::release(&mut tx, company.name(), id, program.clock.now().as_ms()).await?;
        tx.commit().await?;
        Ok::<bool, StoreError>(was_there)
    };
    match released.await {
        Ok(true) => {
            program.woken.delivery.notify_one();
            sentence("It is on its way again.")
        }
        Ok(false) => sentence("It does not wait any more: it was delivered, or is on its way."),
        Err(error) => not_answered(company, &error.into()),
    }
}

/// What a button says that cannot do anything yet: what to do instead.
fn not_yet(company: &Company, verb: Verb) -> Document {
    let keeper =
        about::keeper(company).map_or_else(|| "whoever keeps the definitions".to_owned(), |keeper| keeper.name);
    sentence(match verb {
        Verb::Take => "It cannot be taken by a button yet: please answer in the thread that you take it, or make yourself its owner in the CRM.".to_owned(),
        Verb::SnoozeDay | Verb::SnoozeThreeDays | Verb::SnoozeWeek | Verb::Silence => {
            format!("This cannot be silenced by a button yet: please ask {keeper} to pause the rule in the definitions file.")
        }
        Verb::ChangeTime | Verb::Pause | Verb::Stop => {
            format!("This cannot be changed by a button yet: please ask {keeper}, who sets it in the definitions file.")
        }
        Verb::HowOften | Verb::Audience | Verb::Versions => {
            format!("This cannot be shown here yet: please ask {keeper}. /kpi help NAME shows what a number means.")
        }
        Verb::Share
        | Verb::BreakDown
        | Verb::Why
        | Verb::Who
        | Verb::WhoNot
        | Verb::Replay
        | Verb::Off
        | Verb::OffWrong
        | Verb::OffLeads
        | Verb::OffWaiting
        | Verb::OffAway
        | Verb::OffElse
        | Verb::Fixed
        | Verb::Right
        | Verb::AskBack
        | Verb::Settled => {
            "Please ask again with /kpi, so that this button belongs to a fresh answer.".to_owned()
        }
    })
}

/// Shows an answer to everybody, once for each click. That a click was taken is written down before anything is said: a process
/// that dies in between leaves nothing said, which the person sees, and never the same thing twice.
async fn shared(
    program: &Program,
    company: &Company,
    asker: &Asker,
    receipt: &str,
    request: Option<(Outlet, &str)>,
) -> (Document, Visibility) {
    if let Some((outlet, id)) = request
        && let Err(why) = taken(program, company, outlet, id).await
    {
        return (why, Visibility::OnlyAsker);
    }
    (asked_again(program, company, asker, receipt).await, Visibility::Everyone)
}

/// Takes a click; what is said instead where it was taken before.
pub(super) async fn taken(program: &Program, company: &Company, outlet: Outlet, id: &str) -> Result<(), Document> {
    let taken = async {
        let mut tx = program.db.write().await?;
        let is_first = requests::take(&mut tx, company.name(), outlet.word(), id, program.clock.now().as_ms()).await?;
        tx.commit().await?;
        Ok::<bool, StoreError>(is_first)
    };
    match taken.await {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(sentence("This click came twice and was followed once. If nothing was shown, please click again."))
        }
        Err(error) => Err(not_answered(company, &error.into())),
    }
}

async fn asked_again(program: &Program, company: &Company, asker: &Asker, receipt: &str) -> Document {
    if let Some(question) = kept::question(program, company, receipt).await {
        return of_question(program, company, asker, question)
            .await
            .unwrap_or_else(|error| not_answered(company, &error));
    }
    match kept::words(program, company, receipt).await {
        Some(words) => to_typed(program, company, asker, &words).await,
        None => expired(receipt),
    }
}

fn expired(receipt: &str) -> Document {
    sentence(format!("Receipt {receipt} is not known here, or has expired."))
}
