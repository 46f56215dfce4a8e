//! `serve` asks by itself: what changes is told without any webhook, and what happened long ago is not.

use shiftbell::work::poll::position;
use shiftbell_store::events;
use shiftbell_tests::app::{HUBSPOT_SECRET, PORTAL, TestApp, WORKSPACE, instant};
use shiftbell_tests::db::both_databases;
use shiftbell_tests::fake_hubspot::Object::{Company, Contact, Deal};
use shiftbell_tests::fake_hubspot::{FakeHubSpot, HubSpotApi};
use shiftbell_tests::fake_server::{FakeClock, Fault};

use super::SOURCE;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";

/// A business with a deal up to the contract. Returns the deal.
fn nearly_won(portal: &mut FakeHubSpot, name: &str) -> u64 {
    portal.user = "userId:2001".to_owned();
    let contact = portal.import_contact(&[("email", "host@sample.example"), ("hubspot_owner_id", "1001")]);
    let company = portal.create(Company, &[("name", name), ("segment", "Business")]);
    portal.associate((Contact, contact), (Company, company));
    portal.set(Contact, contact, "recent_conversion_event_name", "Meeting request");
    portal.user = "userId:2004".to_owned();
    portal.set(Contact, contact, "meeting_status", "Scheduled");
    let deal = portal.create(Deal, &[("dealname", name), ("amount", "18000"), ("hubspot_owner_id", "1004")]);
    portal.associate((Deal, deal), (Contact, contact));
    portal.associate((Deal, deal), (Company, company));
    portal.set(Deal, deal, "bant", "Yes");
    deal
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_win_is_told_without_any_webhook_and_once_with_one_and_old_wins_are_not() {
    for test in both_databases().await {
        let mut portal = FakeHubSpot::new(PORTAL, HUBSPOT_SECRET, instant("2026-10-09 09:00 America/New_York"));
        let old = nearly_won(&mut portal, "Sample Bank");
        portal.set(Deal, old, "dealstage", "Contract won");
        let deal = nearly_won(&mut portal, "Sample Hotel Group");
        drop(portal.outgoing());
        let api = HubSpotApi::start(portal, FakeClock::Machine).await;
        api.limit(1_000_000, 1_000_000, 1_000_000);
        let app = TestApp::start(&test).asking(api.url()).at(THURSDAY).await;
        let rounds = async || position(&app.program.db, WORKSPACE, SOURCE).await.unwrap().rounds;
        app.until("everything that was there is read", async || rounds().await > 0).await;
        assert_eq!(app.slack.count("#wins"), 0, "{}: what happened long ago is no news", test.kind);

        {
            let mut portal = api.portal();
            portal.now = app.now();
            portal.set(Deal, deal, "dealstage", "Contract won");
        }
        app.until("the win is told", async || app.slack.count("#wins") > 0).await;
        let told = app.slack.transcript("#wins");
        assert!(told.contains("*Sample Hotel Group is won: $18,000 a year.*"), "{told}");

        // The webhook comes late and knows nothing new; neither does the next round.
        let (known, before) = (event_count(&app).await, rounds().await);
        let mut sender = api.portal().outgoing();
        app.hears_from(&mut sender).await;
        app.until("one more round", async || rounds().await > before).await;
        app.idle().await;
        assert_eq!((app.slack.count("#wins"), event_count(&app).await), (1, known), "{}", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}

async fn event_count(app: &TestApp) -> i64 {
    events::count(&mut app.program.db.read().await.unwrap(), WORKSPACE).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hubspot_that_is_away_for_a_quarter_of_an_hour_is_read_when_it_is_back() {
    let test = shiftbell_tests::db::sqlite().await;
    let mut portal = FakeHubSpot::new(PORTAL, HUBSPOT_SECRET, instant("2026-10-09 09:00 America/New_York"));
    nearly_won(&mut portal, "Sample Bank");
    let api = HubSpotApi::start(portal, FakeClock::Machine).await;
    api.limit(1_000_000, 1_000_000, 1_000_000);
    api.faults().switch_on("", Fault::Status(503), usize::MAX);
    let app = TestApp::start(&test).asking(api.url()).at(THURSDAY).await;
    app.until("a quarter of an hour", async || app.now() >= instant("2026-11-19 14:20 America/New_York")).await;
    assert_eq!(event_count(&app).await, 0);
    api.faults().recover();
    app.until("it is read", async || position(&app.program.db, WORKSPACE, SOURCE).await.unwrap().rounds > 0).await;
    assert!(event_count(&app).await > 10);
    app.stops_with_nothing_unsaid().await;
}
