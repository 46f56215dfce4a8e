//! The company of this test: a deal that is won is told in one of sixteen channels, in Slack and in Discord.

use std::fmt::Write as _;

use shiftbell::companies::vocabulary;
use shiftbell::work::Workspace;
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::time::Instant;
use shiftbell_tests::fake_discord::FakeDiscord;
use shiftbell_tests::fake_slack::FakeSlack;

pub(super) const NAME: &str = "kill";
/// Of the source that sends.
pub(super) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// Slack takes one message a second in a channel; with many channels the test need not wait.
pub(super) const CHANNELS: u64 = 16;

const HEAD: &str = r#"
[workspace]
name     = "Kill"
timezone = "UTC"
currency = "USD"

[stages]
chain = [
  { id = "deal", label = "Deals", of = "deal", bowtie = "selection" },
  { id = "won",  label = "Won",   of = "deal", bowtie = "commit" },
]

[motions.all]
label = "Everybody"
who   = "everyone else"

[motions.all.stages]
deal = "deal-opened"
won  = "deal-won"

[noise]
per_channel_a_day = 1000

[rollout]
step = "grow"

[sources.crm]
kind   = "generic"
secret = { env = "KILL_SECRET" }

[outlets.slack]
token  = { env = "KILL_SLACK_TOKEN" }

[outlets.discord]
token  = { env = "KILL_DISCORD_TOKEN" }

[facts]
deal-opened = { event = "deal" }
deal-won    = { event = "deal", deal.stage = "won" }
"#;

pub(super) fn definitions() -> String {
    let mut text = HEAD.to_owned();
    for n in 0..CHANNELS {
        writeln!(text, r#"won-{n} = {{ event = "deal", deal.stage = "won", deal.product = "p{n}" }}"#).unwrap();
    }
    text.push_str("\n[destinations]\n");
    for n in 0..CHANNELS {
        writeln!(text, r#"d{n} = {{ slack = "{}", discord = "{}" }}"#, slack_channel(n), discord_channel(n)).unwrap();
    }
    for n in 0..CHANNELS {
        writeln!(text, "\n[rules.won-{n}]\nkind = \"event\"\nwhen = \"won-{n}\"\nto   = \"d{n}\"").unwrap();
    }
    text
}

pub(super) fn workspace() -> Workspace {
    let text = definitions();
    let checked = read("kill.toml", &text, &vocabulary());
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    Workspace::new(NAME, checked.definitions.unwrap(), text)
}

pub(super) fn slack_channel(n: u64) -> String {
    format!("C{n}")
}

pub(super) fn discord_channel(n: u64) -> String {
    (1_000 + n).to_string()
}

pub(super) fn with_channels(mut slack: FakeSlack, mut discord: FakeDiscord) -> (FakeSlack, FakeDiscord) {
    for n in 0..CHANNELS {
        slack = slack.with_channel(&slack_channel(n), &format!("wins-{n}"));
        discord = discord.with_channel(&discord_channel(n), &format!("wins-{n}"));
    }
    (slack, discord)
}

/// The channel in which this deal is told.
pub(super) fn channel_of(deal: u64) -> u64 {
    // Neighbours go far apart, so that one delivery is about several channels.
    deal.wrapping_mul(7) % CHANNELS
}

/// What its messages are known by.
pub(super) fn name_of(deal: u64) -> String {
    format!("Buyer{deal:06}")
}

/// A deal that was just won, as our own program would send it.
pub(super) fn won(deal: u64, at: Instant) -> serde_json::Value {
    serde_json::json!({
        "id": format!("won-{deal}"), "type": "deal", "at": at.to_string(), "deal": format!("d-{deal}"),
        "set": { "deal": {
            "stage": "won", "product": format!("p{}", channel_of(deal)), "name": name_of(deal),
            "amount": { "amount": "100.00", "currency": "USD" },
        } },
    })
}
