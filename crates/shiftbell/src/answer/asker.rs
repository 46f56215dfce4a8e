//! Who asks: the person behind a user of a chat system.

use shiftbell_chat::Outlet;
use shiftbell_metrics::definitions::Person;
use shiftbell_store::people;

use super::Asker;
use crate::companies::Company;
use crate::program::Program;

impl Asker {
    /// The person behind a user of a chat system.
    pub async fn of_chat(program: &Program, company: &Company, outlet: Outlet, user: &str) -> Asker {
        if company.is_open {
            return Asker::Operator;
        }
        match person_of_chat(program, company, outlet, user).await {
            Some(person) => Asker::Person(person),
            None => Asker::Stranger { outlet, user: user.to_owned() },
        }
    }
}

/// The person of the company who is this user of a chat system: as the file says it, as it is kept, or as the outlet's own
/// verified e-mail address says. Never by a name that people give themselves.
pub(super) async fn person_of_chat(program: &Program, company: &Company, outlet: Outlet, user: &str) -> Option<Person> {
    let defs = company.defs();
    if let Some(person) =
        defs.people.iter().find(|person| person.known_as.get(outlet.word()).is_some_and(|id| id == user))
    {
        return Some(person.clone());
    }
    let email = match program.db.read().await {
        Ok(mut snapshot) => people::by_outlet_id(&mut snapshot, company.name(), outlet.word(), user)
            .await
            .ok()
            .flatten()
            .map(|person| person.email),
        Err(_) => None,
    };
    let email = match email {
        Some(email) => Some(email),
        None => program.outlets.email_of(program, company, outlet, user).await,
    };
    email.and_then(|email| defs.person(&email).cloned())
}
