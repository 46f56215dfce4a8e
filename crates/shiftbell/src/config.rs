//! The server file, `shiftbell.toml`: where to listen, where the numbers live, what the limits are.
//!
//! `deploy/shiftbell.toml` is the complete, commented example. Every key can be overridden by the environment:
//! `database_url` by `SHIFTBELL_DATABASE_URL`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What precedes a key in the environment.
pub const ENV_PREFIX: &str = "SHIFTBELL_";

/// The file that is read when none is named and it exists.
pub const DEFAULT_FILE: &str = "shiftbell.toml";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port of the HTTP server.
    pub listen: String,
    /// How the world reaches this server; signatures are computed over it.
    pub public_url: String,
    /// `sqlite:FILE` or `postgres://...`.
    pub database_url: String,
    /// Folder of definitions files. The file's name without `.toml` names the workspace.
    pub workspaces: PathBuf,
    pub slack_api_url: String,
    pub discord_api_url: String,
    pub hubspot_api_url: String,
    /// Who sees the web pages and the read API: `local` (this machine), `open` (everyone who reaches the port) or `off`.
    pub pages: String,
    /// `auto`, `json` or `text`.
    pub log_format: String,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,shiftbell=debug`.
    pub log_level: String,
    /// Largest request body that is accepted.
    pub body_bytes_max: usize,
    /// A request that takes longer is given up.
    pub request_seconds_max: u64,
    /// How many batches of deliveries are worked on at once (PostgreSQL; SQLite has one writer).
    pub intake_workers: usize,
    /// A workspace with more unread deliveries than this answers 429 to its sources.
    pub backlog_max: u64,
    /// How long what one process took to work on is nobody else's. Longer than a request to a chat service may take.
    pub lease_seconds: u32,
    /// How long after a request of unknown outcome the message is looked for in the chat; looked for again after twice that.
    pub look_again_seconds: u32,
    /// How long a stop waits for work that has begun.
    pub shutdown_seconds_max: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            database_url: "sqlite:shiftbell.db".to_owned(),
            workspaces: PathBuf::from("workspaces"),
            slack_api_url: "https://slack.com/api".to_owned(),
            discord_api_url: "https://discord.com".to_owned(),
            hubspot_api_url: "https://api.hubapi.com".to_owned(),
            pages: "local".to_owned(),
            log_format: "auto".to_owned(),
            log_level: "info".to_owned(),
            body_bytes_max: 1024 * 1024,
            request_seconds_max: 10,
            intake_workers: 2,
            backlog_max: 1_000_000,
            lease_seconds: 90,
            look_again_seconds: 30,
            shutdown_seconds_max: 30,
        }
    }
}

/// What is wrong with the server file or an override of it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigProblem {
    #[error("cannot read the server file {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}:{line}: {message}{hint}", path.display())]
    Wrong { path: PathBuf, line: usize, message: String, hint: String },
    #[error("{variable} is `{value}`, but should be {wanted}")]
    Override { variable: String, value: String, wanted: &'static str },
    #[error("`{key}` is `{value}`, but should be {wanted}")]
    Value { key: &'static str, value: String, wanted: &'static str },
}

impl Config {
    /// Every key that exists.
    pub fn keys() -> Vec<String> {
        Config::default().to_table().keys().cloned().collect()
    }

    /// Reads the named file, else `shiftbell.toml` if there is one, else takes the defaults; then applies the overrides.
    pub fn load(path: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigProblem> {
        let default = Path::new(DEFAULT_FILE);
        let path = path.or_else(|| default.exists().then_some(default));
        let config = match path {
            None => Config::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigProblem::Unreadable { path: path.to_owned(), source })?;
                Config::read(&text, path)?
            }
        };
        config.with_overrides(env)?.checked()
    }

    /// Reads the text of a server file. Keys that are absent have their defaults, unknown keys are refused.
    pub fn read(text: &str, path: &Path) -> Result<Config, ConfigProblem> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            ConfigProblem::Wrong { path: path.to_owned(), line, hint: nearest_key(&message), message }
        })
    }

    /// The same with what the environment overrides, checked.
    pub fn with_environment(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigProblem> {
        self.with_overrides(env)?.checked()
    }

    fn with_overrides(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigProblem> {
        let mut table = self.to_table();
        for (key, value) in &mut table {
            let variable = format!("{ENV_PREFIX}{}", key.to_ascii_uppercase());
            let Some(text) = env(&variable).filter(|text| !text.is_empty()) else { continue };
            *value = if value.is_integer() {
                match text.trim().parse::<u32>() {
                    Ok(number) => toml::Value::Integer(number.into()),
                    Err(_) => return Err(ConfigProblem::Override { variable, value: text, wanted: "a whole number" }),
                }
            } else {
                toml::Value::String(text)
            };
        }
        table.try_into().map_err(|error: toml::de::Error| ConfigProblem::Override {
            variable: ENV_PREFIX.to_owned(),
            value: error.message().to_owned(),
            wanted: "values of the right type",
        })
    }

    fn checked(self) -> Result<Config, ConfigProblem> {
        let wrong = |key, value: &str, wanted| Err(ConfigProblem::Value { key, value: value.to_owned(), wanted });
        if self.listen.parse::<std::net::SocketAddr>().is_err() {
            return wrong("listen", &self.listen, "an address with a port, such as 127.0.0.1:8080 or 0.0.0.0:8080");
        }
        for (key, url) in [
            ("public_url", &self.public_url),
            ("slack_api_url", &self.slack_api_url),
            ("discord_api_url", &self.discord_api_url),
            ("hubspot_api_url", &self.hubspot_api_url),
        ] {
            if !(url.starts_with("http://") || url.starts_with("https://")) {
                return wrong(key, url, "a URL that begins with http:// or https://");
            }
        }
        if !(self.database_url.starts_with("sqlite:") || is_postgres(&self.database_url)) {
            // The value may hold a password, so that only its beginning is repeated.
            let scheme = self.database_url.split("://").next().unwrap_or_default();
            let shown: String = scheme.chars().take(20).collect();
            return wrong("database_url", &format!("{shown}..."), "`sqlite:FILE` or `postgres://USER@HOST/DATABASE`");
        }
        if !["local", "open", "off"].contains(&self.pages.as_str()) {
            return wrong("pages", &self.pages, "local, open or off");
        }
        if !["auto", "json", "text"].contains(&self.log_format.as_str()) {
            return wrong("log_format", &self.log_format, "auto, json or text");
        }
        Ok(self)
    }

    fn to_table(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }

    /// The public URL without a slash at its end.
    pub fn public_base(&self) -> &str {
        self.public_url.trim_end_matches('/')
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// The serde message names an unknown key; the nearest known one is offered.
fn nearest_key(message: &str) -> String {
    let Some(unknown) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) else {
        return String::new();
    };
    Config::keys()
        .into_iter()
        .map(|key| (strsim::damerau_levenshtein(unknown, &key), key))
        .min()
        .filter(|(distance, _)| *distance <= 4)
        .map_or_else(String::new, |(_, key)| format!(". Did you mean `{key}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../deploy/shiftbell.toml");

    #[test]
    fn the_example_names_every_key_and_shows_the_defaults() {
        let table: toml::Table = toml::from_str(EXAMPLE).unwrap();
        let missing: Vec<String> = Config::keys().into_iter().filter(|key| !table.contains_key(key)).collect();
        assert_eq!(missing, Vec::<String>::new());
        assert_eq!(Config::read(EXAMPLE, Path::new("deploy/shiftbell.toml")).unwrap(), Config::default());
    }

    #[test]
    fn the_environment_overrides_every_key() {
        for key in Config::keys() {
            let variable = format!("SHIFTBELL_{}", key.to_ascii_uppercase());
            let env = |name: &str| (name == variable).then(|| "7".to_owned());
            let changed = Config::default().with_overrides(&env).unwrap();
            assert_eq!(changed.to_table()[&key].to_string().trim_matches('"'), "7", "{key}");
        }
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line_and_the_nearest_one() {
        let problem = Config::read("# mine\ndatabase-url = \"sqlite:x\"\n", Path::new("my.toml")).unwrap_err();
        let text = problem.to_string();
        assert!(text.starts_with("my.toml:2: unknown field `database-url`"), "{text}");
        assert!(text.ends_with("Did you mean `database_url`?"), "{text}");
    }

    #[test]
    fn an_unknown_database_is_refused_without_repeating_its_password() {
        let env = |name: &str| (name == "SHIFTBELL_DATABASE_URL").then(|| "mysql://root:secret@db/x".to_owned());
        let text = Config::default().with_overrides(&env).unwrap().checked().unwrap_err().to_string();
        assert!(text.contains("`mysql...`") && text.contains("sqlite:FILE") && !text.contains("secret"), "{text}");
    }
}
