//! The sample company's file, with the kinds of source that exist.

use shiftbell_metrics::definitions::{Definitions, read};
use shiftbell_sources::{Kind, SourceSettings, map_problems};
use shiftbell_tests::sample::{DEFINITIONS, vocabulary};

fn sample() -> Definitions {
    let checked = read("clowns-to-go.toml", DEFINITIONS, &vocabulary());
    let problems: Vec<String> = checked.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    checked.definitions.unwrap()
}

#[test]
fn the_sample_file_names_only_sources_that_exist() {
    let sample = sample();
    for source in &sample.sources {
        assert_eq!(source.not_active.is_none(), Kind::from_word(&source.kind).is_some(), "{}", source.id);
        assert_eq!(map_problems(&source.map), Vec::<String>::new());
    }
    assert!(sample.sources.iter().any(|source| source.kind == "generic"));
}

#[test]
fn the_people_of_the_map_are_people_of_the_file() {
    let sample = sample();
    let source = sample.sources.iter().find(|source| source.id == "hubspot-main").unwrap();
    let settings = SourceSettings::of(source);
    assert_eq!(settings.account.as_deref(), Some("10000001"));
    for id in ["1001", "1002", "1003", "1004", "1005", "1006", "1007", "userId:2004"] {
        let email = settings.words.person(id).unwrap_or_else(|| panic!("nobody is {id}"));
        assert!(sample.person(email).is_some(), "{email}");
    }
}
