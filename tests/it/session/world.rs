//! Where the session takes place: an account with half a year in it, a team, a folder with nothing in it, and one clock for all.

use std::time::Duration;

use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_HOUR};
use shiftbell_tests::app::instant;
use shiftbell_tests::child::{binary, free_port};
use shiftbell_tests::fake_hubspot::{self, FakeHubSpot, HubSpotApi, Object};
use shiftbell_tests::fake_server::FakeClock;
use shiftbell_tests::fake_slack::{self, FakeSlack};
use shiftbell_tests::terminal::{Running, Terminal};
use shiftbell_tests::test_clock::TestClock;

pub(super) const REVIEWER: &str = "UREVOPS";
pub(super) const PILOT: &str = "UBDRONE";

/// When the session begins.
const NOW: &str = "2026-11-19 14:05 America/New_York";

/// Somebody who has just heard of the program.
pub(super) struct Newcomer {
    terminal: Terminal,
    clock: TestClock,
    pub(super) slack: FakeSlack,
    slack_clock: FakeClock,
    hubspot: HubSpotApi,
    _folder: tempfile::TempDir,
}

impl Newcomer {
    pub(super) async fn sits_down() -> Newcomer {
        let folder = tempfile::tempdir().unwrap();
        let now = instant(NOW);
        let clock = TestClock::start(&folder.path().join("clock"), now);
        let slack_clock = FakeClock::at(now);
        let slack = FakeSlack::start(slack_clock.clone())
            .await
            .with_user(REVIEWER, "revops.one@clowns.example", "America/New_York")
            .with_user(PILOT, "bdr.one@clowns.example", "America/New_York")
            .with_user("UAEONE", "ae.one@clowns.example", "America/New_York");
        let hubspot = HubSpotApi::start(account(now), FakeClock::Machine).await;
        hubspot.limit(1_000_000, 1_000_000, 1_000_000);
        let home = folder.path().join("acme");
        std::fs::create_dir(&home).unwrap();
        let set = |name: &str, value: String| (name.to_owned(), value);
        let environment = vec![
            set("SHIFTBELL_TEST_CLOCK", folder.path().join("clock").display().to_string()),
            set("SHIFTBELL_HUBSPOT_API_URL", hubspot.url().to_owned()),
            set("SHIFTBELL_SLACK_API_URL", slack.api_url()),
            set("SHIFTBELL_LISTEN", format!("127.0.0.1:{}", free_port())),
        ];
        let terminal = Terminal { folder: home, environment };
        Newcomer { terminal, clock, slack, slack_clock, hubspot, _folder: folder }
    }

