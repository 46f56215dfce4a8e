//! The whole program on loopback: its doors, its workers, a clock that stands still, and the chats that it talks with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shiftbell::clock::{Chance, Clock};
use shiftbell::companies::{Companies, Company, vocabulary};
use shiftbell::config::Config;
use shiftbell::http;
use shiftbell::program::Program;
use shiftbell::work::workers;
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::Secret;
use shiftbell_sources::generic::signature::sign;
use shiftbell_store::outbox::{self, State};
use shiftbell_store::{held, inbox};
use tokio::task::JoinHandle;

use crate::db::TestDb;
use crate::fake_discord::{self, FakeDiscord};
use crate::fake_hubspot::{self, FakeHubSpot};
use crate::fake_server::FakeClock;
use crate::fake_slack::{self, FakeSlack};
use crate::sample;

/// The workspace that every test app serves.
pub const WORKSPACE: &str = "clowns-to-go";
/// With which the sample company's HubSpot signs.
pub const HUBSPOT_SECRET: &str = "a-client-secret";
/// With which its shop signs.
pub const SHOP_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The account of its HubSpot.
pub const PORTAL: u64 = 10_000_001;

/// Who asks in the tests: the manager of sales, as the chats know her.
pub const LEAD_IN_SLACK: &str = "ULEAD";
pub const LEAD_IN_DISCORD: &str = "1400000000000000001";

/// The guild of the sample company.
pub const GUILD: &str = "1200000000000000001";

/// Who keeps the definitions, and somebody who makes calls.
pub const REVIEWER_IN_SLACK: &str = "UOPS1";
pub const BDR_IN_SLACK: &str = "UBDR1";
pub const BDR_IN_DISCORD: &str = "1400000000000000002";

/// How long anything may take that should come at once.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is listed when something does not come.
const LISTED_MAX: i64 = 1_000;

/// A running program.
#[derive(Debug)]
pub struct TestApp {
    pub program: Arc<Program>,
    /// `http://127.0.0.1:PORT`, also its public address.
    pub url: String,
    pub slack: FakeSlack,
    pub discord: FakeDiscord,
    chat_clock: FakeClock,
    served: Option<JoinHandle<std::io::Result<()>>>,
}

/// A program that has not been started yet.
#[derive(Debug)]
pub struct Starting {
    database_url: String,
    definitions: String,
    by_socket: bool,
    hubspot_api_url: Option<String>,
}

impl TestApp {
    /// The sample company on this database.
    pub fn start(test: &TestDb) -> Starting {
        TestApp::start_on(&test.url)
    }

    /// The sample company on the database at this url.
    pub fn start_on(database_url: &str) -> Starting {
        Starting {
            database_url: database_url.to_owned(),
            definitions: sample::DEFINITIONS.to_owned(),
            by_socket: false,
            hubspot_api_url: None,
        }
    }

    pub fn now(&self) -> Instant {
        self.program.clock.now()
    }

    /// Moves the clocks of the program and of both chats.
    pub fn advance_ms(&self, ms: i64) {
        self.chat_clock.advance_ms(ms);
        self.program.clock.advance_ms(ms);
    }

    /// Where a source sends to.
    pub fn hook(&self, source: &str) -> String {
        format!("{}/hooks/{WORKSPACE}/{source}", self.url)
    }

    pub fn slack_commands(&self) -> String {
        format!("{}/slack/commands", self.url)
    }

    pub fn discord_interactions(&self) -> String {
        format!("{}/discord/interactions", self.url)
    }

    /// The sample company's HubSpot, at the program's time.
    pub fn hubspot(&self) -> FakeHubSpot {
        FakeHubSpot::new(PORTAL, HUBSPOT_SECRET, self.now())
    }

    /// Sends everything that HubSpot has to tell, and waits until it is taken.
    pub async fn hears_from(&self, portal: &mut FakeHubSpot) {
        for sent in portal.deliver(&self.hook("hubspot-main"), self.now()).await {
            assert!(sent.is_taken(), "{sent:?}");
        }
    }

