//! The manager's digest: how the day of each of the team ended, and what they said is in their way.

use shiftbell::answer::{Asker, to_click, to_typed};
use shiftbell_render::messages::{Notice, Team};
use shiftbell_render::plain;
use shiftbell_store::outbox;
use shiftbell_tests::db::{TestDb, both_databases, sqlite};

use super::world::{COMPANY, World, as_it_is, at, call, words};

const BDR: &str = "bdr.one@clowns.example";

async fn asker(world: &World, email: &str) -> Asker {
    Asker::Person(world.company().defs().person(email).unwrap().clone())
}

async fn clicks(world: &World, email: &str, action: &str) -> String {
    let (document, _) = to_click(&world.program, &world.company(), &asker(world, email).await, action, None).await;
    document.push
}

/// The number in the outbox of the latest scorecard of a person.
async fn scorecard_of(world: &World, email: &str) -> i64 {
    let mut snapshot = world.program.db.read().await.unwrap();
    let all = outbox::latest(&mut snapshot, COMPANY, 1_000).await.unwrap();
    all.iter().find(|one| one.kind == "scorecard" && one.destination == email).unwrap().id
}

async fn teams(world: &World) -> Vec<(String, Team, String)> {
    let letters = world.of("team").await.into_iter();
    letters
        .map(|(to, _, letter)| {
            let text = words(&letter);
            let Notice::Team(team) = letter.notice else { panic!() };
            (to, *team, text)
        })
        .collect()
}

/// Thursday, 17:00 in New York: bdr.one has had their scorecard.
async fn thursday(db: &TestDb) -> World {
    let mut world = World::new(db, at("2026-11-19T20:00:00Z"), as_it_is).await;
    world.know([call(1, BDR, "2026-11-19T18:30:00Z")]).await;
    world.timer.turn().await;
    world.tick("2026-11-19T22:00:00Z").await;
    world
}

#[tokio::test]
async fn what_was_said_stands_in_the_closed_scorecard_and_in_the_managers_digest() {
    for db in both_databases().await {
        let mut world = thursday(&db).await;
        let card = scorecard_of(&world, BDR).await;
        let said = clicks(&world, BDR, &format!("off-leads:n-{card}")).await;
        assert_eq!(said, "Noted, and sales.lead reads it in the next team digest. You hear what becomes of it.");
        let company = world.company();
        let waiting = format!("/shiftbell off n-{card} waiting for the list of <@U1> @everyone");
        to_typed(&world.program, &company, &asker(&world, BDR).await, &waiting).await;
        assert_eq!(world.of("doubt-raised").await.len(), 0, "{}: it is collected", db.kind);
        // Midnight in New York.
        world.tick("2026-11-20T05:00:00Z").await;
        let (.., closed) = world.of("scorecard").await.into_iter().find(|(to, ..)| to == BDR).unwrap();
        let line = "You said: ran out of leads and waiting for someone (for the list of <@U1> @everyone).\n";
        assert!(words(&closed).contains(line), "{}", words(&closed));
        world.tick("2026-11-20T13:44:00Z").await;
        assert!(teams(&world).await.iter().all(|(to, ..)| to != "sales.lead@clowns.example"));
        // A replica, and a restart, say nothing again.
        for to in ["2026-11-20T13:45:00Z", "2026-11-20T13:46:00Z", "2026-11-20T15:00:00Z"] {
            world.tick(to).await;
        }
        let sent = teams(&world).await;
        let mine: Vec<_> = sent.iter().filter(|(to, ..)| to == "sales.lead@clowns.example").collect();
        let [(_, team, text)] = &mine[..] else { panic!("one: {sent:?}") };
        assert!(text.starts_with("Thursday: 0 of "), "{text}");
        assert!(text.contains("bdr.one: ran out of leads; waiting for someone (for the list of"), "{text}");
        assert_eq!(team.help[0].person.email, BDR, "what is in the way comes first");
        assert!(team.help[0].short.is_some() && !text.contains("Late:"), "{text}");
        let receipt = team.footer.receipt.clone().unwrap();
        let why = format!("/kpi why {receipt}");
        let lead = asker(&world, "sales.lead@clowns.example").await;
        let why = plain::text(&to_typed(&world.program, &company, &lead, &why).await);
        assert!(why.contains("the team digest of sales.lead about Thursday 19 November"), "{why}");
        // What is not settled waits, and is told as settled.
        let listed = plain::text(&to_typed(&world.program, &company, &lead, "/shiftbell doubts").await);
        assert!(listed.starts_with("2 things wait for your answer"), "{listed}");
        let number = listed.split("d-").nth(1).unwrap().split(',').next().unwrap().to_owned();
        clicks(&world, "sales.lead@clowns.example", &format!("settled:d-{number}")).await;
        let [(to, _, told)] = &world.of("doubt-answered").await[..] else { panic!("one") };
        assert_eq!(to, BDR);
        assert!(words(told).starts_with("You said: ran out of leads. sales.lead has settled it."), "{}", words(told));
        // It is said once: the next digest only counts the one that still waits.
        world.tick("2026-11-23T13:45:00Z").await;
        let next = teams(&world).await.into_iter().rfind(|(to, ..)| to == "sales.lead@clowns.example").unwrap();
        assert_eq!((next.1.day.to_string().as_str(), next.1.waiting), ("2026-11-20", 1), "{}", next.2);
        assert!(next.1.help.iter().all(|help| help.said.is_empty()), "{}", next.2);
    }
}

