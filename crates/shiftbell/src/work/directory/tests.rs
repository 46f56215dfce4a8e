use super::*;
use crate::work::Workspace;
use crate::work::directory::gaps::{self, Gap};

const FILE: &str = include_str!("../../../../../deploy/clowns-to-go.toml");

fn workspace() -> Workspace {
    let checked = shiftbell_metrics::definitions::read("x.toml", FILE, &crate::companies::vocabulary());
    Workspace::new("clowns", checked.definitions.unwrap(), FILE)
}

fn owner(source: &str, id: &str, email: Option<&str>, is_active: bool) -> Owner {
    Owner {
        source: source.into(),
        owner_id: id.into(),
        user_id: None,
        email: email.map(str::to_owned),
        name: format!("Owner {id}"),
        teams: Vec::new(),
        is_active,
        seen_at_ms: 1,
    }
}

fn choice(id: &str, email: Option<&str>) -> OwnerChoice {
    OwnerChoice {
        source: "hubspot-main".into(),
        owner_id: id.into(),
        email: email.map(str::to_owned),
        chosen_by: "revops.one@clowns.example".into(),
    }
}

fn names_of(gaps: &[Gap]) -> Vec<(&'static str, &str)> {
    gaps.iter().map(|gap| (gap.name, gap.about.as_str())).collect()
}

#[test]
fn owners_are_people_by_address_alias_and_map_in_any_case() {
    let workspace = workspace();
    let owners = vec![
        owner("hubspot-main", "1001", None, true),
        owner("hubspot-main", "77", Some("BDR.Two@Party.example"), true),
        owner("hubspot-main", "78", Some("nobody@else.example"), true),
    ];
    let directory = Directory::of(workspace.defs(), owners, &[]);
    assert_eq!(directory.person("1001"), Some("bdr.one@clowns.example"), "by the map of the file");
    assert_eq!(directory.person("77"), Some("bdr.two@clowns.example"), "by an alias");
    assert_eq!(directory.person("bdr.two@party.EXAMPLE"), Some("bdr.two@clowns.example"));
    assert_eq!(directory.person("78"), None);
    assert_eq!(directory.names("BDR.two@clowns.example"), ["77", "bdr.two@party.example"]);
}

#[test]
fn a_choice_goes_before_everything_and_one_for_somebody_who_left_the_file_is_none() {
    let workspace = workspace();
    let owners = vec![
        owner("hubspot-main", "1001", None, true),
        owner("hubspot-main", "78", None, true),
        owner("hubspot-main", "79", None, true),
    ];
    let choices =
        [choice("1001", Some("ae.one@clowns.example")), choice("78", None), choice("79", Some("gone@clowns.example"))];
    let directory = Directory::of(workspace.defs(), owners, &choices);
    assert_eq!(directory.person("1001"), Some("ae.one@clowns.example"));
    assert!(matches!(directory.owners()[1].is, Is::NotOneOfUs { .. }));
    assert_eq!(directory.owners()[2].is, Is::Nobody);
}

#[test]
fn one_id_for_two_people_in_two_sources_is_nobodys() {
    let workspace = workspace();
    let owners = vec![
        owner("hubspot-main", "5", Some("ae.one@clowns.example"), true),
        owner("other", "5", Some("ae.two@clowns.example"), true),
    ];
    let directory = Directory::of(workspace.defs(), owners, &[]);
    assert_eq!(directory.person("5"), None);
    assert_eq!(directory.person("ae.two@clowns.example"), Some("ae.two@clowns.example"));
    let found = gaps::of(&workspace, &directory, &[]);
    assert!(names_of(&found).contains(&("two-people-with-one-owner", "owner 5")), "{found:?}");
}

#[test]
fn whoever_has_no_active_owner_left_is_gone_unless_the_source_says_so_of_everybody() {
    let workspace = workspace();
    let active = owner("hubspot-main", "1", Some("ae.one@clowns.example"), true);
    let owners = vec![
        active,
        owner("hubspot-main", "2", Some("ae.two@clowns.example"), false),
        owner("hubspot-main", "3", Some("bdr.two@clowns.example"), false),
        owner("hubspot-main", "4", Some("bdr.two@party.example"), true),
    ];
    let directory = Directory::of(workspace.defs(), owners.clone(), &[]);
    assert!(directory.has_left("AE.two@clowns.example"));
    assert!(!directory.has_left("ae.one@clowns.example") && !directory.has_left("bdr.two@clowns.example"));
    assert!(!directory.has_left("csm.one@clowns.example"), "nobody said anything of her");
    assert_eq!(directory.person("2"), Some("ae.two@clowns.example"), "what they did stays theirs");
    let none = owners.into_iter().map(|owner| Owner { is_active: false, ..owner }).collect();
    assert!(!Directory::of(workspace.defs(), none, &[]).has_left("ae.two@clowns.example"));
}

#[test]
fn every_gap_says_what_it_means_and_the_line_to_write() {
    let workspace = workspace();
    let owners = vec![
        owner("hubspot-main", "1009", Some("ann.old@clowns.example"), true),
        owner("hubspot-main", "1010", None, true),
        owner("hubspot-main", "1011", None, false),
        owner("hubspot-main", "1", Some("ae.one@clowns.example"), true),
        owner("hubspot-main", "2", Some("ae.one@clowns.example"), true),
    ];
    let directory = Directory::of(workspace.defs(), owners, &[]);
    let found = gaps::of(&workspace, &directory, &[]);
    let todo = |name: &str, about: &str| {
        let gap = found.iter().find(|gap| gap.name == name && gap.about.contains(about));
        gap.unwrap_or_else(|| panic!("{name} {about}: {found:#?}")).todo.clone()
    };
    assert!(todo("owner-without-person", "1009").contains("also = [\"ann.old@clowns.example\"]"));
    assert!(todo("owner-without-person", "1010").contains("= [\"1010\"] under [sources.hubspot-main.map]"));
    assert!(!found.iter().any(|gap| gap.about.contains("1011")), "deactivated, and nobody here: nothing to do");
    todo("two-owners-with-one-address", "ae.one@clowns.example");
    todo("person-without-owner", "ae.two@clowns.example");
    let finance = found.iter().find(|gap| gap.name == "person-without-owner" && gap.about.starts_with("finance"));
    assert_eq!(finance, None, "nobody expects finance to own records");
}
