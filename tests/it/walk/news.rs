//! What the program says by itself: a win to everybody, a loss to whom it belongs.

use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};
use shiftbell_tests::app::{TestApp, instant};
use shiftbell_tests::db::both_databases;
use shiftbell_tests::fake_hubspot::FakeHubSpot;
use shiftbell_tests::fake_hubspot::Object::{Company, Contact, Deal};

use super::THURSDAY;

const WINS_IN_DISCORD: &str = "1100000000000000005";

fn at(portal: &mut FakeHubSpot, time: Instant, user: &str) {
    portal.now = time;
    user.clone_into(&mut portal.user);
}

/// A deal up to the contract, in the words of HubSpot. Returns its id.
fn nearly_won(portal: &mut FakeHubSpot) -> u64 {
    at(portal, instant("2026-10-09 09:00 America/New_York"), "userId:2001");
    let contact = portal.import_contact(&[("email", "host@sample.example"), ("hubspot_owner_id", "1001")]);
    let company = portal.create(Company, &[("name", "Sample Hotel Group"), ("segment", "Business")]);
    portal.associate((Contact, contact), (Company, company));
    portal.set(Contact, contact, "recent_conversion_event_name", "Meeting request");
    at(portal, instant("2026-10-12 10:00 America/New_York"), "userId:2004");
    portal.set(Contact, contact, "meeting_status", "Scheduled");
    let properties = [("dealname", "Sample Hotel Group"), ("amount", "18000"), ("hubspot_owner_id", "1004")];
    let deal = portal.create(Deal, &properties);
    portal.associate((Deal, deal), (Contact, contact));
    portal.associate((Deal, deal), (Company, company));
    portal.set(Deal, deal, "bant", "Yes");
    deal
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_won_deal_is_announced_once_however_often_the_crm_says_it() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        let mut portal = app.hubspot();
        let deal = nearly_won(&mut portal);
        app.hears_from(&mut portal).await;
        app.idle().await;
        assert_eq!((app.slack.count("#wins"), app.discord.count(WINS_IN_DISCORD)), (0, 0));

        // Two subscriptions see the same change; later somebody moves the deal back and forth.
        at(&mut portal, app.now().plus_ms(-7 * MS_PER_MINUTE), "userId:2004");
        portal.set(Deal, deal, "dealstage", "Contract won");
        portal.duplicate_pending();
        app.hears_from(&mut portal).await;
        app.idle().await;
        allow_duplicates! { assert_snapshot!(app.slack.transcript("#wins"), @r#"
        shiftbell:
        *Sample Hotel Group is won: $18,000 a year.* Found by bdr.one, closed by ae.one. 38 days.
        HubSpot under 1 min ago.
        [Something is off]  [Why]
        "#); }
        allow_duplicates! { assert_snapshot!(app.discord.transcript(WINS_IN_DISCORD), @r#"
        shiftbell:
        **Sample Hotel Group is won: $18,000 a year.** Found by bdr.one, closed by ae.one. 38 days.

        -# HubSpot under 1 min ago.
        [Something is off]  [Why]
        "#); }
        for (minutes, stage) in [(-5, "Negotiation"), (-3, "Contract won")] {
            at(&mut portal, app.now().plus_ms(minutes * MS_PER_MINUTE), "userId:2004");
            portal.set(Deal, deal, "dealstage", stage);
            app.hears_from(&mut portal).await;
        }
        app.idle().await;
        assert_eq!((app.slack.count("#wins"), app.discord.count(WINS_IN_DISCORD)), (1, 1), "{}", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_leaves_is_told_to_whoever_keeps_it_and_to_nobody_else() {
    for test in both_databases().await {
        let app = TestApp::start(&test).at(THURSDAY).await;
        let usd = |amount: u32| json!({ "amount": amount.to_string(), "currency": "USD" });
        let events = json!([
            { "id": "known", "type": "company", "at": "2024-01-15T12:00:00Z", "company": "insurance",
              "set": { "company": { "name": "Sample Insurance", "segment": "business", "owner": "csm.one@clowns.example" } } },
            { "id": "started", "type": "subscription", "change": "started", "at": "2024-01-15T12:01:00Z",
              "company": "insurance", "subscription": "sub-1", "set": { "subscription": { "status": "active" } } },
            { "id": "leaves", "type": "subscription", "change": "cancel_scheduled", "at": "2026-11-19T18:41:00Z",
              "company": "insurance", "subscription": "sub-1", "amount": usd(2_400), "ends_at": "2026-12-31T17:00:00Z",
              "reason": "too few events used" },
            { "id": "small", "type": "subscription", "change": "cancel_scheduled", "at": "2026-11-19T18:42:00Z",
              "company": "insurance", "subscription": "sub-2", "amount": usd(199), "ends_at": "2026-12-31T17:00:00Z" },
        ]);
        for id in ["msg-1", "msg-2"] {
            let (status, answer) = app.shop_sends(id, &events.to_string()).await;
            assert_eq!(status, 202, "{answer}");
            app.idle().await;
        }
        allow_duplicates! { assert_snapshot!(app.slack.transcript("UCSM1"), @r#"
        shiftbell:
        *Sample Insurance will leave on 31 December: $2,400 a month, $28,800 a year.*
        Cancelled today at 10:41 in shop for the end of the paid term. Reason given: too few events used.
        Customer since January 2024.
        Next: call them; 42 days are left.
        shop under 1 min ago. Only you see this.
        [I take it]  [Something is off]  [... Snooze 3 days / Who sees this / Why]
        "#); }
        assert_eq!(app.slack.count("UCSM1"), 1, "{}", test.kind);
        let elsewhere = ["#wins", "#sales"].map(|channel| app.slack.count(channel));
        assert_eq!((elsewhere, app.discord.count("1100000000000000002")), ([0, 0], 0), "{}", test.kind);
        app.stops_with_nothing_unsaid().await;
    }
}
