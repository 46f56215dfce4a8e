//! The clients of the chat systems, one for each company that has a token, behind one shape.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use shiftbell_chat::discord::{DiscordClient, DiscordSettings};
use shiftbell_chat::queue::Turn;
use shiftbell_chat::slack::{Looked, SlackClient, SlackSettings};
use shiftbell_chat::{Found, Message, Outcome, Outlet, Picture, ReplyTo, Sought, To};
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_store::outbox::delivery::Claimed;
use shiftbell_store::people::{self, Person};

use crate::companies::{Companies, Company};
use crate::config::Config;
use crate::program::Program;

/// What can be sent with.
#[derive(Debug, Default)]
pub struct Outlets {
    slack: BTreeMap<String, Arc<SlackClient>>,
    /// Companies whose messages of unknown outcome wait for a person.
    hold_unknown: BTreeSet<String>,
    discord: BTreeMap<String, Arc<DiscordClient>>,
}

/// One chat system of one company.
#[derive(Clone, Debug)]
pub enum Client {
    Slack { client: Arc<SlackClient>, holds_unknown: bool },
    Discord { client: Arc<DiscordClient> },
}

/// A message lowered for one outlet, with its picture.
#[derive(Debug)]
pub struct Lowered {
    body: Value,
    picture: Option<Picture>,
}

impl Lowered {
    pub fn message(&self) -> Message<'_> {
        Message { picture: self.picture.as_ref(), ..Message::words(&self.body) }
    }
}

impl Outlets {
    /// Makes a client for every token. One that cannot be made is said and left out: the rest works without it.
    pub fn new(companies: &Companies, config: &Config) -> Outlets {
        let mut outlets = Outlets::default();
        for company in companies.all() {
            if company.slack.as_ref().is_some_and(|slack| slack.holds_unknown) {
                outlets.hold_unknown.insert(company.name().to_owned());
            }
            if let Some(token) = company.slack.as_ref().and_then(|slack| slack.token.clone()) {
                let settings = SlackSettings { api_url: config.slack_api_url.clone(), ..SlackSettings::new(token) };
                match SlackClient::new(settings) {
                    Ok(client) => {
                        outlets.slack.insert(company.name().to_owned(), Arc::new(client));
                    }
                    Err(problem) => {
                        tracing::error!(workspace = company.name(), %problem, "nothing can be posted to Slack")
                    }
                }
            }
            let discord = company.discord.as_ref();
            if let Some((discord, token)) = discord.and_then(|discord| Some((discord, discord.token.clone()?))) {
                let application = discord.application.clone().unwrap_or_default();
                let api_url = config.discord_api_url.clone();
                match DiscordClient::new(DiscordSettings { api_url, ..DiscordSettings::new(token, application) }) {
                    Ok(client) => {
                        outlets.discord.insert(company.name().to_owned(), Arc::new(client));
                    }
                    Err(problem) => {
                        tracing::error!(workspace = company.name(), %problem, "nothing can be posted to Discord")
                    }
                }
            }
        }
        outlets
    }

    /// The client for an outlet by its name; `None` where there is no token.
    pub fn client(&self, workspace: &str, outlet: &str) -> Option<Client> {
        match outlet {
            "slack" => self.slack.get(workspace).map(|client| Client::Slack {
                client: Arc::clone(client),
                holds_unknown: self.hold_unknown.contains(workspace),
            }),
            "discord" => self.discord.get(workspace).map(|client| Client::Discord { client: Arc::clone(client) }),
            _ => None,
        }
    }

    /// The client for Discord of a company.
    pub(crate) fn discord(&self, workspace: &str) -> Option<Arc<DiscordClient>> {
        self.discord.get(workspace).cloned()
    }

