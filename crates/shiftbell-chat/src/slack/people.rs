//! Who is who in Slack.

use serde_json::{Value, json};

use super::client::SlackClient;
use crate::Outcome;

/// The outcome of looking for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    Person(Person),
    /// Nobody with this address, or the account is closed.
    Nobody,
    /// The question was not answered; `RetryAt` and `Closed` as for a message.
    Failed(Outcome),
}

/// A person as Slack knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: String,
    /// As Slack has verified it. Not there without the scope `users:read.email`.
    pub email: Option<String>,
    /// IANA name, as set by the person in Slack.
    pub zone: Option<String>,
}

/// Who the token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub team: String,
    pub bot_user: String,
    pub team_name: String,
}

impl SlackClient {
    /// The person with this e-mail address. Needs `users:read` and `users:read.email`.
    pub async fn person_by_email(&self, email: &str) -> Looked {
        match self.read("users.lookupByEmail", &[("email", email.to_owned())], email).await {
            Ok(answer) => person_of(answer.get("user").unwrap_or(&Value::Null)),
            Err(failure) if failure.has_code("users_not_found") => Looked::Nobody,
            Err(failure) => Looked::Failed(failure.outcome.of_idempotent_call()),
        }
    }

    /// The person behind the user of a command. Needs `users:read`, and `users:read.email` for the address.
    pub async fn person(&self, user: &str) -> Looked {
        match self.read("users.info", &[("user", user.to_owned())], user).await {
            Ok(answer) => person_of(answer.get("user").unwrap_or(&Value::Null)),
            Err(failure) if failure.has_code("user_not_found") => Looked::Nobody,
            Err(failure) => Looked::Failed(failure.outcome.of_idempotent_call()),
        }
    }

    /// Checks the token.
    pub async fn identity(&self) -> Result<Identity, Outcome> {
        let answer = self.call("auth.test", &json!({}), "auth").await.map_err(|it| it.outcome.of_idempotent_call())?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Identity { team: text("team_id"), bot_user: text("user_id"), team_name: text("team") })
    }

    /// Whether messages in this channel can be found again, so that no repeat is ever visible there.
    pub async fn may_read_history(&self, channel: &str) -> Result<bool, Outcome> {
        let params = [("channel", channel.to_owned()), ("limit", "1".to_owned())];
        match self.read("conversations.history", &params, channel).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.has_code("missing_scope") => Ok(false),
            Err(failure) => Err(failure.outcome.of_idempotent_call()),
        }
    }
}

/// A living person of the team itself: no bot, nobody of another company, and no address that was never confirmed.
fn person_of(user: &Value) -> Looked {
    let is = |name: &str| user.get(name) == Some(&json!(true));
    let is_unconfirmed = user.get("is_email_confirmed") == Some(&json!(false));
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    match text(user, "id") {
        Some(id) if !is("deleted") && !is("is_bot") && !is("is_stranger") => Looked::Person(Person {
            user: id,
            email: user.get("profile").and_then(|of| text(of, "email")).filter(|_| !is_unconfirmed),
            zone: text(user, "tz"),
        }),
        Some(_) | None => Looked::Nobody,
    }
}
