//! The real program in an empty folder, with flags instead of answers.

use std::path::Path;
use std::process::{Command, Stdio};

use shiftbell_metrics::time::Instant;
use shiftbell_tests::child::binary;
use shiftbell_tests::fake_discord::{self, FakeDiscord};
use shiftbell_tests::fake_hubspot::{ALL_SCOPES, FakeHubSpot, HubSpotApi, Object, Pipeline, TOKEN};
use shiftbell_tests::fake_server::FakeClock;
use shiftbell_tests::fake_slack::{self, APP_TOKEN, FakeSlack};

/// An empty folder, and the services that can be reached from it.
pub(super) struct Place {
    pub(super) folder: tempfile::TempDir,
    pub(super) hubspot: HubSpotApi,
    pub(super) slack: FakeSlack,
    discord: FakeDiscord,
    pub(super) environment: Vec<(&'static str, String)>,
}

/// How the program ended, and what it said.
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) said: String,
}

/// A portal as companies have them: two pipelines, forms, a score, people in teams.
pub(super) fn portal() -> FakeHubSpot {
    let now = Instant::parse("2026-09-01T09:00:00Z").unwrap();
    let mut portal = FakeHubSpot::new(10_000_001, "a-client-secret", now);
    portal.setup.zone = "US/Arizona".to_owned();
    portal.setup.pipelines.push(Pipeline::of(
        "7781",
        "Partners",
        &[("123456", "Contract won", "1.0"), ("1234", "Not now", "0.0")],
    ));
    portal.forms.insert("f-1".to_owned(), "Newsletter".to_owned());
    portal.forms.insert("f-2".to_owned(), "Demo request".to_owned());
    portal.setup.add_property(Object::Contact, "hubspotscore", "HubSpot score", "number", Vec::new());
    let stages =
        [("marketingqualifiedlead", "Marketing Qualified Lead"), ("salesqualifiedlead", "Sales Qualified Lead")];
    portal.setup.add_options(Object::Contact, "lifecyclestage", "Lifecycle Stage", &stages);
    portal.setup.add_owner(1001, 2001, "revops.one@clowns.example", "Operations");
    portal.setup.add_owner(1002, 2002, "bdr.one@clowns.example", "BDR");
    portal.setup.add_owner(1003, 2003, "ae.one@clowns.example", "Sales");
    portal
}

impl Place {
    pub(super) async fn new(portal: FakeHubSpot) -> Place {
        let hubspot = HubSpotApi::start(portal, FakeClock::Machine).await;
        let slack = FakeSlack::start(FakeClock::Machine).await;
        let discord = FakeDiscord::start(FakeClock::Machine).await;
        let environment = vec![
            ("SHIFTBELL_HUBSPOT_API_URL", hubspot.url().to_owned()),
            ("SHIFTBELL_SLACK_API_URL", slack.api_url()),
            ("SHIFTBELL_DISCORD_API_URL", discord.api_url()),
            ("HUBSPOT_TOKEN", TOKEN.to_owned()),
            ("SLACK_BOT_TOKEN", fake_slack::TOKEN.to_owned()),
            ("SLACK_APP_TOKEN", APP_TOKEN.to_owned()),
            ("DISCORD_BOT_TOKEN", fake_discord::TOKEN.to_owned()),
        ];
        Place { folder: tempfile::tempdir().unwrap(), hubspot, slack, discord, environment }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        for (known, of) in &mut self.environment {
            if *known == name {
                value.clone_into(of);
            }
        }
    }

