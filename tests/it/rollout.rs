//! `/shiftbell pilot`, `frame`, `focus`, `grow`: said in chat, answered with what follows, and followed.

use shiftbell::work::poll::position;
use shiftbell_store::outbox::{self, Listed, State};
use shiftbell_tests::app::{
    BDR_IN_DISCORD, BDR_IN_SLACK, HUBSPOT_SECRET, LEAD_IN_SLACK, PORTAL, REVIEWER_IN_SLACK, TestApp, WORKSPACE, instant,
};
use shiftbell_tests::db::{both_databases, sqlite};
use shiftbell_tests::fake_hubspot::Object::{Company, Deal};
use shiftbell_tests::fake_hubspot::{FakeHubSpot, HubSpotApi};
use shiftbell_tests::fake_server::{FakeClock, Fault};
use shiftbell_tests::sample::DEFINITIONS;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";
/// A minute before the weekly bowtie.
const MONDAY: &str = "2026-11-16 08:29 America/New_York";

/// The sample company in the frame, without pilots.
fn in_the_frame() -> String {
    let text = DEFINITIONS.replace("step     = \"focus\"", "step     = \"frame\"");
    let (before, rest) = text.split_once("pilots   = [").expect("pilots in the sample");
    format!("{before}{}", rest.split_once(']').expect("the end of a list").1)
}

/// What somebody reads in Slack who types this.
async fn says(app: &TestApp, user: &str, line: &str) -> String {
    app.slack.types(line, user, &format!("D{user}"), &app.slack_commands()).await.seen
}

/// As it is read: what keeps a name from becoming a mention is not seen.
fn shown(text: &str) -> String {
    text.replace('\u{200b}', "")
}

