//! The full check at night: what a poll could not see is found, and the outcome is kept.

use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR};
use shiftbell_sources::hubspot::poll::Difference;
use shiftbell_sources::hubspot::poll::Object as Kind;
use shiftbell_tests::db::both_databases;
use shiftbell_tests::fake_hubspot::{FakeHubSpot, Object};
use shiftbell_tests::fake_server::Fault;

use super::activities::Desk;

#[tokio::test]
async fn what_was_deleted_for_privacy_is_found_at_night_and_the_next_night_finds_nothing() {
    for test in both_databases().await {
        let desk = Desk::of(&test).await;
        let contact = desk.contact;
        desk.later(MS_PER_HOUR, |portal| {
            portal.set(Object::Contact, contact, "recent_conversion_event_name", "Meeting request");
        });
        desk.poll().await;
        assert_eq!(desk.count("mql").await, 1);
        desk.later(MS_PER_HOUR, |portal| portal.delete(Object::Contact, contact, true));
        desk.poll().await;
        assert_eq!(desk.count("mql").await, 1, "{}: no list tells of it, and no search", test.kind);
        assert_eq!(desk.checked().await, None, "it is not two at night yet");
        desk.later(MS_PER_DAY, |_| {});
        desk.poll().await;
        assert_eq!(desk.count("mql").await, 0, "{}", test.kind);
        let found = desk.checked().await.unwrap().differences;
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(Kind::Contacts, Difference { missing: 0, gone: 1 })]);
        desk.later(MS_PER_HOUR, |_| {});
        desk.poll().await;
        let before = desk.checked().await.unwrap();
        desk.later(MS_PER_DAY, |_| {});
        desk.poll().await;
        let after = desk.checked().await.unwrap();
        assert!(after.began > before.began && after.differences.is_empty(), "{after:?}");
    }
}

#[tokio::test]
async fn a_merge_and_a_deletion_that_no_webhook_told_are_found_by_the_next_poll() {
    for test in both_databases().await {
        let desk = Desk::of(&test).await;
        let asks = |portal: &mut FakeHubSpot, contact| {
            portal.set(Object::Contact, contact, "recent_conversion_event_name", "Meeting request");
        };
        let [twin, other] = desk.later(MS_PER_HOUR, |portal| {
            asks(portal, desk.contact);
            ["twin@sample.example", "other@sample.example"].map(|email| {
                let contact = portal.import_contact(&[("email", email)]);
                let company = portal.create(Object::Company, &[("name", email), ("segment", "Business")]);
                portal.associate((Object::Contact, contact), (Object::Company, company));
                asks(portal, contact);
                contact
            })
        });
        desk.poll().await;
        assert_eq!(desk.count("mql").await, 3);
        // Whichever of the two stays, and under whichever id: they are one person.
        desk.later(MS_PER_HOUR, |portal| portal.merge(Object::Contact, desk.contact, twin));
        desk.poll().await;
        assert_eq!(desk.count("mql").await, 2, "{}", test.kind);
        desk.later(MS_PER_HOUR, |portal| portal.delete(Object::Contact, other, false));
        desk.poll().await;
        assert_eq!(desk.count("mql").await, 1, "{}", test.kind);
        desk.later(MS_PER_HOUR, |portal| portal.restore(Object::Contact, other));
        desk.poll().await;
        assert_eq!(desk.count("mql").await, 2, "{}", test.kind);
    }
}

#[tokio::test]
async fn what_the_search_never_showed_is_read_at_night() {
    let test = shiftbell_tests::db::sqlite().await;
    let desk = Desk::of(&test).await;
    desk.poll().await;
    // The index of the search has lost them, and nothing changes them again.
    let call = desk.log(Object::Call, &[("hs_call_disposition", super::activities::CONNECTED)]);
    let lost = desk.later(MS_PER_HOUR, |portal| {
        let lost = portal.import_contact(&[("email", "lost@sample.example")]);
        portal.unsearchable.extend([(Object::Call, call), (Object::Contact, lost)]);
        lost
    });
    desk.poll().await;
    assert_eq!(desk.count("call-accepted").await, 0);
    desk.later(MS_PER_DAY, |_| {});
    desk.poll().await;
    assert_eq!(desk.count("call-accepted").await, 1);
    let differences = desk.checked().await.unwrap().differences;
    assert_eq!(differences[&Kind::Calls], Difference { missing: 1, gone: 0 });
    assert_eq!(differences[&Kind::Contacts], Difference { missing: 1, gone: 0 });
    assert!(desk.knows("contact", lost).await);
    desk.later(MS_PER_DAY, |_| {});
    desk.poll().await;
    assert!(desk.checked().await.unwrap().differences.is_empty());
}

#[tokio::test]
async fn a_check_that_is_cut_off_goes_on_where_it_was() {
    let test = shiftbell_tests::db::sqlite().await;
    let desk = Desk::of(&test).await;
    desk.later(MS_PER_HOUR, |portal| {
        for _ in 0..250 {
            portal.import_contact(&[]);
        }
    });
    desk.poll().await;
    let gone = desk.contact;
    desk.later(MS_PER_DAY, |portal| {
        portal.delete(Object::Contact, gone, true);
        portal.set(Object::Deal, desk.deal, "dealname", "Sample Bank Group");
    });
    let lists = || desk.api.faults().requests("GET /crm/v3/objects/contacts");
    let before = lists();
    // What was changed is read last.
    desk.api.faults().switch_on("deals/batch/read", Fault::Status(500), usize::MAX);
    desk.fails().await;
    let first = lists() - before;
    desk.api.faults().recover();
    desk.poll().await;
    assert_eq!(lists() - before, first, "what was listed is not listed once more");
    let found = desk.checked().await.unwrap();
    assert_eq!(found.differences[&Kind::Contacts], Difference { missing: 0, gone: 1 });
}