    /// The e-mail of a user of a chat system that shows it, asked for once.
    pub async fn email_of(&self, program: &Program, company: &Company, outlet: Outlet, user: &str) -> Option<String> {
        let client = match outlet {
            Outlet::Slack => self.slack.get(company.name())?,
            // Discord shows nobody's e-mail.
            Outlet::Discord => return None,
        };
        let email = match client.person(user).await {
            Looked::Person(person) => person.email?,
            Looked::Nobody => return None,
            Looked::Failed(outcome) => {
                tracing::warn!(workspace = company.name(), ?outcome, "could not ask Slack who somebody is");
                return None;
            }
        };
        let name = None;
        // Only people of the company are kept, by the address that the file calls them: of others, nothing is.
        let known = company.defs().person(&email)?.email.clone();
        let person = Person { email: known, outlet: outlet.word().to_owned(), outlet_id: user.to_owned(), name };
        remember(program, company, &person).await;
        Some(person.email)
    }

    /// The document with the ids under which each outlet knows the people it mentions, as far as they are known.
    pub async fn with_mentions(&self, program: &Program, company: &Company, mut document: Document) -> Document {
        if document.mentions_mut().is_empty() {
            return document;
        }
        let Ok(mut snapshot) = program.db.read().await else { return document };
        for mention in document.mentions_mut() {
            for (outlet, id) in [("slack", &mut mention.slack), ("discord", &mut mention.discord)] {
                if let Ok(Some(person)) = people::by_email(&mut snapshot, company.name(), &mention.email, outlet).await
                {
                    *id = Some(person.outlet_id);
                }
            }
        }
        document
    }
}

impl Client {
    /// The id of the channel or person that a message is for. A person who is known by e-mail only is looked up, once.
    pub async fn channel(&self, program: &Program, company: &Company, message: &Claimed) -> Result<String, Outcome> {
        if !message.channel.contains('@') {
            return Ok(message.channel.clone());
        }
        let email = &message.channel;
        if let Ok(mut snapshot) = program.db.read().await
            && let Ok(Some(person)) = people::by_email(&mut snapshot, company.name(), email, &message.outlet).await
        {
            return Ok(person.outlet_id);
        }
        let found = match self {
            Client::Slack { client, .. } => match by_addresses(client, company, email).await {
                Looked::Person(person) => person.user,
                Looked::Nobody => {
                    return Err(Outcome::Closed { why: format!("Slack knows nobody with the address {email}") });
                }
                Looked::Failed(outcome) => return Err(outcome),
            },
            Client::Discord { .. } => {
                let why = format!(
                    "Discord shows nobody's e-mail; {email} types /shiftbell link, or the file says discord = \"...\" in their line"
                );
                return Err(Outcome::Closed { why });
            }
        };
        let person =
            Person { email: email.clone(), outlet: message.outlet.clone(), outlet_id: found.clone(), name: None };
        remember(program, company, &person).await;
        Ok(found)
    }

    /// The message as this outlet takes it. Its picture is drawn; one that cannot be drawn never holds the words.
    pub async fn lowered(&self, document: &Document) -> Lowered {
        let picture = match &document.picture {
            None => None,
            Some(picture) => {
                let svg = picture.svg.clone();
                let drawn = tokio::task::spawn_blocking(move || shiftbell_render::picture::png(&svg)).await;
                match drawn {
                    Ok(Ok(png)) => Some(Picture { name: picture.name.clone(), png, alt: picture.alt.clone() }),
                    Ok(Err(error)) => {
                        tracing::error!(%error, "a picture could not be drawn");
                        None
                    }
                    Err(_) => None,
                }
            }
        };
        let body = match self {
            Client::Slack { .. } => shiftbell_render::slack::message(document, None),
            Client::Discord { .. } => shiftbell_render::discord::message(document, picture.is_some()),
        };
        Lowered { body, picture }
    }

    pub fn may_send(&self, channel: &str, now: Instant) -> Turn {
        match self {
            Client::Slack { client, .. } => client.may_send(channel, now),
            Client::Discord { client } => client.may_send(channel, now),
        }
    }

    pub fn may_edit(&self, channel: &str, now: Instant) -> Turn {
        match self {
            Client::Slack { client, .. } => client.may_edit(channel, now),
            Client::Discord { client } => client.may_edit(channel, now),
        }
    }