    /// Answers what `init` asks, with Enter wherever a likely answer is offered.
    pub(super) async fn sets_up(&mut self) -> String {
        let mut init = self.starts(&["init"]);
        init.shows("Where do people read?").await;
        init.shows("> ").await;
        init.types("").await;
        init.shows("Slack bot token (not shown): ").await;
        init.types(fake_slack::TOKEN).await;
        init.shows("Slack app-level token (not shown): ").await;
        init.types(fake_slack::APP_TOKEN).await;
        init.shows("Where do the events come from?").await;
        init.shows("> ").await;
        init.types("").await;
        init.shows("(not shown): ").await;
        init.types(fake_hubspot::TOKEN).await;
        for question in ["ways of selling apart?", "MQL when", "SQL when", "deal is won in", "time zone"] {
            init.shows(question).await;
            init.shows("> ").await;
            init.types("").await;
        }
        init.shows("Keep the tokens").await;
        init.shows("[y/N] ").await;
        init.types("y").await;
        let (status, shown) = init.ends().await;
        assert!(status.success(), "{shown}");
        for token in [fake_slack::TOKEN, fake_slack::APP_TOKEN, fake_hubspot::TOKEN] {
            assert!(!shown.contains(token), "a token is shown:\n{shown}");
        }
        // `set -a; . ./shiftbell.env; set +a`
        let kept = self.reads("shiftbell.env");
        let tokens = kept.lines().filter_map(|line| line.split_once('='));
        self.terminal
            .environment
            .extend(tokens.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())));
        format!("$ shiftbell init\n{shown}")
    }

    pub(super) fn starts(&self, arguments: &[&str]) -> Running {
        self.terminal.start(binary(), arguments)
    }

    /// Runs a command to its end. What stands on the screen then.
    pub(super) async fn runs(&self, arguments: &[&str], code: i32) -> String {
        let (status, shown) = self.starts(arguments).ends().await;
        assert_eq!(status.code(), Some(code), "{shown}");
        format!("$ shiftbell {}\n{shown}", arguments.join(" "))
    }

    /// The same for one that may find something.
    pub(super) async fn runs_and_looks(&self, arguments: &[&str]) -> String {
        let (status, shown) = self.starts(arguments).ends().await;
        assert!(matches!(status.code(), Some(0 | 5)), "{status}: {shown}");
        format!("$ shiftbell {}\n{shown}", arguments.join(" "))
    }

    pub(super) fn reads(&self, file: &str) -> String {
        let path = self.terminal.folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(super) async fn says_in_slack(&self, line: &str, user: &str) -> String {
        let reply = self.slack.types_by_socket(line, user, &format!("D{user}")).await;
        format!("> {line}\n{}", reply.seen.trim())
    }

    /// The 33rd business of the account.
    pub(super) fn somebody_asks_for_a_demo(&self, at: &str) {
        let mut portal = self.hubspot.portal();
        business(&mut portal, 32, instant(at), false);
        drop(portal.outgoing());
    }

    /// Says it again until the answer has this in it.
    pub(super) async fn sees_in_slack(&self, line: &str, user: &str, text: &str) {
        let mut seen = String::new();
        for _ in 0..600 {
            seen = self.says_in_slack(line, user).await;
            if seen.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{text:?} is not answered, but:\n{seen}");
    }

    /// Lets time pass until then, for the program and for Slack.
    pub(super) fn waits_until(&self, time: &str) {
        let then = instant(time);
        self.slack_clock.advance_ms(then.since(self.slack_clock.now()));
        self.clock.move_to(then);
    }
}

/// An account with half a year in it: a business asked for a demo every third day of the summer, every fourth of them met; then a few more.
fn account(now: Instant) -> FakeHubSpot {
    let begins = instant("2026-06-16 10:00 America/New_York");
    let mut portal = FakeHubSpot::new(10_000_001, "a-client-secret", begins);
    portal.setup.zone = "America/New_York".to_owned();
    portal.setup.add_owner(1001, 2001, "revops.one@clowns.example", "Operations");
    portal.setup.add_owner(1002, 2002, "bdr.one@clowns.example", "BDR");
    portal.setup.add_owner(1003, 2003, "ae.one@clowns.example", "Sales");
    portal.setup.add_options(Object::Company, "segment", "Segment", &[("B2B", "B2B"), ("B2C", "B2C")]);
    portal.forms.insert("f-1".to_owned(), "Demo request".to_owned());
    portal.forms.insert("f-2".to_owned(), "Newsletter".to_owned());
    for n in 0..24 {
        business(&mut portal, n, begins.plus_ms(n * 3 * MS_PER_DAY), n % 4 == 0);
    }
    for n in 24..30 {
        business(
            &mut portal,
            n,
            instant("2026-10-05 10:00 America/New_York").plus_ms((n - 24) * 5 * MS_PER_DAY),
            n == 24,
        );
    }
    // Two have asked today.
    for n in 30..32 {
        business(&mut portal, n, now.plus_ms((n - 33) * MS_PER_HOUR), false);
    }
    portal.now = now;
    drop(portal.outgoing());
    portal
}

/// A business asks for a demo; some meet a week later.
fn business(portal: &mut FakeHubSpot, number: i64, at: Instant, has_met: bool) {
    portal.now = at;
    portal.user = "userId:2002".to_owned();
    let email = format!("host.{number}@sample.example");
    let contact = portal.import_contact(&[("email", &email), ("hubspot_owner_id", "1002")]);
    let company = portal.create(Object::Company, &[("name", &format!("Sample Company {number}")), ("segment", "B2B")]);
    portal.associate((Object::Contact, contact), (Object::Company, company));
    portal.now = at.plus_ms(MS_PER_HOUR / 2);
    portal.fill_in("f-1", &email);
    if has_met {
        portal.user = "userId:2003".to_owned();
        portal.now = at.plus_ms(7 * MS_PER_DAY);
        let meeting = portal.create(
            Object::Meeting,
            &[
                ("hs_meeting_outcome", "SCHEDULED"),
                ("hubspot_owner_id", "1003"),
                ("hs_meeting_start_time", &portal.now.plus_ms(2 * MS_PER_DAY).as_ms().to_string()),
            ],
        );
        portal.associate((Object::Meeting, meeting), (Object::Contact, contact));
    }
}
