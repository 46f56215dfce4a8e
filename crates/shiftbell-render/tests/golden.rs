//! Every message, on every surface, with every sample: a changed snapshot is a changed product.

use shiftbell_render::action::{Action, Verb};
use shiftbell_render::document::Button;
use shiftbell_render::limits::{discord_would_reject, slack_would_reject};
use shiftbell_render::messages::Notice;
use shiftbell_render::{discord, html, plain, slack};

/// The id of an uploaded picture, as Slack gives them.
const FILE: Option<&str> = Some("F0123456789");

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn every_message_reads_as_agreed_on_every_surface() {
    settings().bind(|| {
        for (sample, notice) in Notice::samples() {
            let document = notice.document().unwrap();
            let name = format!("{}.{sample}", notice.name());
            insta::assert_snapshot!(format!("{name}.plain"), plain::transcript(&document));
            insta::assert_json_snapshot!(format!("{name}.slack"), slack::message(&document, FILE));
            insta::assert_json_snapshot!(format!("{name}.discord"), discord::message(&document, true));
            let mut card = document.clone();
            if let Some(picture) = &mut card.picture {
                picture.svg.clear();
            }
            insta::assert_snapshot!(format!("{name}.html"), html::card(&card));
        }
    });
}

#[test]
fn every_message_is_accepted_and_the_same_when_rendered_twice() {
    for (sample, notice) in Notice::samples() {
        let document = notice.document().unwrap();
        assert_eq!(notice.document().unwrap(), document, "{} {sample}", notice.name());
        for one in std::iter::once(&document).chain(&document.thread) {
            assert_eq!(slack_would_reject(&slack::message(one, FILE)), None, "{} {sample}", notice.name());
            assert_eq!(discord_would_reject(&discord::message(one, true)), None, "{} {sample}", notice.name());
            assert!(!one.push.is_empty(), "{} {sample} has no push line", notice.name());
        }
    }
}

#[test]
fn the_outbox_keeps_facts_and_gives_back_the_same_message() {
    for (sample, notice) in Notice::samples() {
        let kept = serde_json::to_string(&notice).unwrap();
        let back: Notice = serde_json::from_str(&kept).unwrap();
        assert_eq!(back, notice, "{} {sample}", notice.name());
        assert_eq!(back.document().unwrap(), notice.document().unwrap());
    }
}

#[test]
fn at_most_three_buttons_are_seen() {
    for (sample, notice) in Notice::samples() {
        assert!(notice.document().unwrap().buttons.len() <= 3, "{} {sample}", notice.name());
    }
}

/// Messages that answer somebody who asked, seen by them alone.
const ANSWERS: [&str; 12] = [
    "kpi-answer",
    "kpi-list",
    "kpi-help",
    "kpi-definition",
    "kpi-why",
    "digest-why",
    "kpi-people",
    "kpi-unknown",
    "kpi-refused",
    "what-if",
    "levers",
    "funnel-answer",
];

#[test]
fn something_is_off_stands_under_every_automatic_message() {
    let is_off = |button: &Button| matches!(&button.action, Action::About { verb: Verb::Off, .. });
    for (sample, notice) in Notice::samples() {
        if ANSWERS.contains(&notice.name()) {
            continue;
        }
        let document = notice.document().unwrap();
        let count = document.buttons.iter().chain(&document.more).filter(|button| is_off(button)).count();
        assert_eq!(count, 1, "{} {sample}", notice.name());
        let posted = document.doubted_as("n-51");
        let about: Vec<_> = posted.buttons.iter().chain(&posted.more).filter(|button| is_off(button)).collect();
        assert_eq!(about[0].action, Action::about(Verb::Off, "n-51"), "{} {sample}", notice.name());
        for one in [slack::message(&posted, FILE), discord::message(&posted, true)] {
            assert!(one.to_string().contains("off:n-51"), "{} {sample}: it was cut off", notice.name());
        }
    }
}