    /// The sample company's shop sends a body, signed. Returns status and answer.
    pub async fn shop_sends(&self, id: &str, body: &str) -> (u16, String) {
        let now = self.now();
        let signature = sign(&Secret::new(SHOP_SECRET), id, now, body.as_bytes()).expect("a usable secret");
        let seconds = now.as_ms().div_euclid(1_000).to_string();
        let headers = [("webhook-id", id), ("webhook-timestamp", &seconds), ("webhook-signature", &signature)];
        self.posts(&self.hook("shop"), &headers, body.as_bytes().to_vec()).await
    }

    /// Posts bytes with headers. Returns status and answer.
    pub async fn posts(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, String) {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        let request = headers.iter().fold(client.post(url), |request, (name, value)| request.header(*name, *value));
        let answer = request.body(body).send().await.unwrap_or_else(|error| panic!("POST {url}: {error}"));
        (answer.status().as_u16(), answer.text().await.expect("an answer"))
    }

    /// What the manager of sales reads in Slack when she types this.
    pub async fn asks_in_slack(&self, line: &str) -> String {
        let channel = format!("D{LEAD_IN_SLACK}");
        self.slack.types(line, LEAD_IN_SLACK, &channel, &self.slack_commands()).await.seen
    }

    /// What the manager of sales reads in Discord when she types this.
    pub async fn asks_in_discord(&self, line: &str) -> String {
        let channel = "1100000000000000002";
        self.discord.asks(line, LEAD_IN_DISCORD, channel, &self.discord_interactions()).await.seen
    }

    /// Waits until everything received is worked in and everything due is said.
    pub async fn idle(&self) {
        let wait = async {
            while self.waiting().await.is_some() {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("still at work after {PATIENCE:?}: {}", self.waiting().await.unwrap_or_default());
        }
    }

    /// Lets time pass, second by second, until it is so.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let wait = async {
            while !is_so().await {
                self.advance_ms(1_000);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "{what}: not within {PATIENCE:?}");
    }

    /// What is not done yet.
    async fn waiting(&self) -> Option<String> {
        let mut snapshot = self.program.db.read().await.expect("read the database");
        let inbox = inbox::backlog(&mut snapshot, WORKSPACE).await.expect("read the inbox");
        if inbox.waiting > 0 {
            return Some(format!("{} deliveries", inbox.waiting));
        }
        let now = self.now().as_ms();
        let outbox = outbox::latest(&mut snapshot, WORKSPACE, LISTED_MAX).await.expect("read the outbox");
        let is_busy = |state, due_at_ms| match state {
            State::Due | State::Unknown => due_at_ms <= now,
            State::Sending => true,
            State::Delivered | State::Held | State::Dead => false,
        };
        let busy: Vec<_> = outbox.into_iter().filter(|one| is_busy(one.state, one.due_at_ms)).collect();
        (!busy.is_empty()).then(|| format!("{busy:#?}"))
    }

    /// Asks the program to stop, as SIGTERM does, and waits. Everything received is worked in, everything due was said,
    /// nothing was given up.
    pub async fn stops_with_nothing_unsaid(mut self) {
        self.idle().await;
        let mut snapshot = self.program.db.read().await.expect("read the database");
        let given_up = outbox::dead_ones(&mut snapshot, WORKSPACE, LISTED_MAX).await.expect("read the outbox");
        assert_eq!(given_up, [], "messages were given up");
        assert_eq!(held::count(&mut snapshot, WORKSPACE).await.expect("read what is held"), 0);
        drop(snapshot);
        self.program.stop.cancel();
        let served = self.served.take().expect("it runs").await.expect("the doors end by themselves");
        served.expect("the doors were open until now");
        self.program.finish().await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.program.stop.cancel();
    }
}

impl Starting {
    /// With other definitions than the sample's.
    #[must_use]
    pub fn with_definitions(self, definitions: &str) -> Starting {
        Starting { definitions: definitions.to_owned(), ..self }
    }

    /// Asked over connections that it opens itself, and not over HTTP.
    #[must_use]
    pub fn by_socket(self) -> Starting {
        Starting { by_socket: true, ..self }
    }

