//! By which way the requests of each chat system come: over HTTP, or over a connection of our own.

use shiftbell_chat::slack::is_app_token;
use shiftbell_metrics::definitions::{Outlet, SecretFrom};

use super::{Company, Discord};

impl Company {
    /// How each chat system asks, in a sentence: `Ok` where that is settled, `Err` where the operator must decide. `public_base`
    /// is the address under which the world reaches this server.
    pub fn ways(&self, public_base: &str) -> Vec<Result<String, String>> {
        let outlets = &self.defs().outlets;
        let of = |kind: &str| outlets.iter().find(|outlet| outlet.kind == kind);
        [
            of("slack").map(|outlet| self.way_of_slack(outlet, public_base)),
            of("discord").map(|outlet| self.way_of_discord(outlet, public_base)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// By which way what a source has arrives, as its name and the way: "HubSpot, polled and by webhook".
    pub fn arrives(&self, source: &str) -> String {
        let Some(door) = self.doors.get(source) else { return source.to_owned() };
        let way = match (door.token.is_some(), !door.secrets.is_empty()) {
            (true, true) => "polled and by webhook",
            (true, false) => "polled",
            (false, true) => "by webhook",
            (false, false) => "from a file",
        };
        format!("{}, {way}", self.workspace.source_name(source))
    }

    fn way_of_slack(&self, outlet: &Outlet, public_base: &str) -> Result<String, String> {
        let slack = self.slack.as_ref();
        let secret = slack.and_then(|slack| slack.signing_secret.as_ref());
        let app_token = slack.and_then(|slack| slack.app_token.as_ref());
        match (secret, app_token) {
            (_, Some(token)) if !is_app_token(token) => Err(format!(
                "outlet `slack`: {} holds no app-level token: those begin with xapp- (xoxb- is the token of the bot)",
                named(outlet, "app_token")
            )),
            (Some(_), Some(_)) => Err(format!(
                "outlet `slack`: both ways are set, HTTP by {} and Socket Mode by {}; keep the one that the Slack app is \
                 set up for and unset the other",
                named(outlet, "secret"),
                named(outlet, "app_token")
            )),
            (None, Some(_)) => Ok("outlet `slack`: asked by Socket Mode; nothing has to reach this server".to_owned()),
            (Some(_), None) => Ok(format!(
                "outlet `slack`: asked over HTTP; Slack must reach {public_base}/slack/commands and /slack/interactions"
            )),
            (None, None) => Ok(format!(
                "outlet `slack`: nobody can ask there: neither {} (Socket Mode: nothing has to reach this server) nor {} \
                 (HTTP) is set",
                named(outlet, "app_token"),
                named(outlet, "secret")
            )),
        }
    }

    fn way_of_discord(&self, outlet: &Outlet, public_base: &str) -> Result<String, String> {
        let Some(discord) = self.discord.as_ref() else { return Ok("outlet `discord`: not used".to_owned()) };
        match (discord.public_key.is_some(), discord.gateway.as_deref()) {
            (_, Some(other)) if !["true", "false"].contains(&other) => {
                Err(format!("outlet `discord`: `gateway` is {other}, but should be true or false"))
            }
            (true, Some("true")) => Err(format!(
                "outlet `discord`: both ways are set, HTTP by {} and the gateway by `gateway = true`; keep the one that is \
                 meant and unset the other",
                named(outlet, "public_key")
            )),
            (true, _) => {
                Ok(format!("outlet `discord`: asked over HTTP; Discord must reach {public_base}/discord/interactions"))
            }
            (false, _) if discord.is_asked_by_gateway() => {
                Ok("outlet `discord`: asked by the gateway; nothing has to reach this server".to_owned())
            }
            (false, _) => Ok(format!(
                "outlet `discord`: nobody can ask there: set {} (HTTP), or the bot's token {} without `gateway = false`",
                named(outlet, "public_key"),
                named(outlet, "token")
            )),
        }
    }
}

impl Discord {
    /// Whether this side opens the connection: a bot without a public key cannot be asked otherwise.
    pub fn is_asked_by_gateway(&self) -> bool {
        self.token.is_some() && self.public_key.is_none() && self.gateway.as_deref() != Some("false")
    }
}

/// What holds a secret of an outlet, as the operator knows it.
fn named(outlet: &Outlet, key: &str) -> String {
    match outlet.secrets.get(key) {
        Some(SecretFrom::Env(name)) => name.clone(),
        Some(SecretFrom::File(path)) => format!("the file {path}"),
        None => format!("`{key}` (which the file does not name)"),
    }
}

#[cfg(test)]
mod tests {
    use shiftbell_metrics::definitions::read;

    use super::super::{Company, vocabulary};

    const TEXT: &str = include_str!("../../../../deploy/clowns-to-go.toml");

    /// What is said of Slack with these variables in the environment.
    fn said(set: &[(&str, &str)]) -> Result<String, String> {
        let definitions = read("clowns-to-go.toml", TEXT, &vocabulary()).definitions.expect("the sample is right");
        let env: std::collections::BTreeMap<String, String> =
            set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let env = move |name: &str| env.get(name).cloned();
        let (company, _) = Company::new("clowns-to-go".to_owned(), String::new(), definitions, &env);
        company.ways("https://bell.example").remove(0)
    }

    #[test]
    fn discord_is_asked_by_the_gateway_where_it_has_a_token_and_no_key() {
        let said = |gateway: &str, set: &'static [&'static str]| {
            let text = TEXT.replace("[outlets.discord]", &format!("[outlets.discord]\n{gateway}"));
            let definitions = read("clowns-to-go.toml", &text, &vocabulary()).definitions.expect("the sample is right");
            let env = move |name: &str| set.contains(&name).then(|| "s3cret".to_owned());
            let (company, _) = Company::new("clowns-to-go".to_owned(), String::new(), definitions, &env);
            company.ways("https://bell.example").remove(1)
        };
        let (token, both) = (["CLOWNS_DISCORD_BOT_TOKEN"], ["CLOWNS_DISCORD_BOT_TOKEN", "CLOWNS_DISCORD_PUBLIC_KEY"]);
        let (token, both): (&'static [&str], &'static [&str]) = (Box::leak(Box::new(token)), Box::leak(Box::new(both)));
        assert!(said("", token).unwrap().contains("by the gateway"));
        assert!(said("gateway = true", token).unwrap().contains("by the gateway"));
        assert!(said("gateway = false", token).unwrap().contains("nobody can ask"));
        assert!(said("", both).unwrap().contains("https://bell.example/discord/interactions"));
        assert!(said("gateway = true", both).unwrap_err().contains("CLOWNS_DISCORD_PUBLIC_KEY"));
        assert!(said("gateway = \"perhaps\"", token).unwrap_err().contains("true or false"));
        assert!(said("", &[]).unwrap().contains("nobody can ask"));
    }

    const SECRET: (&str, &str) = ("CLOWNS_SLACK_SIGNING_SECRET", "s3cret");
    const APP: (&str, &str) = ("CLOWNS_SLACK_APP_TOKEN", "xapp-1-s3cret");

    #[test]
    fn one_way_is_told_and_none_says_what_to_set() {
        assert!(said(&[SECRET]).unwrap().contains("https://bell.example/slack/commands"));
        assert!(said(&[APP]).unwrap().contains("Socket Mode; nothing has to reach this server"));
        let none = said(&[]).unwrap();
        assert!(none.contains("CLOWNS_SLACK_APP_TOKEN") && none.contains("CLOWNS_SLACK_SIGNING_SECRET"), "{none}");
    }

    #[test]
    fn both_ways_or_a_token_of_the_wrong_kind_are_refused_without_repeating_them() {
        let both = said(&[SECRET, APP]).unwrap_err();
        assert!(both.contains("CLOWNS_SLACK_SIGNING_SECRET") && both.contains("CLOWNS_SLACK_APP_TOKEN"), "{both}");
        let wrong = said(&[("CLOWNS_SLACK_APP_TOKEN", "xoxb-1-s3cret")]).unwrap_err();
        assert!(wrong.contains("xapp-") && wrong.contains("CLOWNS_SLACK_APP_TOKEN"), "{wrong}");
        assert!(!both.contains("s3cret") && !wrong.contains("s3cret"));
    }
}