#[tokio::test]
async fn a_digest_waits_for_the_last_zone_of_its_team_and_is_not_late_for_that() {
    let db = sqlite().await;
    // The manager in Kolkata: 08:45 there is 03:15 UTC, when Thursday goes on in Los Angeles until 08:00 UTC.
    let far = |text: &str| {
        let here = "\"sales.lead@clowns.example\"   = { role = \"manager\",   place = \"new-york\"";
        assert!(text.contains(here));
        text.replace(here, &here.replace("new-york", "kolkata"))
    };
    let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), far).await;
    world.know([call(1, BDR, "2026-11-19T18:30:00Z")]).await;
    world.timer.turn().await;
    for to in ["2026-11-19T22:00:00Z", "2026-11-20T01:00:00Z", "2026-11-20T03:15:00Z", "2026-11-20T07:59:00Z"] {
        world.tick(to).await;
    }
    let to_lead = |sent: Vec<(String, Team, String)>| -> Vec<String> {
        sent.into_iter().filter(|(to, ..)| to.starts_with("sales.lead@")).map(|(.., text)| text).collect()
    };
    assert_eq!(to_lead(teams(&world).await), Vec::<String>::new());
    world.tick("2026-11-20T08:00:00Z").await;
    let [text] = &to_lead(teams(&world).await)[..] else { panic!("one") };
    assert!(text.starts_with("Thursday:") && !text.contains("Late:"), "{text}");
}

/// As it is said in chat: until when.
#[tokio::test]
async fn a_managers_digest_names_who_is_away_and_until_when() {
    for db in both_databases().await {
        let mut world = thursday(&db).await;
        let company = world.company();
        let hers = asker(&world, "ae.two@clowns.example").await;
        let said = to_typed(&world.program, &company, &hers, "/shiftbell away until 23 Nov").await;
        assert!(plain::text(&said).contains("Monday 23 Nov"));
        for to in ["2026-11-20T08:30:00Z", "2026-11-20T13:45:00Z"] {
            world.tick(to).await;
        }
        let sent = teams(&world).await;
        let to_lead = sent.iter().find(|(to, ..)| to.starts_with("sales.lead@")).map(|(.., text)| text.as_str());
        assert!(to_lead.is_some_and(|text| text.contains("Away: ae.two (until 23 Nov).")), "{}: {sent:?}", db.kind);
    }
}

#[tokio::test]
async fn a_manager_sees_as_much_as_the_file_allows() {
    for (sees, names, lines) in [("lines", true, true), ("verdict", true, false), ("team only", false, false)] {
        let change =
            |text: &str| text.replace("manager_sees      = \"lines\"", &format!("manager_sees      = \"{sees}\""));
        let db = sqlite().await;
        let mut world = World::new(&db, at("2026-11-19T20:00:00Z"), change).await;
        world.know([call(1, BDR, "2026-11-19T18:30:00Z")]).await;
        world.timer.turn().await;
        for to in ["2026-11-19T22:00:00Z", "2026-11-20T05:00:00Z", "2026-11-20T13:45:00Z"] {
            world.tick(to).await;
        }
        let sent = teams(&world).await;
        let (_, team, text) = sent.iter().find(|(to, ..)| to.starts_with("sales.lead@")).unwrap();
        assert!(team.judged > 0, "{sees}: {text}");
        assert_eq!(text.contains("bdr.one"), names, "{sees}: {text}");
        assert_eq!(team.help.iter().any(|help| help.short.is_some()), lines, "{sees}: {text}");
    }
}

#[tokio::test]
async fn a_wrong_number_of_a_scorecard_is_counted_again_for_whoever_keeps_it() {
    for db in both_databases().await {
        let world = thursday(&db).await;
        let card = scorecard_of(&world, BDR).await;
        let company = world.company();
        clicks(&world, BDR, &format!("off-wrong:n-{card}")).await;
        let [(to, _, letter)] = &world.of("doubt-raised").await[..] else { panic!("one") };
        assert_eq!(to, "revops.one@clowns.example");
        assert!(words(letter).contains("Recomputed just now: the same."), "{}: {}", db.kind, words(letter));
        // A call arrives late; somebody else's card is not touched by it.
        world.know([call(2, BDR, "2026-11-19T19:30:00Z")]).await;
        let waiting = format!("/shiftbell off n-{card} wrong I had two");
        to_typed(&world.program, &company, &asker(&world, BDR).await, &waiting).await;
        let [(_, revision, letter)] = &world.of("doubt-raised").await[..] else { panic!("still one") };
        assert_eq!(*revision, 2);
        let text = words(letter);
        assert!(text.contains("In their words: I had two.") && text.contains("Conversations"), "{text}");
        assert!(text.contains("is 2 now, was \"1 of 20, 19 to go\""), "{text}");
    }
}
