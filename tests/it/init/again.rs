//! `shiftbell init` once more: it tells what is new, writes nothing unless told, and never touches a line.

use shiftbell_tests::fake_hubspot::Pipeline;

use super::program::{Place, portal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_new_in_the_account_is_proposed_and_only_lines_are_added() {
    let place = Place::new(portal()).await;
    let first = place.run(&["init", "acme", "--yes", "--outlet", "none", "--source", "hubspot"]).await;
    assert_eq!(first.code, 0, "{}", first.said);
    let ended = place.run(&["init"]).await;
    assert!(ended.code == 0 && ended.said.contains("nothing is new"), "{}", ended.said);

    // Somebody has corrected the file meanwhile.
    let written = std::fs::read_to_string(place.file()).unwrap();
    let corrected =
        written.replace("label = \"MQLs\"", "label = \"Hand-raises\"").replace("09:00-18:00", "10:00-19:00");
    assert_ne!(written, corrected);
    std::fs::write(place.file(), &corrected).unwrap();
    {
        let mut portal = place.hubspot.portal();
        portal.forms.insert("f-9".to_owned(), "Webinar \"autumn\"".to_owned());
        portal.setup.add_owner(1009, 2009, "ae.nine@clowns.example", "Sales");
        let stages = [("r1", "Renewal due", "0.5"), ("r2", "Renewed", "1.0")];
        portal.setup.pipelines.push(Pipeline::of("renewals", "Renewals", &stages));
    }
    let proposed = place.run(&["init"]).await;
    assert_eq!(proposed.code, 0, "{}", proposed.said);
    for sentence in [
        "+ form.form.webinar-autumn = [\"Webinar \\\"autumn\\\"\"]",
        "+ \"ae.nine@clowns.example\" = { role = \"ae\", place = \"office\" }",
        "+ deal.stage.renewal-due = [\"Renewal due\"]",
        "the stage \"Renewed\" of \"Renewals\" is new, and ends deals as won: add \"Renewed\" to deal.stage.won",
        "Nothing is written",
    ] {
        assert!(proposed.said.contains(sentence), "{sentence} is missing:\n{}", proposed.said);
    }
    assert_eq!(std::fs::read_to_string(place.file()).unwrap(), corrected);

    let added = place.run(&["init", "--add"]).await;
    assert_eq!(added.code, 0, "{}", added.said);
    let longer = std::fs::read_to_string(place.file()).unwrap();
    let mut left = longer.lines();
    assert!(corrected.lines().all(|line| left.any(|kept| kept == line)), "a line was changed:\n{longer}");
    assert_eq!(longer.lines().count(), corrected.lines().count() + 4, "{longer}");
    let checked = place.run(&["check"]).await;
    assert_eq!(checked.code, 0, "{}", checked.said);
    let ended = place.run(&["init"]).await;
    assert!(ended.said.contains("nothing is new"), "{}", ended.said);
}
