//! The companies that this process serves: their checked definitions, and their secrets.

mod ways;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use shiftbell_metrics::definitions::{Definitions, KindWords, Outlet, Vocabulary};
use shiftbell_sources::{Kind, Secret, SourceSettings};

use crate::failure::Failure;
use crate::secrets::{self, Env};
use crate::work::Workspace;

/// One company, with what the outside world needs to know to talk with it.
#[derive(Debug)]
pub struct Company {
    /// Its name is that of its file without `.toml`: part of URLs and of every key in the database.
    pub workspace: Workspace,
    /// Sources that are active, by their id.
    pub doors: BTreeMap<String, Door>,
    pub slack: Option<Slack>,
    pub discord: Option<Discord>,
    /// What it has to do without: secrets that are not set, in sentences.
    pub lacks: Vec<String>,
    /// Whether whoever can ask may see everything: the demo, where nobody is known.
    pub is_open: bool,
}

/// A source that sends to us.
#[derive(Debug)]
pub struct Door {
    pub kind: Kind,
    pub settings: SourceSettings,
    /// The one in use first, then the one that is being replaced.
    pub secrets: Vec<Secret>,
    /// With which it is asked for what it has.
    pub token: Option<SecretString>,
}

/// A Slack app of one team.
#[derive(Debug)]
pub struct Slack {
    pub team: Option<String>,
    pub token: Option<SecretString>,
    /// With which requests over HTTP are signed.
    pub signing_secret: Option<SecretString>,
    /// With which a connection is opened instead (Socket Mode).
    pub app_token: Option<SecretString>,
    /// Whether a message of unknown outcome waits for a person (`on_unknown = "hold"`) instead of being repeated, marked.
    pub holds_unknown: bool,
}

/// A Discord application of one guild.
#[derive(Debug)]
pub struct Discord {
    pub guild: Option<String>,
    /// Whose commands are registered.
    pub application: Option<String>,
    pub token: Option<SecretString>,
    /// With which requests over HTTP are signed.
    pub public_key: Option<SecretString>,
    /// Whether a connection is opened instead, as the file says; without a word it is where there is no key.
    pub gateway: Option<String>,
}

/// Every company by name.
#[derive(Clone, Debug, Default)]
pub struct Companies(BTreeMap<String, Arc<Company>>);

/// What a definitions file may name beside its own words.
pub fn vocabulary() -> Vocabulary {
    let outlet = |kind, secrets, settings| KindWords { kind, secrets, required: &[], settings, not_active: None };
    Vocabulary {
        sources: shiftbell_sources::kinds(),
        outlets: vec![
            outlet("slack", &["token", "secret", "app_token"], &["team", "history", "on_unknown"]),
            outlet("discord", &["token", "public_key"], &["guild", "application", "gateway"]),
        ],
    }
}

/// The definitions files of a folder, in the order of their names.
pub fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Failure::Usage(format!(
            "cannot read the folder of workspaces {}: {error}; create it and put a definitions file there (see deploy/clowns-to-go.toml), or set SHIFTBELL_WORKSPACES",
            folder.display()
        ))
    })?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter(|path| path.file_name().is_some_and(|name| name != crate::config::DEFAULT_FILE))
        .collect();
    files.sort();
    Ok(files)
}

/// The name of the workspace that a file defines.
pub fn name_of(file: &Path) -> Result<String, Failure> {
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(fits) {
        return Err(Failure::Usage(format!(
            "{} cannot name a workspace: use lower-case letters, digits and hyphens, such as clowns-to-go.toml",
            file.display()
        )));
    }
    Ok(name)
}

impl Company {
    pub fn name(&self) -> &str {
        &self.workspace.name
    }

    pub fn defs(&self) -> &Definitions {
        self.workspace.defs()
    }

