//! A form that was filled in is one event, whichever way it came; and line items, which come with their deal.

use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};
use shiftbell_tests::db::{both_databases, sqlite};
use shiftbell_tests::fake_hubspot::{ALL_SCOPES, LineItem, Object};

use super::activities::Desk;

const MEETING: &str = "11111111-0000-4000-8000-000000000001";
const PRICES: &str = "22222222-0000-4000-8000-000000000002";

async fn with_forms(test: &shiftbell_tests::db::TestDb) -> Desk<'_> {
    let desk = Desk::of(test).await;
    desk.later(0, |portal| {
        portal.forms.insert(MEETING.to_owned(), "Meeting request".to_owned());
        portal.forms.insert(PRICES.to_owned(), "Price list".to_owned());
    });
    desk
}

#[tokio::test]
async fn a_form_filled_in_is_counted_once_although_two_ways_tell_of_it() {
    for test in both_databases().await {
        let desk = with_forms(&test).await;
        desk.poll().await;
        desk.later(MS_PER_HOUR, |portal| portal.fill_in(MEETING, "Host@sample.example"));
        desk.later(MS_PER_MINUTE, |portal| portal.fill_in(MEETING, "host@sample.example"));
        desk.poll().await;
        assert_eq!(
            desk.told("form").await.len(),
            3,
            "{}: two filled in, one of them told by the contact too",
            test.kind
        );
        assert_eq!(desk.times_filled_in("meeting-request").await, 1, "a double click");
        desk.later(MS_PER_DAY, |portal| portal.fill_in(MEETING, "host@sample.example"));
        desk.later(MS_PER_MINUTE, |portal| portal.fill_in(PRICES, "host@sample.example"));
        desk.poll().await;
        assert_eq!(desk.times_filled_in("meeting-request").await, 2, "{}", test.kind);
        assert_eq!(desk.times_filled_in("price-list").await, 1, "{}", test.kind);
        assert_eq!(desk.poll().await.appended, 0);
    }
}

#[tokio::test]
async fn three_hundred_submissions_are_read_page_by_page_and_later_only_the_new_ones() {
    let test = sqlite().await;
    let desk = with_forms(&test).await;
    for n in 0..300 {
        desk.later(MS_PER_MINUTE, |portal| {
            portal.import_contact(&[("email", &format!("c{n}@sample.example"))]);
            portal.fill_in(PRICES, &format!("c{n}@sample.example"));
        });
    }
    desk.poll().await;
    assert_eq!(desk.told("form").await.len(), 600, "each in two ways");
    assert_eq!(desk.times_filled_in("price-list").await, 300);
    let asked = || desk.api.faults().requests(&format!("submissions/forms/{PRICES}"));
    let before = asked();
    assert_eq!(before, 6);
    desk.later(MS_PER_HOUR, |portal| portal.fill_in(PRICES, "c7@sample.example"));
    desk.poll().await;
    assert_eq!((asked() - before, desk.times_filled_in("price-list").await), (1, 301));
}

#[tokio::test]
async fn whoever_filled_in_a_form_and_is_not_known_yet_is_looked_for_again() {
    let test = sqlite().await;
    let desk = with_forms(&test).await;
    desk.poll().await;
    desk.later(MS_PER_HOUR, |portal| portal.fill_in(MEETING, "new@sample.example"));
    assert_eq!(desk.poll().await.filled_by_nobody, 1);
    for _ in 0..3 {
        desk.later(MS_PER_HOUR, |_| {});
        assert_eq!(desk.poll().await.filled_by_nobody, 1, "still");
    }
    desk.later(MS_PER_HOUR, |portal| portal.import_contact(&[("email", "new@sample.example")]));
    assert_eq!(desk.poll().await.filled_by_nobody, 0);
    assert_eq!(desk.times_filled_in("meeting-request").await, 1);
    desk.later(MS_PER_HOUR, |_| {});
    let round = desk.poll().await;
    assert_eq!((round.filled_by_nobody, round.appended), (0, 0));
    // Who never appears is given up after a week.
    desk.later(MS_PER_HOUR, |portal| portal.fill_in(MEETING, "never@sample.example"));
    assert_eq!(desk.poll().await.filled_by_nobody, 1);
    desk.later(8 * MS_PER_DAY, |_| {});
    desk.poll().await;
    desk.later(MS_PER_HOUR, |_| {});
    assert_eq!(desk.poll().await.filled_by_nobody, 0);
}

#[tokio::test]
async fn without_the_scope_forms_come_by_the_property_of_the_contact_and_it_is_said() {
    let test = sqlite().await;
    let desk = with_forms(&test).await;
    let scopes: Vec<&str> = ALL_SCOPES.into_iter().filter(|scope| *scope != "forms").collect();
    desk.api.allow(&scopes);
    desk.later(MS_PER_HOUR, |portal| portal.fill_in(MEETING, "host@sample.example"));
    let round = desk.poll().await;
    assert!(round.is_complete && round.left_out.len() == 1 && round.left_out[0].contains("`forms`"), "{round:?}");
    assert_eq!(desk.times_filled_in("meeting-request").await, 1);
    // The scope comes later, and what was told already is not counted once more.
    desk.api.allow(&ALL_SCOPES);
    desk.later(MS_PER_HOUR, |portal| portal.fill_in(MEETING, "host@sample.example"));
    desk.poll().await;
    assert_eq!(desk.times_filled_in("meeting-request").await, 2);
}

#[tokio::test]
async fn the_product_of_a_deal_is_that_of_its_largest_line_item() {
    for test in both_databases().await {
        let desk = Desk::of(&test).await;
        let deal = desk.deal;
        let item = |name: &str, amount: &str, how_often: &str| LineItem {
            deal,
            properties: [("name", name), ("amount", amount), ("recurringbillingfrequency", how_often)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        };
        desk.later(MS_PER_HOUR, |portal| {
            portal.line_items.insert(1, item("large-parties", "900", "monthly"));
            portal.line_items.insert(2, item("small-parties", "120", ""));
            portal.set(Object::Deal, deal, "dealstage", "discovery");
        });
        desk.poll().await;
        assert_eq!(desk.of_deal("product").await.as_deref(), Some("large-parties"), "{}", test.kind);
        desk.later(MS_PER_HOUR, |portal| {
            portal.line_items.insert(3, item("corporate-events", "1000", ""));
            portal.set(Object::Deal, deal, "dealstage", "closedwon");
        });
        desk.poll().await;
        assert_eq!(desk.of_deal("product").await.as_deref(), Some("corporate-events"), "{}", test.kind);
        assert_eq!(desk.poll().await.appended, 0);
    }
}
