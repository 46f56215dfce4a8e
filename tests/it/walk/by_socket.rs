//! The same question over HTTP and over a connection of our own.

use shiftbell_tests::app::{LEAD_IN_SLACK, TestApp};
use shiftbell_tests::db::both_databases;

use super::THURSDAY;
use super::answers::receipt_of;
use super::season::Season;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_has_the_same_answer_over_the_socket_as_over_http() {
    let season = Season::new();
    let line = "/kpi mql-conversion b2b";
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        let mut portal = app.hubspot();
        season.told_by_hubspot(&app, &mut portal).await;
        season.told_by_shop(&app).await;
        app.idle().await;
        let by_http = receipt_of(&app.asks_in_slack(line).await).1;
        assert_eq!(app.slack.connections_opened(), 0, "asked over HTTP it opens none");
        app.stops_with_nothing_unsaid().await;

        let app = TestApp::start(&test).by_socket().at(THURSDAY).await;
        app.slack.is_connected(1).await;
        let (status, _) = app.posts(&app.slack_commands(), &[], b"command=%2Fkpi".to_vec()).await;
        assert_eq!(status, 404, "asked over the socket it has no door for Slack");
        let asked = app.slack.types_by_socket(line, LEAD_IN_SLACK, &format!("D{LEAD_IN_SLACK}")).await;
        assert_eq!(receipt_of(&asked.seen).1, by_http, "{}", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}