    /// A company with its secrets. Secrets that are missing are returned as sentences: the rest works without them.
    pub fn new(name: String, text: String, definitions: Definitions, env: Env<'_>) -> (Company, Vec<String>) {
        let mut missing = Vec::new();
        let mut doors = BTreeMap::new();
        for source in &definitions.sources {
            let Some(kind) = Kind::from_word(&source.kind) else { continue };
            let settings = SourceSettings::of(source);
            let mut found = Vec::new();
            for key in ["secret", "old_secret"] {
                let Some(from) = source.secrets.get(key) else { continue };
                match secrets::find(from, env) {
                    Ok(secret) => found.push(Secret::new(secrecy::ExposeSecret::expose_secret(&secret))),
                    Err(why) => {
                        missing.push(format!("source `{}`: {why}, so that its webhooks are refused", source.id))
                    }
                }
            }
            let token = source.secrets.get("token").and_then(|from| match secrets::find(from, env) {
                Ok(token) => Some(token),
                Err(why) => {
                    missing.push(format!("source `{}`: {why}, so that it is not asked for what it has", source.id));
                    None
                }
            });
            doors.insert(source.id.clone(), Door { kind, settings, secrets: found, token });
        }
        let secret_of =
            |outlet: &Outlet, key: &str| outlet.secrets.get(key).and_then(|from| secrets::find(from, env).ok());
        let mut token_of = |outlet: &Outlet| {
            let from = outlet.secrets.get("token")?;
            let lacks =
                |why| missing.push(format!("outlet `{}`: {why}, so that nothing can be posted there", outlet.kind));
            secrets::find(from, env).map_err(lacks).ok()
        };
        let outlet = |kind: &str| definitions.outlets.iter().find(|outlet| outlet.kind == kind);
        let slack = outlet("slack").map(|outlet| Slack {
            team: outlet.settings.get("team").cloned(),
            token: token_of(outlet),
            signing_secret: secret_of(outlet, "secret"),
            app_token: secret_of(outlet, "app_token"),
            holds_unknown: outlet.settings.get("on_unknown").is_some_and(|word| word == "hold"),
        });
        let discord = outlet("discord").map(|outlet| Discord {
            guild: outlet.settings.get("guild").cloned(),
            application: outlet.settings.get("application").cloned(),
            token: token_of(outlet),
            public_key: secret_of(outlet, "public_key"),
            gateway: outlet.settings.get("gateway").cloned(),
        });
        let mut workspace = Workspace::new(name, definitions, text);
        let can_post = |kind: &str| match kind {
            "slack" => slack.as_ref().is_some_and(|slack: &Slack| slack.token.is_some()),
            "discord" => discord.as_ref().is_some_and(|discord: &Discord| discord.token.is_some()),
            _ => false,
        };
        // What cannot be reached in chat is printed.
        workspace.outlets.retain(|kind| can_post(kind));
        (Company { workspace, doors, slack, discord, lacks: missing.clone(), is_open: false }, missing)
    }
}

impl Companies {
    pub fn new(all: impl IntoIterator<Item = Company>) -> Companies {
        Companies(all.into_iter().map(|company| (company.name().to_owned(), Arc::new(company))).collect())
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Company>> {
        self.0.get(name)
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Company>> {
        self.0.values()
    }

    /// As the workers know them.
    pub fn workspaces(&self) -> BTreeMap<String, Workspace> {
        self.0.iter().map(|(name, company)| (name.clone(), company.workspace.clone())).collect()
    }

    /// The named one, or the only one.
    pub fn chosen(&self, name: Option<&str>) -> Result<&Arc<Company>, Failure> {
        let names = || self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        match name {
            Some(name) => self.0.get(name).ok_or_else(|| {
                let near = self.0.keys().map(|key| (strsim::damerau_levenshtein(name, key), key)).min();
                let hint = near
                    .filter(|(far, _)| *far <= 3)
                    .map_or_else(String::new, |(_, key)| format!("; did you mean `{key}`?"));
                Failure::Usage(format!("there is no workspace `{name}`{hint} (there are: {})", names()))
            }),
            None => match self.0.len() {
                1 => Ok(&self.0[self.0.keys().next().map_or("", String::as_str)]),
                0 => Err(Failure::Usage(
                    "there is no workspace: put a definitions file into the folder of workspaces".into(),
                )),
                _ => Err(Failure::Usage(format!(
                    "there are several workspaces: choose one with --workspace ({})",
                    names()
                ))),
            },
        }
    }
}
