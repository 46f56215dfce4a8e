//! Whatever a CRM holds, a message is accepted by the platform, and nothing in it mentions, links or formats.

use proptest::prelude::*;
use serde_json::Value;
use shiftbell_render::document::Document;
use shiftbell_render::limits::{discord_would_reject, slack_would_reject};
use shiftbell_render::messages::Notice;
use shiftbell_render::{discord, html, plain, slack};

/// What people have put into names, and what would hurt.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<!channel> <!here|x> <@U012AB3CD> <#C1|x>".to_owned()),
        Just("@everyone @here <@1234> <@&5678> <t:1:R>".to_owned()),
        Just("[x](http://evil.example) <http://evil.example|x> https://evil.example discord.gg/evil".to_owned()),
        Just("*bold* _thin_ ~gone~ `code` **b** __u__ ||s|| ~~x~~ :fire: > quote # head".to_owned()),
        Just("```\nfence\n```\n---\n# head\n- list\n1. one\n|a|b|\n|-|-|\n<b>x</b> &lt; &amp;".to_owned()),
        Just("</p><script>alert('x')</script><img src=x onerror=\"y\">".to_owned()),
        Just("{{secret}} {{{raw}}} {{> footer/footer}} \\{{x}}".to_owned()),
        Just("\u{202e}reversed\u{2066}\u{200b}\u{feff}\u{0}\u{7}\u{1b}[31m\r\n\u{2028}".to_owned()),
        Just("👩‍👩‍👧‍👦🏳️‍🌈e\u{301}\u{301}\u{301}".to_owned()),
        Just("   ".to_owned()),
        Just(String::new()),
        (0..4_usize).prop_map(|at| ["x", "*<&", "漢", "🎪 "][at].repeat(1_000)),
        "\\PC{0,80}",
        any::<String>(),
    ]
}

