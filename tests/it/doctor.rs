//! Each broken set-up has its finding: named, with what it means and the one thing to do; and it is gone once it is mended.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::json;
use shiftbell::clock::Clock;
use shiftbell::companies::{Company, vocabulary};
use shiftbell::config::Config;
use shiftbell::doctor::{Finding, Place, Report, Severity, examine, examine_within, said};
use shiftbell_metrics::definitions::read;
use shiftbell_tests::app::{GUILD, HUBSPOT_SECRET, LEAD_IN_SLACK, PORTAL, TestApp, WORKSPACE, instant};
use shiftbell_tests::child::binary;
use shiftbell_tests::db::{TestDb, both_databases, sqlite};
use shiftbell_tests::fake_discord::Right;
use shiftbell_tests::fake_hubspot::{self, FakeHubSpot, HubSpotApi, Object};
use shiftbell_tests::fake_server::FakeClock;
use shiftbell_tests::fake_slack::{CHANNEL_SCOPES, HISTORY_SCOPES};
use shiftbell_tests::sample::DEFINITIONS;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";
const CHANNELS: [(&str, &str, &str); 5] = [
    ("revenue", "C0REVENUE01", "1100000000000000001"),
    ("sales", "C0SALES0001", "1100000000000000002"),
    ("success", "C0SUCCESS01", "1100000000000000003"),
    ("finance", "C0FINANCE01", "1100000000000000004"),
    ("wins", "C0WINS00001", "1100000000000000005"),
];

/// The sample company with everything set up as its file says.
async fn healthy(test: &TestDb) -> TestApp {
    let app = TestApp::start(test).with_definitions(&definitions()).at(THURSDAY).await;
    for (name, slack, discord) in CHANNELS {
        app.slack.adds_channel(slack, name);
        app.discord.adds_channel(discord, name);
    }
    CHANNEL_SCOPES.iter().for_each(|scope| app.slack.grants(scope));
    app.discord.has_command(GUILD, "kpi").await;
    app
}

/// As the stand-in of Slack calls its team.
fn definitions() -> String {
    DEFINITIONS.replace("T0CLOWNS001", "T1")
}

fn company(app: &TestApp) -> Arc<Company> {
    Arc::clone(app.program.companies.get(WORKSPACE).expect("the sample company"))
}

/// The sample company with other secrets.
fn company_with(env: &(dyn Fn(&str) -> Option<String> + Send + Sync)) -> Company {
    let text = definitions();
    let defs = read("clowns-to-go.toml", &text, &vocabulary()).definitions.expect("it is right");
    Company::new(WORKSPACE.to_owned(), text, defs, env).0
}

async fn report(app: &TestApp) -> Report {
    examine_within(&app.program, &company(app)).await
}

/// What of the chats, the clock and the sources needs somebody now.
async fn needs(app: &TestApp) -> Vec<&'static str> {
    let report = report(app).await;
    let needs = report.findings.iter().filter(|finding| finding.severity == Severity::NeedsYou);
    assert!(report.findings.iter().all(|finding| finding.means.ends_with('.')), "{report:#?}");
    assert!(needs.clone().all(|finding| finding.todo.is_some()), "{report:#?}");
    needs.map(|finding| finding.name).collect()
}