async fn outbox(app: &TestApp) -> Vec<Listed> {
    let mut snapshot = app.program.db.read().await.unwrap();
    let mut listed = outbox::latest(&mut snapshot, WORKSPACE, 1_000).await.unwrap();
    listed.reverse();
    listed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pilot_is_let_in_by_a_mention_and_is_told_once_what_will_come() {
    for test in both_databases().await {
        let app = TestApp::start(&test).with_definitions(&in_the_frame()).at(THURSDAY).await;
        let seen = says(&app, REVIEWER_IN_SLACK, "/shiftbell pilots").await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&seen), @r#"
        *In the frame: only revops.one receives, and receives everything.*
        Reviewer: revops.one. 1 of 12 people is in.
        /shiftbell pilot @somebody lets one person in.
        "#); }
        let seen = says(&app, REVIEWER_IN_SLACK, &format!("/shiftbell pilot <@{BDR_IN_SLACK}|bdr.one>")).await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&seen), @r#"
        *bdr.one gets the scorecard from today 17:00 on.*
        The frame is left: channels receive theirs too (#finance, #revenue, #sales, #success and #wins). The reviewer is not shown what is for others any more.
        2 of 12 people are in. /shiftbell grow lets everyone in.
        "#); }
        app.idle().await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&app.slack.transcript(BDR_IN_SLACK)), @r#"
        shiftbell:
        *Your scorecard comes on working days at 17:00, first today*: your day in numbers, early enough to still change it. Besides it, only news about what is yours.
        Next: type "/kpi help" to see what you can ask. If it is too much, revops.one can pause or stop it.
        Only you see this.
        [Something is off]
        "#); }
        let again = says(&app, REVIEWER_IN_SLACK, "/shiftbell pilot bdr.one").await;
        assert!(again.contains("bdr.one is in already"), "{again}");
        let seen = says(&app, REVIEWER_IN_SLACK, "/shiftbell pilot remove @bdr.one").await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&seen), @r#"
        *bdr.one receives nothing more by itself from now on; asking goes on as before.*
        1 of 12 people is in. /shiftbell grow lets everyone in.
        "#); }
        says(&app, REVIEWER_IN_SLACK, "/shiftbell pilot <mailto:bdr.one@clowns.example|bdr.one@clowns.example>").await;
        app.idle().await;
        assert_eq!(app.slack.count(BDR_IN_SLACK), 1, "{}: welcomed once for ever", test.kind);
        let seen = says(&app, REVIEWER_IN_SLACK, "/shiftbell grow").await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&seen), @r#"
        *Everybody receives theirs from now on. 10 people are new; whoever has a scorecard is told so in one line.*
        Today's scorecard follows at once for 3 people, whose hour is past and whose day is not over.
        12 of 12 people are in. /shiftbell focus goes back to the pilots.
        "#); }
        let seen = says(&app, REVIEWER_IN_SLACK, "/shiftbell frame").await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&seen), @r#"
        *Only revops.one receives from now on, and receives everything: each message with the line for whom it would be.*
        1 of 12 people is in. /shiftbell pilot @somebody lets one person in.
        "#); }
        let seen = says(&app, REVIEWER_IN_SLACK, "/shiftbell focus").await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&seen), @r#"
        *The pilots receive theirs from now on: bdr.one.*
        The frame is left: channels receive theirs too (#finance, #revenue, #sales, #success and #wins). The reviewer is not shown what is for others any more.
        2 of 12 people are in. /shiftbell grow lets everyone in.
        "#); }
        let seen = says(&app, REVIEWER_IN_SLACK, "/shiftbell pilots").await;
        insta::allow_duplicates! { insta::assert_snapshot!(shown(&seen), @r#"
        *In focus: the channels receive, and bdr.one.*
        Reviewer: revops.one. 2 of 12 people are in.
        Last said by revops.one, 19 Nov 14:05: focus.
        /shiftbell grow lets everyone in.
        "#); }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_may_change_settings_says_who_is_let_in_and_a_wrong_name_is_named() {
    let test = sqlite().await;
    let app = TestApp::start(&test).with_definitions(&in_the_frame()).at(THURSDAY).await;
    for order in ["pilots", "pilot bdr.one", "grow", "frame", "focus", "pilot remove bdr.one"] {
        let seen = says(&app, LEAD_IN_SLACK, &format!("/shiftbell {order}")).await;
        assert!(seen.contains("is for whoever keeps the settings: ask revops.one"), "{order}: {seen}");
    }
    for (typed, said) in [
        ("pilot bdr.on", "The definitions file has no person \"bdr.on\". Did you mean bdr.one"),
        ("pilot", "Say whom: /shiftbell pilot @somebody"),
        ("pilot remove", "Say whom: /shiftbell pilot @somebody"),
        ("pilot <@U0NOBODY>", "I do not know who that is here"),
        ("pilot <!channel>", "names nobody"),
        ("pilot *x* _y_", "The definitions file has no person"),
        ("pilot revops.one", "That is the reviewer, who always receives."),
        ("pilot remove ae.one", "ae.one is no pilot."),
        ("frame", "It is in the frame already"),
    ] {
        let seen = says(&app, REVIEWER_IN_SLACK, &format!("/shiftbell {typed}")).await;
        assert!(shown(&seen).contains(said), "{typed}: {seen}");
    }
    assert_eq!(app.slack.pings(REVIEWER_IN_SLACK), Vec::<String>::new());
    app.idle().await;
    assert_eq!(outbox(&app).await, [], "nothing was changed, so nobody is told anything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_say_it_at_once_are_answered_one_after_the_other() {
    for test in both_databases().await {
        let app = TestApp::start(&test).with_definitions(&in_the_frame()).at(THURSDAY).await;
        let line = format!("/shiftbell pilot <@{BDR_IN_SLACK}>");
        let (one, other) = tokio::join!(says(&app, REVIEWER_IN_SLACK, &line), says(&app, REVIEWER_IN_SLACK, &line));
        let let_in = [&one, &other].iter().filter(|seen| seen.contains("gets the scorecard from today")).count();
        let known = [&one, &other].iter().filter(|seen| seen.contains("is in already")).count();
        assert_eq!((let_in, known), (1, 1), "{}: {one}\n{other}", test.kind);
        app.idle().await;
        let listed = outbox(&app).await;
        assert_eq!(
            listed.iter().map(|one| (one.kind.as_str(), one.state)).collect::<Vec<_>>(),
            [("welcome", State::Delivered)]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_in_discord_is_a_person_too() {
    let test = sqlite().await;
    let app = TestApp::start(&test)
        .with_definitions(&in_the_frame().replace(
            "{ role = \"revops\",    place = \"kolkata\" }",
            "{ role = \"revops\",    place = \"kolkata\", discord = \"1400000000000000009\" }",
        ))
        .at(THURSDAY)
        .await;
    let line = format!("/shiftbell pilot <@{BDR_IN_DISCORD}>");
    let seen =
        app.discord.asks(&line, "1400000000000000009", "1100000000000000002", &app.discord_interactions()).await.seen;
    assert!(seen.contains("bdr.one gets the scorecard from today 17:00 on."), "{seen}");
}

/// A business whose deal is won on this day, with a close date that somebody typed.
fn won(portal: &mut FakeHubSpot, name: &str, on: &str, close_date: &str) {
    portal.now = instant("2026-10-12 09:00 America/New_York");
    portal.user = "userId:2004".to_owned();
    let company = portal.create(Company, &[("name", name), ("segment", "Business")]);
    let deal = portal.create(Deal, &[("dealname", name), ("amount", "18000"), ("hubspot_owner_id", "1004")]);
    portal.associate((Deal, deal), (Company, company));
    portal.set(Deal, deal, "bant", "Yes");
    portal.set(Deal, deal, "closedate", &instant(close_date).as_ms().to_string());
    portal.now = instant(on);
    portal.set(Deal, deal, "dealstage", "Contract won");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_frame_the_bowtie_stands_beside_hubspots_own_figure_with_the_reason() {
    for test in both_databases().await {
        let mut portal = FakeHubSpot::new(PORTAL, HUBSPOT_SECRET, instant("2026-10-09 09:00 America/New_York"));
        won(&mut portal, "Sample Bank", "2026-11-03 10:00 America/New_York", "2026-11-12 12:00 America/New_York");
        won(
            &mut portal,
            "Sample Hotel Group",
            "2026-11-11 10:00 America/New_York",
            "2026-11-11 12:00 America/New_York",
        );
        drop(portal.outgoing());
        let api = HubSpotApi::start(portal, FakeClock::Machine).await;
        api.limit(1_000_000, 1_000_000, 1_000_000);
        let text = in_the_frame();
        let app = TestApp::start(&test).with_definitions(&text).asking(api.url()).at(MONDAY).await;
        let is_read = async || position(&app.program.db, WORKSPACE, "hubspot-main").await.unwrap().rounds > 0;
        app.until("everything is read", is_read).await;
        app.until("the bowtie is said", async || app.slack.count(REVIEWER_IN_SLACK) > 0).await;
        let said = shown(&app.slack.transcript(REVIEWER_IN_SLACK));
        assert!(said.contains("In the frame: this would go to #revenue."), "{said}");
        let line = "Won, b2b: HubSpot shows 2 deals in Contract won with a close date in these days; here 1 was counted 9 - 15 November.";
        assert!(said.contains(line), "{}: {said}", test.kind);
        assert!(
            said.contains(
                "HubSpot counts by the close date that was typed in, this counts when the stage was reached."
            )
        );
        assert_eq!(app.slack.count("#wins"), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_figure_that_hubspot_does_not_give_is_left_out_in_silence() {
    let test = sqlite().await;
    let mut portal = FakeHubSpot::new(PORTAL, HUBSPOT_SECRET, instant("2026-10-09 09:00 America/New_York"));
    won(&mut portal, "Sample Hotel Group", "2026-11-11 10:00 America/New_York", "2026-11-11 12:00 America/New_York");
    drop(portal.outgoing());
    let api = HubSpotApi::start(portal, FakeClock::Machine).await;
    api.limit(1_000_000, 1_000_000, 1_000_000);
    let app = TestApp::start(&test).with_definitions(&in_the_frame()).asking(api.url()).at(MONDAY).await;
    let is_read = async || position(&app.program.db, WORKSPACE, "hubspot-main").await.unwrap().rounds > 0;
    app.until("everything is read", is_read).await;
    api.faults().switch_on("search", Fault::Status(403), usize::MAX);
    app.until("the bowtie is said", async || app.slack.count(REVIEWER_IN_SLACK) > 0).await;
    let said = shown(&app.slack.transcript(REVIEWER_IN_SLACK));
    assert!(said.contains("In the frame: this would go to #revenue.") && !said.contains("HubSpot shows"), "{said}");
}