    /// With a HubSpot that is asked for what it has, at this address.
    #[must_use]
    pub fn asking(self, hubspot_api_url: &str) -> Starting {
        Starting { hubspot_api_url: Some(hubspot_api_url.to_owned()), ..self }
    }

    /// Starts it at this time: `2026-11-19 14:05 America/New_York`.
    pub async fn at(self, time: &str) -> TestApp {
        let now = instant(time);
        let chat_clock = FakeClock::at(now);
        let slack = FakeSlack::start(chat_clock.clone())
            .await
            .with_user(LEAD_IN_SLACK, "sales.lead@clowns.example", "America/New_York")
            .with_user("UCSM1", "csm.one@clowns.example", "America/Los_Angeles")
            .with_user(REVIEWER_IN_SLACK, "revops.one@clowns.example", "Asia/Kolkata")
            .with_user(BDR_IN_SLACK, "bdr.one@clowns.example", "America/New_York")
            .with_channel("C0WINS00001", "wins")
            .with_channel("C0SALES0001", "sales");
        let discord = FakeDiscord::start(chat_clock.clone())
            .await
            .with_guild(GUILD)
            .with_user(LEAD_IN_DISCORD)
            .with_channel("1100000000000000002", "sales")
            .with_channel("1100000000000000005", "wins");
        let is_asking = self.hubspot_api_url.is_some();
        let company = company(&self.definitions, &discord.public_key(), self.by_socket, is_asking);
        let listener = http::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let config = Config {
            public_url: url.clone(),
            database_url: self.database_url,
            workspaces: PathBuf::from("unused"),
            slack_api_url: slack.api_url(),
            discord_api_url: discord.api_url(),
            hubspot_api_url: self.hubspot_api_url.unwrap_or_default(),
            ..Config::default()
        };
        let companies = Companies::new([company]);
        let program = Program::new(config, Clock::at(now), Chance::seeded(7), companies)
            .await
            .unwrap_or_else(|failure| panic!("{failure}"));
        workers::start(&program);
        let served = tokio::spawn(http::serve(listener, http::doors(&program), program.stop.clone()));
        TestApp { program, url, slack, discord, chat_clock, served: Some(served) }
    }
}

/// The company of a definitions file, with every secret that the fakes know.
fn company(text: &str, discord_key: &str, by_socket: bool, is_asking: bool) -> Company {
    let checked = read("clowns-to-go.toml", text, &vocabulary());
    let definitions = checked.definitions.unwrap_or_else(|| panic!("{:#?}", checked.problems));
    let key = discord_key.to_owned();
    let env = move |name: &str| {
        let value = match name {
            "CLOWNS_HUBSPOT_SECRET" => HUBSPOT_SECRET,
            "CLOWNS_HUBSPOT_TOKEN" if is_asking => fake_hubspot::TOKEN,
            "CLOWNS_SHOP_SECRET" => SHOP_SECRET,
            "CLOWNS_SLACK_BOT_TOKEN" => fake_slack::TOKEN,
            "CLOWNS_SLACK_SIGNING_SECRET" if !by_socket => fake_slack::SIGNING_SECRET,
            "CLOWNS_SLACK_APP_TOKEN" if by_socket => fake_slack::APP_TOKEN,
            "CLOWNS_DISCORD_BOT_TOKEN" => fake_discord::TOKEN,
            "CLOWNS_DISCORD_PUBLIC_KEY" if !by_socket => &key,
            _ => return None,
        };
        Some(value.to_owned())
    };
    Company::new(WORKSPACE.to_owned(), text.to_owned(), definitions, &env).0
}

/// `2026-11-19 14:05 America/New_York` as an instant.
pub fn instant(time: &str) -> Instant {
    let (civil, zone) = time.rsplit_once(' ').expect("a zone behind the time");
    let civil: jiff::civil::DateTime = civil.replacen(' ', "T", 1).parse().expect("a date and a time");
    Instant::from(civil.in_tz(zone).expect("a zone that exists").timestamp())
}
