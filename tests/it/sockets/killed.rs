//! The program is killed while it follows a click, and started again.

use std::time::Duration;

use shiftbell_tests::child::{Child, free_port};
use shiftbell_tests::db::sqlite;
use shiftbell_tests::fake_server::{FakeClock, Moment};
use shiftbell_tests::fake_slack::{self, FakeSlack};
use shiftbell_tests::sample;
use std::sync::{Arc, Mutex, PoisonError};

const USER: &str = "ULEAD";

/// The folder of a company that is asked over a connection of its own, and how the program is started there.
fn installed(folder: &std::path::Path, url: &str, slack: &FakeSlack) -> Vec<(String, String)> {
    let workspaces = folder.join("workspaces");
    std::fs::create_dir(&workspaces).expect("a folder");
    std::fs::write(workspaces.join("clowns-to-go.toml"), sample::DEFINITIONS).expect("the definitions");
    [
        ("SHIFTBELL_DATABASE_URL", url.to_owned()),
        ("SHIFTBELL_WORKSPACES", workspaces.display().to_string()),
        ("SHIFTBELL_SLACK_API_URL", slack.api_url()),
        ("SHIFTBELL_LISTEN", format!("127.0.0.1:{}", free_port())),
        ("SHIFTBELL_LOG_LEVEL", "warn".to_owned()),
        ("CLOWNS_SLACK_BOT_TOKEN", fake_slack::TOKEN.to_owned()),
        ("CLOWNS_SLACK_APP_TOKEN", fake_slack::APP_TOKEN.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Slack shows the answer to everybody; then the program dies before it acknowledges the click, which Slack therefore brings
/// to the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_between_the_post_and_the_acknowledgement_it_does_not_post_again() {
    let test = sqlite().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let slack = FakeSlack::start(FakeClock::Machine)
        .await
        .with_user(USER, "sales.lead@clowns.example", "America/New_York")
        .with_channel("C1", "sales");
    let environment = installed(folder.path(), &test.url, &slack);
    let log = folder.path().join("log");
    let start = || Arc::new(Child::start(&["serve"], &environment, &log));
    let child = start();
    slack.is_connected(1).await;
    let asked = slack.types_by_socket("/kpi leads b2b", USER, "C1").await;
    assert!(asked.seen.contains("[Share here]"), "{}", asked.seen);

    let victim = Mutex::new(Some(child));
    slack.faults().watch(move |method, moment| {
        if method == "response_url"
            && moment == Moment::Done
            && let Some(child) = victim.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            assert!(child.kill(), "it had ended before");
        }
    });
    let restarted = async {
        slack.shows("#sales", "shiftbell:\n").await;
        slack.has_connections(0).await;
        start()
    };
    let (_, child) = tokio::join!(slack.clicks_by_socket("Share here", USER, "C1"), restarted);
    assert!(
        slack.connections_opened() >= 2 && slack.envelopes_brought() >= 3,
        "the click was brought to the second one"
    );
    let told = slack.shows("#sales", "This click came twice").await;
    assert_eq!(slack.count("#sales"), 1, "{told}");
    let stopped = tokio::time::timeout(Duration::from_secs(60), child.stop()).await.expect("it stops");
    assert!(stopped.success(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
    slack.has_connections(0).await;
    assert_eq!(slack.wrong_acknowledgements(), Vec::<String>::new());
}