    pub async fn post(&self, to: To<'_>, message: &Message<'_>, dedupe_key: &str, now: Instant) -> Outcome {
        match self {
            Client::Slack { client, .. } => client.post(to, message, dedupe_key, now).await,
            Client::Discord { client } => client.post(to, message, dedupe_key, now).await,
        }
    }

    pub async fn edit(&self, id: &str, message: &Message<'_>, now: Instant) -> Outcome {
        match self {
            Client::Slack { client, .. } => client.edit(id, message, now).await,
            Client::Discord { client } => client.edit(id, message, now).await,
        }
    }

    pub async fn find(&self, sought: &Sought<'_>, now: Instant) -> Found {
        match self {
            Client::Slack { client, .. } => client.find(sought).await,
            Client::Discord { client } => client.find(sought, now).await,
        }
    }

    /// Whether a post that may have arrived at this instant can be repeated without being seen twice.
    pub fn repeat_is_safe(&self, since: Instant, now: Instant) -> bool {
        match self {
            Client::Slack { .. } => false,
            Client::Discord { .. } => shiftbell_chat::discord::repeat_is_safe(since, now),
        }
    }

    /// Whether a message of unknown outcome that cannot be looked for waits for a person, instead of being repeated.
    pub fn holds_unknown(&self) -> bool {
        match self {
            Client::Slack { holds_unknown, .. } => *holds_unknown,
            Client::Discord { .. } => false,
        }
    }
}

/// The account with one of a person's addresses.
pub(crate) async fn by_addresses(client: &SlackClient, company: &Company, email: &str) -> Looked {
    let known = company.defs().person(email);
    let also = known.map(|person| person.also.as_slice()).unwrap_or_default();
    for address in std::iter::once(email).chain(also.iter().map(String::as_str)) {
        match client.person_by_email(address).await {
            Looked::Nobody => {}
            found => return found,
        }
    }
    Looked::Nobody
}

/// Keeps who somebody is. Not remembered is only slower: the next message or command looks again.
async fn remember(program: &Program, company: &Company, person: &Person) {
    if let Ok(mut tx) = program.db.write().await {
        let kept = people::remember(&mut tx, company.name(), person, program.clock.now().as_ms()).await;
        let _ = if kept.is_ok() { tx.commit().await } else { tx.roll_back().await };
    }
}

/// Sends a later answer to a command or a click.
pub async fn respond(program: &Program, company: &Company, reply: &ReplyTo, body: &Value) {
    let outcome = match reply {
        ReplyTo::Slack { response_url } => match program.outlets.slack.get(company.name()) {
            Some(client) => client.respond(response_url, body).await,
            None => {
                Outcome::Closed { why: "there is no Slack token; set the one that [outlets.slack] names".to_owned() }
            }
        },
        ReplyTo::Discord { .. } => match program.outlets.discord.get(company.name()) {
            Some(client) => client.edit_original(reply, &Message::words(body), program.clock.now()).await,
            None => no_discord_token(),
        },
    };
    warn_unless_delivered(company, outcome);
}

/// Sends an answer to a command or a click in Discord as an edit of what is shown there, with its picture.
pub async fn answer_in_discord(program: &Program, company: &Company, reply: &ReplyTo, document: &Document) {
    let outcome = match program.outlets.discord.get(company.name()) {
        Some(client) => {
            let lowered = Client::Discord { client: Arc::clone(client) }.lowered(document).await;
            client.edit_original(reply, &lowered.message(), program.clock.now()).await
        }
        None => no_discord_token(),
    };
    warn_unless_delivered(company, outcome);
}

fn no_discord_token() -> Outcome {
    Outcome::Closed { why: "there is no Discord token; set the one that [outlets.discord] names".to_owned() }
}

fn warn_unless_delivered(company: &Company, outcome: Outcome) {
    match outcome {
        Outcome::Delivered { .. } => {}
        Outcome::RetryAt { why, .. }
        | Outcome::Refused { why }
        | Outcome::Closed { why }
        | Outcome::Unknown { why } => {
            tracing::warn!(workspace = company.name(), why, "a late answer did not arrive");
        }
    }
}