async fn has(app: &TestApp, name: &str) -> bool {
    report(app).await.findings.iter().any(|finding| finding.name == name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_everything_is_as_the_file_says_nothing_needs_anybody() {
    for test in both_databases().await {
        let app = healthy(&test).await;
        let report = report(&app).await;
        assert!(said::verdict(&report).starts_with("nothing needs you"), "{}: {report:#?}", test.kind);
        let known = |what: &str| report.known.iter().find(|known| known.what == what).map(|known| known.words.clone());
        assert!(known("Slack #revenue").is_some_and(|words| words.contains("may be one")), "{report:#?}");
        assert!(known("roll-out").is_some_and(|words| words.starts_with("focus")), "{report:#?}");
        assert!(known("time zones").is_some_and(|edition| edition.starts_with("20")), "{report:#?}");
        HISTORY_SCOPES.iter().for_each(|scope| app.slack.grants(scope));
        let report = examine_within(&app.program, &company(&app)).await;
        let promise = report.known.iter().find(|known| known.what == "Slack #revenue").expect("a promise");
        assert_eq!(promise.words, "no message is ever seen twice");
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_slack_that_are_wrong_or_revoked_or_may_too_little_are_told_apart() {
    let test = sqlite().await;
    let app = healthy(&test).await;
    app.slack.revoke_scope("chat:write");
    let lacking = report(&app).await;
    let scope = lacking.findings.iter().find(|finding| finding.name == "slack-scope-missing").expect("a finding");
    assert!(scope.means.contains("chat:write") && scope.means.contains("nothing can be posted"), "{scope:?}");
    app.slack.grants("chat:write");
    assert_eq!(needs(&app).await, Vec::<&str>::new());
    app.slack.revoke_token();
    assert_eq!(needs(&app).await, ["slack-token-refused"]);
    // Somebody pasted another token; and one of a bot where one of an app belongs.
    let env = |name: &str| match name {
        "CLOWNS_SLACK_BOT_TOKEN" => Some("xoxb-another".to_owned()),
        "CLOWNS_SLACK_APP_TOKEN" => Some("xapp-another".to_owned()),
        _ => None,
    };
    let other = company_with(&env);
    let place =
        Place { config: &app.program.config, clock: &app.program.clock, company: &other, db: Ok(&app.program.db) };
    let found = examine(place).await;
    let names: Vec<&str> = found.findings.iter().map(|finding| finding.name).collect();
    for name in ["slack-token-refused", "slack-app-token-refused"] {
        let finding = found.findings.iter().find(|finding| finding.name == name);
        let finding = finding.unwrap_or_else(|| panic!("{name} is not among {names:?}"));
        assert!(finding.means.contains("invalid_auth") && !format!("{finding:?}").contains("another"), "{finding:?}");
    }
    assert!(found.findings.iter().any(|it| it.todo.as_ref().is_some_and(|it| it.contains("CLOWNS_SLACK_BOT_TOKEN"))));
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_are_looked_at_by_their_ids() {
    let test = sqlite().await;
    let app = healthy(&test).await;
    app.slack.remove_app("C0SALES0001");
    let found = report(&app).await;
    let finding = found.findings.iter().find(|finding| finding.name == "bot-not-in-channel").expect("a finding");
    assert_eq!(finding.todo.as_deref(), Some("Type /invite @shiftbell in #sales."));
    app.slack.adds_channel("C0SALES0001", "sales");
    app.slack.rename("C0REVENUE01", "money");
    assert_eq!(needs(&app).await, Vec::<&str>::new(), "a channel is its id");
    assert!(has(&app, "channel-renamed").await);
    app.slack.archive("C0REVENUE01");
    assert_eq!(needs(&app).await, ["channel-archived"]);
    app.slack.adds_channel("C0REVENUE01", "revenue");
    for scope in CHANNEL_SCOPES {
        app.slack.revoke_scope(scope);
    }
    assert_eq!(needs(&app).await, Vec::<&str>::new());
    assert!(has(&app, "channels-not-visible").await);
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bot_may_not_do_in_discord_is_named() {
    let test = sqlite().await;
    let app = healthy(&test).await;
    app.discord.forbid("1100000000000000002", Right::AttachFiles);
    let found = report(&app).await;
    let finding = found.findings.iter().find(|finding| finding.name == "channel-rights-missing").expect("a finding");
    assert!(finding.means.contains("#sales") && finding.means.contains("Attach Files"), "{finding:?}");
    app.discord.forbid("1100000000000000002", Right::ViewChannel);
    assert_eq!(needs(&app).await, ["channel-not-found"]);
    app.discord.adds_channel("1100000000000000002", "sales");
    app.discord.throws_bot_out(GUILD);
    assert_eq!(needs(&app).await, ["bot-not-in-guild"]);
    app.discord.invites_bot(GUILD);
    assert_eq!(needs(&app).await, ["commands-missing"]);
    app.discord.revoke_token();
    assert_eq!(needs(&app).await, ["discord-token-refused"]);
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_ten_minutes_off_is_said_before_anybody_is_refused() {
    let test = sqlite().await;
    let app = healthy(&test).await;
    for (ahead_ms, name) in [(600_000, "clock-off"), (-600_000, "clock-off")] {
        app.slack.clock_is_ahead_by(ahead_ms);
        assert_eq!(needs(&app).await, [name]);
    }
    app.slack.clock_is_ahead_by(90_000);
    assert_eq!(needs(&app).await, Vec::<&str>::new());
    assert!(has(&app, "clock-off").await);
    app.slack.clock_is_ahead_by(2_000);
    assert!(!has(&app, "clock-off").await);
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_secret_of_another_app_is_told_from_strangers_at_the_door() {
    for test in both_databases().await {
        let app = healthy(&test).await;
        let mut other = FakeHubSpot::new(PORTAL, "the secret of another app", app.now());
        other.create(Object::Contact, &[("email", "somebody@example.com")]);
        let sent = other.deliver(&app.hook("hubspot-main"), app.now()).await;
        assert!(!sent.is_empty() && sent.iter().all(|sent| !sent.is_taken()), "{sent:?}");
        app.until("it is found", async || has(&app, "secret-of-another-app").await).await;
        let mut right = app.hubspot();
        right.create(Object::Contact, &[("email", "somebody@example.com")]);
        app.advance_ms(60_000);
        app.hears_from(&mut right).await;
        app.until("it is mended", async || !has(&app, "secret-of-another-app").await).await;
        assert!(!has(&app, "signatures-refused").await, "{}: what came later fits", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stages_and_owners_that_nothing_means_are_named_with_the_line_to_write() {
    for test in both_databases().await {
        let app = healthy(&test).await;
        for (id, stage, owner) in [("a", "closedwon", "ghost@clowns.example"), ("b", "won", "bdr.one@clowns.example")] {
            let event = json!({ "id": id, "type": "deal", "at": app.now().to_string(), "deal": id, "owner": owner,
                "set": { "deal": { "stage": stage } } });
            let (status, answer) = app.shop_sends(&format!("msg-{id}"), &event.to_string()).await;
            assert_eq!(status, 202, "{answer}");
        }
        app.idle().await;
        assert_eq!(needs(&app).await, ["stage-unmapped"], "{}", test.kind);
        let found = report(&app).await;
        let of = |name: &str| found.findings.iter().find(|finding| finding.name == name).expect("a finding");
        assert!(of("stage-unmapped").todo.as_ref().is_some_and(|todo| todo.contains("[\"closedwon\"]")), "{found:#?}");
        let owners = of("owner-unmapped");
        assert!(owners.means.contains("ghost@clowns.example (1)") && !owners.means.contains("bdr.one"), "{owners:?}");
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_chat_it_is_for_whoever_keeps_the_settings() {
    let test = sqlite().await;
    let app = healthy(&test).await;
    app.slack.adds_user("UREV", "revops.one@clowns.example", "Asia/Kolkata");
    app.slack.archive("C0WINS00001");
    let said = app.slack.types("/shiftbell doctor", "UREV", "DUREV", &app.slack_commands()).await.seen;
    assert!(
        said.contains("clowns-to-go: 1 thing needs you")
            && said.contains("channel-archived (")
            && said.contains("C0WINS00001"),
        "{said}"
    );
    let others = app.slack.types("/shiftbell doctor", LEAD_IN_SLACK, "DULEAD", &app.slack_commands()).await.seen;
    assert!(others.contains("is for whoever keeps the settings: ask revops.one"), "{others}");
    let help = app.slack.types("/shiftbell help", LEAD_IN_SLACK, "DULEAD", &app.slack_commands()).await.seen;
    assert!(!help.contains("doctor"), "{help}");
    app.stops_with_nothing_unsaid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_had_is_a_finding_and_the_rest_is_looked_at_all_the_same() {
    let test = sqlite().await;
    let app = healthy(&test).await;
    let company = company(&app);
    let place =
        Place { config: &app.program.config, clock: &app.program.clock, company: &company, db: Err("it is away") };
    let found = examine(place).await;
    assert_eq!(found.findings[0].name, "database-unreachable");
    assert_eq!(found.count(Severity::NeedsYou), 1, "{found:#?}");
    let json = serde_json::to_value(&found).expect("it is told to programs");
    assert_eq!((&json["findings"][0]["severity"], &json["workspace"]), (&json!("needs-you"), &json!(WORKSPACE)));
    app.stops_with_nothing_unsaid().await;
}

/// A portal of the sample company, and its API at the test's time.
async fn hubspot() -> HubSpotApi {
    let now = instant(THURSDAY);
    let api = HubSpotApi::start(FakeHubSpot::new(PORTAL, HUBSPOT_SECRET, now), FakeClock::at(now)).await;
    api.limit(1_000_000, 1_000_000, 1_000_000);
    api
}

/// What is found of HubSpot and the clock with this token; nothing else is set up.
async fn found_of(api: &HubSpotApi, token: &str) -> Vec<Finding> {
    let config = Config { hubspot_api_url: api.url().to_owned(), ..Config::default() };
    let company = company_with(&|name| (name == "CLOWNS_HUBSPOT_TOKEN").then(|| token.to_owned()));
    let clock = Clock::at(instant(THURSDAY));
    let found =
        examine(Place { config: &config, clock: &clock, company: &company, db: Err("it is not looked at") }).await;
    let is_meant = |finding: &Finding| ["source-", "clock-", "portal-"].iter().any(|of| finding.name.starts_with(of));
    found.findings.into_iter().filter(is_meant).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_hubspot_is_tried_and_its_scopes_and_clock_are_looked_at() {
    let api = hubspot().await;
    assert_eq!(found_of(&api, fake_hubspot::TOKEN).await, []);
    let wrong = found_of(&api, "pat-na1-another").await;
    assert!(wrong.len() == 1 && wrong[0].name == "source-token-refused", "{wrong:?}");
    let todo = wrong[0].todo.as_deref().unwrap_or_default();
    assert!(todo.contains("CLOWNS_HUBSPOT_TOKEN") && !format!("{wrong:?}").contains("another"), "{wrong:?}");
    let but = |left_out: &[&str]| {
        let left = fake_hubspot::ALL_SCOPES.into_iter().filter(|scope| !left_out.contains(scope));
        api.allow(&left.collect::<Vec<_>>());
    };
    but(&["crm.objects.deals.read"]);
    let lacking = found_of(&api, fake_hubspot::TOKEN).await;
    assert!(lacking.len() == 1 && lacking[0].name == "source-scope-missing", "{lacking:?}");
    assert!(lacking[0].means.contains("may not read deals"), "{lacking:?}");
    assert!(lacking[0].todo.as_ref().is_some_and(|todo| todo.contains("crm.objects.deals.read")), "{lacking:?}");
    // The sample company counts e-mails and who sent which form, and knows people by their owners.
    but(&["sales-email-read", "forms"]);
    let lacking = found_of(&api, fake_hubspot::TOKEN).await;
    assert!(lacking.len() == 1 && lacking[0].severity == Severity::NeedsYou, "{lacking:?}");
    assert!(lacking[0].means.contains("may not read forms, e-mails"), "{lacking:?}");
    but(&["crm.objects.owners.read"]);
    let lacking = found_of(&api, fake_hubspot::TOKEN).await;
    assert!(lacking.len() == 1 && lacking[0].severity == Severity::MayNeedYou, "{lacking:?}");
    api.allow(&fake_hubspot::ALL_SCOPES);
    for ahead_ms in [600_000, -600_000] {
        api.clock_is_ahead_by(ahead_ms);
        let off = found_of(&api, fake_hubspot::TOKEN).await;
        assert!(off.len() == 1 && off[0].name == "clock-off" && off[0].severity == Severity::NeedsYou, "{off:?}");
        assert!(off[0].means.contains("10 minutes") && off[0].means.contains("HubSpot's"), "{off:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_portal_is_told_from_a_silent_one() {
    for test in both_databases().await {
        let api = hubspot().await;
        let app = TestApp::start(&test).with_definitions(&definitions()).asking(api.url()).at(THURSDAY).await;
        app.until("it has answered", async || has(&app, "portal-empty").await).await;
        {
            let mut portal = api.portal();
            portal.now = app.now();
            portal.create(Object::Contact, &[("email", "host@sample.example")]);
        }
        app.until("it has something", async || !has(&app, "portal-empty").await).await;
        app.stops_with_nothing_unsaid().await;
    }
}

/// Runs the program in a folder; its exit code and what it printed.
fn runs(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(binary()).args(arguments).env_clear().current_dir(folder).output().expect("it runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("words"))
}

#[test]
fn monitoring_reads_the_exit_code_and_nothing_is_changed_by_looking() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("workspaces")).expect("a folder of workspaces");
    std::fs::write(folder.path().join("workspaces/acme.toml"), DEFINITIONS).expect("write the definitions");
    let (code, said) = runs(folder.path(), &["doctor", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|why| panic!("{why}: {said}"));
    assert_eq!((code, &json[0]["findings"][0]["name"]), (Some(5), &json!("database-unreachable")), "{said}");
    assert!(!folder.path().join("shiftbell.db").exists(), "looking makes no database");
    let at = FakeClock::Machine.now().plus_ms(-3_600_000);
    let event = json!({ "id": "e1", "type": "call", "at": at.to_string(), "contact": "c-1", "outcome": "accepted" });
    std::fs::write(folder.path().join("events.ndjson"), format!("{event}\n")).expect("write the events");
    let (code, said) = runs(folder.path(), &["import", "events.ndjson", "--source", "anything", "--quiet"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = runs(folder.path(), &["doctor"]);
    assert!(code == Some(0) && said.starts_with("acme: nothing needs you"), "{code:?}: {said}");
    let (code, said) = runs(folder.path(), &["check"]);
    assert_eq!(code, Some(0), "{said}");
    let line = said.lines().find(|line| line.trim_start().starts_with("call-accepted")).unwrap_or_default();
    assert!(line.contains("once, last") && line.ends_with("; anything, from a file"), "{said}");
    // Two people with one address: the file itself is refused, and a company beside it is looked at all the same.
    let twice = DEFINITIONS.replace("also = [\"bdr.two@party.example\"]", "also = [\"Bdr.One@clowns.example\"]");
    std::fs::write(folder.path().join("workspaces/acme.toml"), twice).expect("write the definitions");
    std::fs::write(folder.path().join("workspaces/beside.toml"), DEFINITIONS).expect("write other definitions");
    let (code, said) = runs(folder.path(), &["doctor", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|why| panic!("{why}: {said}"));
    let found = &json[0]["findings"][0];
    assert_eq!((code, &json[0]["workspace"], &found["name"]), (Some(5), &json!("acme"), &json!("definitions-refused")));
    assert!(found["means"].as_str().is_some_and(|means| means.contains("Bdr.One@clowns.example")), "{found}");
    assert_eq!(json[1]["workspace"], "beside");
    let (code, said) = runs(folder.path(), &["check"]);
    assert!(code == Some(3) && said.contains("\"Bdr.One@clowns.example\" is already in the team \"sales\""), "{said}");
}