    /// Runs the program to its end, with nobody to ask.
    pub(super) async fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(binary());
        command.args(arguments).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ended { code: output.status.code().unwrap_or(-1), said }
    }

    pub(super) fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("workspaces/acme.toml")
    }
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_an_empty_folder_the_likely_answers_make_files_that_pass_check() {
    let place = Place::new(portal()).await;
    let ended = place
        .run(&["init", "acme", "--yes", "--outlet", "slack", "--source", "hubspot", "--channel", "C0REVENUE01"])
        .await;
    assert_eq!(ended.code, 0, "{}", ended.said);
    let file = text(&place.file());
    assert!(file.lines().count() <= 60, "{file}");
    for secret in [TOKEN, fake_slack::TOKEN, APP_TOKEN] {
        assert!(!file.contains(secret) && !ended.said.contains(secret), "a token is written or said");
    }
    // Whoever made the token reviews; the zone is the account's; its labels stand in the map.
    assert!(file.contains("rollout = { step = \"frame\", reviewer = \"revops.one@clowns.example\" }"), "{file}");
    assert!(file.contains("form.form.mql = [\"Demo request\"]"), "{file}");
    assert!(file.contains("deal.stage.won = [\"Closed Won\", \"Contract won\"]"), "{file}");
    assert!(file.contains("\"bdr.one@clowns.example\" = { role = \"bdr\", place = \"office\" }"), "{file}");
    let server = text(&place.folder.path().join("shiftbell.toml"));
    assert!(server.contains("database_url = \"sqlite:shiftbell.db\""), "{server}");
    let checked = place.run(&["check"]).await;
    assert_eq!(checked.code, 0, "{}", checked.said);
    assert!(!checked.said.contains("error:"), "{}", checked.said);
    assert!(checked.said.contains("Clowns To Go is understood"), "{}", checked.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flags_answer_every_question() {
    let place = Place::new(portal()).await;
    let ended = place
        .run(&[
            "init",
            "acme",
            "--company",
            "Acme",
            "--outlet",
            "none",
            "--source",
            "hubspot",
            "--motion",
            "b2b=Sales Pipeline",
            "--motion",
            "partners=Partners",
            "--mql",
            "score: hubspotscore > 40",
            "--sql",
            "lifecycle: Sales Qualified Lead",
            "--won",
            "Contract won",
            "--zone",
            "Europe/Berlin",
            "--reviewer",
            "boss@clowns.example",
        ])
        .await;
    assert_eq!(ended.code, 0, "{}", ended.said);
    let file = text(&place.file());
    for line in [
        "score-above-40 = { when = 'contact.lead_score > 40' }",
        "contact.lead_score = \"hubspotscore\"",
        "contact.lifecycle.sql = [\"Sales Qualified Lead\"]",
        "deal.stage.won = [\"Contract won\"]",
        "who    = { deal.pipeline = \"partners\" }",
        "deal.pipeline.partners = [\"Partners\"]",
        "timezone = \"Europe/Berlin\"",
        "\"boss@clowns.example\" = { role = \"revops\", place = \"office\" }",
    ] {
        assert!(file.contains(line), "{line} is missing:\n{file}");
    }
    assert_eq!(place.run(&["check"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_account_and_a_company_without_a_crm_have_files_too() {
    let now = Instant::parse("2026-09-01T09:00:00Z").unwrap();
    let mut empty = FakeHubSpot::new(7, "s", now);
    empty.setup.pipelines.clear();
    let place = Place::new(empty).await;
    let ended = place.run(&["init", "acme", "--yes", "--outlet", "none", "--source", "hubspot"]).await;
    assert_eq!(ended.code, 2, "{}", ended.said);
    assert!(ended.said.contains("Answer with --reviewer E-MAIL"), "{}", ended.said);
    let ended = place
        .run(&["init", "acme", "--yes", "--outlet", "none", "--source", "hubspot", "--reviewer", "ann@acme.example"])
        .await;
    assert_eq!(ended.code, 0, "{}", ended.said);
    assert!(ended.said.contains("0 pipelines, 0 forms, 0 owners"), "{}", ended.said);
    let files =
        ["init", "other", "--outlet", "none", "--source", "file", "--zone", "UTC", "--reviewer", "ann@acme.example"];
    assert_eq!(place.run(&files).await.code, 0);
    let checked = place.run(&["check"]).await;
    assert_eq!(checked.code, 0, "{}", checked.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_wrong_or_may_too_little_is_told_on_the_spot() {
    let mut place = Place::new(portal()).await;
    let arguments = ["init", "acme", "--yes", "--outlet", "none", "--source", "hubspot"];
    place.hubspot.allow(&ALL_SCOPES.into_iter().filter(|scope| *scope != "crm.objects.deals.read").collect::<Vec<_>>());
    let ended = place.run(&arguments).await;
    assert_eq!(ended.code, 1, "{}", ended.said);
    let sentence = "the token may not read deals, so that nothing can be counted: tick `crm.objects.deals.read` in the private app";
    assert!(ended.said.contains(sentence), "{}", ended.said);
    place.hubspot.allow(&ALL_SCOPES);
    place.set("HUBSPOT_TOKEN", "pat-na1-wrong");
    let ended = place.run(&arguments).await;
    assert_eq!(ended.code, 1, "{}", ended.said);
    assert!(
        ended.said.contains("HubSpot does not accept the token") && !ended.said.contains("pat-na1-wrong"),
        "{}",
        ended.said
    );
    place.set("HUBSPOT_TOKEN", "");
    let ended = place.run(&arguments).await;
    assert_eq!(ended.code, 2, "{}", ended.said);
    assert!(ended.said.contains("set the environment variable HUBSPOT_TOKEN"), "{}", ended.said);
    assert!(!place.file().exists(), "nothing is written before everything is known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slacks_tokens_are_checked_on_the_spot_too() {
    let mut place = Place::new(portal()).await;
    let arguments = ["init", "acme", "--yes", "--outlet", "slack", "--source", "hubspot"];
    place.slack.revoke_scope("im:write");
    let ended = place.run(&arguments).await;
    assert_eq!(ended.code, 1, "{}", ended.said);
    assert!(
        ended.said.contains("the bot's token lacks `im:write`, so that nobody gets direct messages"),
        "{}",
        ended.said
    );
    place.slack.grants("im:write");
    place.set("SLACK_APP_TOKEN", fake_slack::TOKEN);
    let ended = place.run(&arguments).await;
    assert!(ended.code == 1 && ended.said.contains("does not accept the app-level token"), "{}", ended.said);
    place.set("SLACK_BOT_TOKEN", "xoxb-wrong");
    let ended = place.run(&arguments).await;
    assert!(ended.code == 1 && ended.said.contains("Slack does not accept the bot's token"), "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discord_is_invited_with_exactly_what_the_bot_needs() {
    let mut place = Place::new(portal()).await;
    let arguments = ["init", "acme", "--yes", "--outlet", "discord", "--source", "hubspot"];
    let ended = place.run(&arguments).await;
    assert_eq!(ended.code, 0, "{}", ended.said);
    let link = format!("client_id={}&scope=bot+applications.commands&permissions=117760", fake_discord::APPLICATION);
    assert!(ended.said.contains(&link), "{}", ended.said);
    assert_eq!(place.run(&["check"]).await.code, 0);
    place.set("DISCORD_BOT_TOKEN", "wrong");
    let ended = place.run(&["init", "other", "--yes", "--outlet", "discord", "--source", "hubspot"]).await;
    assert!(ended.code == 1 && ended.said.contains("Discord does not accept the bot's token"), "{}", ended.said);
    assert!(!place.discord.api_url().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_where_nobody_is_and_the_flag_is_named() {
    let place = Place::new(portal()).await;
    for (arguments, flag) in [
        (vec!["init"], "--outlet slack|discord|none"),
        (vec!["init", "--outlet", "none"], "--source hubspot|file"),
        (vec!["init", "--outlet", "none", "--source", "hubspot"], "--motions one|pipelines|PROPERTY"),
        (vec!["init", "--outlet", "none", "--source", "hubspot", "--motions", "one"], "--mql"),
        (vec!["init", "--outlet", "none", "--source", "hubspot", "--motions", "one", "--mql", "meeting"], "--sql"),
    ] {
        let ended = place.run(&arguments).await;
        assert_eq!(ended.code, 2, "{}", ended.said);
        assert!(ended.said.contains("nobody can be asked here") && ended.said.contains(flag), "{}", ended.said);
    }
    let ended = place
        .run(&["init", "--outlet", "none", "--source", "hubspot", "--motions", "one", "--mql", "form: Demo requst"])
        .await;
    assert!(ended.code == 2 && ended.said.contains("did you mean \"Demo request\"?"), "{}", ended.said);
}
