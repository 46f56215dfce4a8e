//! What the services say of a token, in sentences that say what is missing and what to do.

use shiftbell_chat::Outcome;
use shiftbell_chat::slack::inspect::{Inspected, SCOPES, Trouble};

/// What the bot needs in Discord: View Channel, Send Messages, Embed Links, Attach Files, Read Message History.
const DISCORD_PERMISSIONS: u64 = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16;

/// Why Slack does not take a token. `what` is `bot` or `app`.
pub fn slack_trouble(what: &str, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Unreachable { why } => format!("{why}; try again when it can be reached"),
        Trouble::Refused { code, needed } => match (code.as_str(), what) {
            ("not_allowed_token_type", "bot") | ("invalid_auth", "bot") | ("not_authed", "bot") => {
                "Slack does not accept the bot's token: copy it again from OAuth & Permissions, it begins with xoxb-".to_owned()
            }
            ("not_allowed_token_type" | "invalid_auth" | "not_authed", _) => {
                "Slack does not accept the app-level token: make one under Basic Information, App-Level Tokens; it begins with xapp-"
                    .to_owned()
            }
            ("missing_scope", _) => format!(
                "the {what} token lacks the scope {}: add it and take the token again",
                needed.as_deref().unwrap_or("connections:write")
            ),
            ("token_revoked" | "account_inactive", _) => {
                format!("Slack says that the {what} token is revoked: install the app again and copy its new token")
            }
            (code, _) => format!("Slack refuses the {what} token: {code}"),
        },
    }
}

/// What the bot's token lacks, one sentence each; nothing where Slack did not say what it may.
pub fn slack_lacks(inspected: &Inspected) -> Vec<String> {
    let lacking = SCOPES.iter().filter(|(scope, _)| !inspected.scopes.is_empty() && !inspected.scopes.contains(*scope));
    lacking
        .map(|(scope, without)| {
            format!(
                "the bot's token lacks `{scope}`, so that {without}: add it under OAuth & Permissions, install the app again and copy its token"
            )
        })
        .collect()
}

/// Why Discord does not take a bot's token.
pub fn discord_trouble(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Closed { why } if why.contains("token is not valid") => {
            "Discord does not accept the bot's token: make a new one at discord.com/developers, under Bot".to_owned()
        }
        Outcome::RetryAt { why, .. }
        | Outcome::Refused { why }
        | Outcome::Closed { why }
        | Outcome::Unknown { why } => why.clone(),
        Outcome::Delivered { .. } => "Discord answered something else".to_owned(),
    }
}

/// Where somebody who may manage the server lets the bot in.
pub fn discord_invite(application: &str) -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={DISCORD_PERMISSIONS}"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shiftbell_chat::slack::Identity;

    use super::*;

    #[test]
    fn a_scope_that_is_missing_is_named_with_what_does_not_work_without_it() {
        let identity = Identity { team: "T1".into(), bot_user: "U1".into(), team_name: "Clowns".into() };
        let all: BTreeSet<String> = SCOPES.iter().map(|(scope, _)| (*scope).to_owned()).collect();
        let of = |scopes| Inspected { identity: identity.clone(), scopes, at: None };
        assert_eq!(slack_lacks(&of(all.clone())), Vec::<String>::new());
        let less = all.into_iter().filter(|scope| scope != "im:write").collect();
        let said = slack_lacks(&of(less)).join("\n");
        assert!(said.contains("`im:write`") && said.contains("nobody gets direct messages"), "{said}");
    }

    #[test]
    fn the_invitation_asks_for_what_is_used_and_nothing_else() {
        let link = discord_invite("42");
        assert!(link.contains("client_id=42&scope=bot+applications.commands&permissions=117760"), "{link}");
    }
}