/// The sample with some of its texts replaced, still a notice.
fn infected(notice: &Notice, texts: &[String]) -> Option<Notice> {
    fn infect(value: &mut Value, texts: &[String], next: &mut usize) {
        match value {
            Value::String(text) => {
                *text = texts[*next % texts.len()].clone();
                *next += 1;
            }
            Value::Array(all) => all.iter_mut().for_each(|one| infect(one, texts, next)),
            Value::Object(fields) => {
                for (key, one) in fields.iter_mut() {
                    // These are not words but names that our own code gives.
                    let ours = [
                        "message", "currency", "standing", "verdict", "pace", "sources", "seen_by", "status", "kind",
                        "way", "outcome", "recount",
                    ];
                    let is_date = [
                        "day",
                        "first",
                        "last",
                        "since",
                        "on",
                        "from",
                        "signed_on",
                        "customer_since",
                        "last_retry",
                        "oldest",
                        "changed",
                    ];
                    let is_url = key == "url";
                    if !(one.is_string() && (ours.contains(&key.as_str()) || is_date.contains(&key.as_str()) || is_url))
                    {
                        infect(one, texts, next);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut facts = serde_json::to_value(notice).unwrap();
    infect(&mut facts, texts, &mut 0);
    serde_json::from_value(facts).ok()
}

fn check(document: &Document) {
    let in_slack = slack::message(document, Some("F0123456789"));
    assert_eq!(slack_would_reject(&in_slack), None, "{in_slack:#}");
    texts_of(&in_slack, &mut check_mrkdwn);
    let in_discord = discord::message(document, true);
    assert_eq!(discord_would_reject(&in_discord), None, "{in_discord:#}");
    check_discord(in_discord["content"].as_str().unwrap_or_default());
    check_discord(in_discord["embeds"][0]["description"].as_str().unwrap_or_default());
    for text in [plain::text(document), document.push.clone()] {
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{feff}', '\u{2028}']), "{text:?}");
    }
    check_html(&html::card(document));
}

fn texts_of(value: &Value, check: &mut impl FnMut(&str)) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| texts_of(one, check)),
        Value::Object(fields) if fields.get("type").is_some_and(|kind| kind == "mrkdwn") => {
            check(fields["text"].as_str().unwrap());
        }
        Value::Object(fields) => fields.values().for_each(|one| texts_of(one, check)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Only what the lowering itself writes may be markup: no sample has a link or a known person, so no `<` at all.
fn check_mrkdwn(text: &str) {
    assert!(!text.contains(['<', '>']), "{text:?}");
    for (at, _) in text.match_indices('&') {
        let entity = ["&amp;", "&lt;", "&gt;"].iter().any(|entity| text[at..].starts_with(entity));
        assert!(entity, "a bare & in {text:?}");
    }
    assert!(!text.contains("://"), "{text:?}");
    if text.starts_with("```") {
        assert_eq!(text.matches('`').count(), 6, "{text:?}");
        return;
    }
    assert!(!text.contains('`'), "{text:?}");
    for line in text.lines() {
        assert!(!line.starts_with("&gt;"), "{line:?}");
        // A mark that is data has a space of no width on both sides; ours stand in pairs.
        let ours = line.replace("\u{200b}*\u{200b}", "").replace("\u{200b}~\u{200b}", "");
        assert_eq!(ours.matches('*').count() % 2, 0, "{line:?}");
        assert!(!ours.contains('~'), "{line:?}");
    }
}

fn check_discord(content: &str) {
    let mut fenced = false;
    for line in content.lines() {
        if line == "```" {
            fenced = !fenced;
            continue;
        }
        if fenced {
            assert!(!line.contains('`'), "{line:?}");
            continue;
        }
        let line = line.strip_prefix("-# ").unwrap_or(line).replace("\\\\", "");
        assert!(!line.contains("://") && !line.contains("discord.gg/"), "{line:?}");
        assert!(!["# ", "> ", "- ", "+ ", ">>>"].iter().any(|mark| line.starts_with(mark)), "{line:?}");
        let letters: Vec<char> = line.replace("**", "").chars().collect();
        for (at, letter) in letters.iter().enumerate() {
            let escaped = at > 0 && letters[at - 1] == '\\';
            assert!(escaped || !matches!(letter, '*' | '_' | '~' | '`' | '|' | '<' | '['), "{line:?}");
            assert!(*letter != '@' || letters.get(at + 1) == Some(&'\u{200b}'), "{line:?}");
        }
    }
    assert!(!fenced, "a fence is open in {content:?}");
}

/// Only our own tags.
fn check_html(card: &str) {
    const OURS: [&str; 16] = [
        "article", "p", "br", "pre", "strong", "code", "span", "a", "img", "div", "details", "summary", "button",
        "/article", "/p", "/pre",
    ];
    for tag in card.split('<').skip(1) {
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        let closing = name.strip_prefix('/').unwrap_or(&name);
        assert!(OURS.contains(&closing), "a tag `{name}` in {card}");
    }
    assert!(!card.contains("<script") && !card.contains("onerror=\""), "{card}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_message_that_is_refused_or_that_mentions_links_or_formats(
        texts in prop::collection::vec(hostile(), 1..6),
    ) {
        for (_, notice) in Notice::samples() {
            let Some(notice) = infected(&notice, &texts) else { continue };
            let document = notice.document().unwrap();
            for one in std::iter::once(&document).chain(&document.thread) {
                check(one);
            }
        }
    }
}

#[test]
fn every_sample_can_be_infected() {
    let samples = Notice::samples();
    let is_spared = |(_, notice): &&(_, Notice)| infected(notice, &["x".to_owned()]).is_none();
    let spared: Vec<&str> = samples.iter().filter(is_spared).map(|(_, notice)| notice.name()).collect();
    assert_eq!(spared, Vec::<&str>::new());
}

#[test]
fn a_list_of_thousands_is_cut_and_says_so() {
    let Some((_, Notice::KpiList(list))) = Notice::samples().into_iter().find(|(_, one)| one.name() == "kpi-list")
    else {
        panic!("there is a sample of the list");
    };
    let mut list = *list;
    let entry = list.groups[0].kpis[0].clone();
    list.groups[0].kpis = vec![entry; 4_000];
    list.groups = vec![list.groups[0].clone(); 60];
    list.groups[1..].iter_mut().for_each(|group| group.kpis.truncate(100));
    let document = Notice::from(list).document().unwrap();
    check(&document);
    let text = slack::message(&document, None).to_string();
    assert!(text.contains("more"), "{text}");
}

#[test]
fn names_of_a_hundred_kilobytes_are_cut() {
    let names = ["x", "*<&", "漢", "🎪 ", "@everyone "].map(|name| name.repeat(100_000 / name.len()));
    for (_, notice) in Notice::samples() {
        check(&infected(&notice, &names).unwrap().document().unwrap());
    }
}

#[test]
fn the_picture_of_hostile_names_can_be_drawn() {
    let names = ["<script/>&\"'", "\u{202e}\u{0}", "漢字🎪", &"w".repeat(10_000)];
    for (_, notice) in Notice::samples() {
        for name in names {
            let infected = infected(&notice, &[name.to_owned()]).unwrap();
            if let Some(picture) = infected.document().unwrap().picture {
                shiftbell_render::picture::png(&picture.svg).unwrap();
            }
        }
    }
}
