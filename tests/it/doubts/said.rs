//! What opens, what is kept, and to whom it goes.

use insta::{allow_duplicates, assert_snapshot};
use shiftbell_tests::app::{LEAD_IN_DISCORD, TestApp};
use shiftbell_tests::db::{both_databases, sqlite};
use shiftbell_tests::sample::DEFINITIONS;

use super::{THURSDAY, clicks, doubts_to, types, with_a_loss};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_opens_the_ways_and_a_wrong_number_goes_to_whoever_keeps_the_definitions() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        with_a_loss(&app).await;
        let opened = clicks(&app, "Something is off", "UCSM1").await;
        allow_duplicates! { assert_snapshot!(opened, @r"
        What is off? You are told what becomes of it.
        [The number is wrong]  [I ran out of leads]  [I am waiting for someone]  [... I was away / Something else]
        "); }
        let noted = clicks(&app, "The number is wrong", "UCSM1").await;
        assert_eq!(noted.trim(), "Noted, and revops.one is told. You hear what becomes of it.");
        let raised = app.slack.shows("UOPS1", "csm.one says").await;
        allow_duplicates! { assert_snapshot!(raised.replace(&number(&raised), "d-12"), @r#"
        shiftbell:
        *csm.one says: the number is wrong.*
        The message of 20 Nov 00:35 said: Sample Insurance leaves on 31 Dec: $2,400 a month. 42 days left.
        Next: answer with a button, or in words with "/shiftbell answer d-12". csm.one is told.
        Only you see this. d-12
        [It was wrong, fixed]  [It is right, here is why]  [Ask back]  [... Something is off]
        "#); }
        // The same said again is kept once.
        let again = clicks(&app, "The number is wrong", "UCSM1").await;
        assert_eq!(again.trim(), "You said so 19 Nov 11:05; revops.one is told and has not answered yet.");
        app.idle().await;
        assert_eq!((app.slack.count("UOPS1"), doubts_to(&app, "revops.one@clowns.example").await.len()), (1, 1));
        app.stops_with_nothing_unsaid().await;
    }
}

/// The number of the doubt in a message.
fn number(message: &str) -> String {
    let digits = |word: &str| word.strip_prefix("d-").is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()));
    let mut words = message.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    words.rfind(|word| digits(word)).unwrap_or_else(|| panic!("no doubt in:\n{message}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn friction_goes_to_the_manager_and_takes_words() {
    let test = sqlite().await;
    let everyone = DEFINITIONS.replace("step     = \"focus\"", "step     = \"grow\"");
    let app = TestApp::start(&test).with_definitions(&everyone).at(THURSDAY).await;
    with_a_loss(&app).await;
    clicks(&app, "Something is off", "UCSM1").await;
    let noted = clicks(&app, "I am waiting for someone", "UCSM1").await;
    assert!(
        noted.contains("exec.one reads it in the next team digest. For whom are you waiting, and for what?"),
        "{noted}"
    );
    let [doubt] = &doubts_to(&app, "exec.one@clowns.example").await[..] else { panic!("one") };
    assert_eq!((doubt.way.as_str(), doubt.kind.as_str(), doubt.words.as_deref()), ("waiting", "leaving", None));
    types(&app, &format!("/shiftbell off {} an answer of billing.", doubt.about), "UCSM1").await;
    let [doubt] = &doubts_to(&app, "exec.one@clowns.example").await[..] else { panic!("still one") };
    assert_eq!(doubt.words.as_deref(), Some("an answer of billing"));
    // Something else needs words before it is kept.
    let else_ = clicks(&app, "Something else", "UCSM1").await;
    assert!(else_.contains("Please say it in your words"), "{else_}");
    assert_eq!(doubts_to(&app, "revops.one@clowns.example").await, []);
    types(&app, &format!("/shiftbell off {} <!channel> *the* reason [is](https://evil.example)", doubt.about), "UCSM1")
        .await;
    app.slack.shows("UOPS1", "something else is off").await;
    let sent = format!("{:?}", app.slack.bodies("UOPS1"));
    assert!(
        sent.contains("&lt;!channel&gt;") && !sent.contains("<!channel>") && !sent.contains("https://evil"),
        "{sent}"
    );
    assert_eq!(app.slack.pings("UOPS1"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discord_opens_the_same() {
    let test = sqlite().await;
    let app = TestApp::start(&test).at(THURSDAY).await;
    with_a_loss(&app).await;
    // A win is told in both chats.
    let won = r#"[{ "id": "w0", "type": "deal", "at": "2026-10-19T18:00:00Z", "deal": "d-1", "company": "hotel",
        "owner": "ae.one@clowns.example", "set": { "deal": { "name": "Sample Hotel", "stage": "open", "amount": {"amount":"18000","currency":"USD"} },
        "company": { "name": "Sample Hotel", "segment": "business" } } },
      { "id": "w1", "type": "deal", "at": "2026-11-19T18:41:00Z", "deal": "d-1", "company": "hotel",
        "owner": "ae.one@clowns.example", "set": { "deal": { "stage": "won" } } }]"#;
    assert_eq!(app.shop_sends("msg-2", won).await.0, 202);
    let wins = "1100000000000000005";
    app.discord.shows(wins, "is won").await;
    let url = app.discord_interactions();
    let opened = app.discord.clicks("Something is off", LEAD_IN_DISCORD, wins, &url).await;
    assert_snapshot!(opened.seen, @r"
    What is off? You are told what becomes of it.
    [The number is wrong]  [I ran out of leads]  [I am waiting for someone]
    [... I was away / Something else]
    ");
    let noted = app.discord.clicks("The number is wrong", LEAD_IN_DISCORD, wins, &url).await;
    assert!(noted.seen.contains("revops.one is told"), "{}", noted.seen);
    let raised = app.slack.shows("UOPS1", "sales.lead says").await;
    assert!(raised.contains("Sample Hotel is won"), "{raised}");
}
