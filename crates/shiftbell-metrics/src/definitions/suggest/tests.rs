use super::super::model::{Definitions, Vocabulary};
use super::super::read;
use super::suggest;

fn text(growth: &str, model: &str, touch: &str) -> String {
    format!(
        r#"
[workspace]
name = "Acme"
timezone = "UTC"
currency = "USD"
growth_stage = "{growth}"
business_model = "{model}"

[facts]
seen = {{ event = "page_view" }}
asked = {{ event = "form" }}
made = {{ event = "deal", change = "created" }}
closed = {{ event = "deal", deal.stage = "won" }}
spent = {{ event = "spend" }}

[stages]
chain = [
  {{ id = "lead", label = "Leads", of = "contact", bowtie = "awareness" }},
  {{ id = "mql", label = "MQLs", of = "contact", bowtie = "education" }},
  {{ id = "deal", label = "Deals", of = "deal", bowtie = "selection" }},
  {{ id = "won", label = "Won", of = "deal", bowtie = "commit" }},
]

[motions.sales]
label = "Sales"
who = "everyone else"
touch = "{touch}"
stages = {{ lead = "seen", mql = "asked", deal = "made", won = "closed" }}

[rights]
bdr = ["own"]
ae = ["own"]
csm = ["own"]
marketer = ["own"]
finance = ["own"]
revops = ["own"]
"#
    )
}

fn defs(text: &str) -> Definitions {
    let checked = read("acme.toml", text, &Vocabulary::default());
    checked.definitions.unwrap_or_else(|| panic!("{text}\n{:#?}", checked.problems))
}

/// The file with everything pasted that is suggested for it.
fn pasted(text: &str) -> String {
    let blocks = suggest(&defs(text)).blocks;
    blocks.into_iter().fold(text.to_owned(), |text, block| format!("{text}\n# {}\n{}", block.why, block.toml))
}

#[test]
fn whatever_the_setting_what_is_pasted_passes_and_is_not_suggested_again() {
    for growth in ["pmf", "gtm-fit", "scale-up", "grown-up"] {
        for model in ["ownership", "subscription", "consumption"] {
            for touch in ["no", "low", "medium", "high", "dedicated"] {
                let text = text(growth, model, touch);
                let pasted = pasted(&text);
                let again = suggest(&defs(&pasted));
                assert_eq!(again.blocks, [], "{growth} {model} {touch}");
                assert!(pasted.len() > text.len());
            }
        }
    }
}

#[test]
fn the_setting_chooses() {
    let names = |growth, model, touch| {
        let blocks = suggest(&defs(&text(growth, model, touch))).blocks;
        blocks.into_iter().map(|block| block.name).collect::<Vec<_>>().join(" ")
    };
    let first = names("pmf", "subscription", "medium");
    assert!(
        first.contains("paying-customers") && !first.contains("lead-to-mql") && !first.contains("coverage"),
        "{first}"
    );
    let owned = names("grown-up", "ownership", "dedicated");
    assert!(!owned.contains("retention") && !owned.contains("mrr") && owned.contains("second-contact"), "{owned}");
    let used = names("scale-up", "consumption", "no");
    assert!(used.contains("usage-mrr") && used.contains("lead-to-mql") && !used.contains("next-steps"), "{used}");
    assert!(names("gtm-fit", "subscription", "medium").contains("scorecards.ae"));
}

#[test]
fn no_number_of_others_is_given_as_a_target() {
    for growth in ["pmf", "gtm-fit", "scale-up", "grown-up"] {
        for block in suggest(&defs(&text(growth, "consumption", "high"))).blocks {
            let targets: Vec<&str> = block.toml.lines().filter(|line| line.contains("target")).collect();
            let is_slot = |line: &&str| line.starts_with("# target = \"   ") || line.starts_with("# target = 0 ");
            assert!(targets.iter().all(is_slot), "{targets:?}");
        }
    }
}

#[test]
fn what_it_rests_on_is_asked_for_first() {
    let missing = suggest(&defs(&text("scale-up", "subscription", "high"))).missing.join("\n");
    assert!(missing.contains("first add a KPI for what was spent"), "{missing}");
    let with = format!(
        "{}\n[kpis.cost]\nsum = {{ of = \"spend.amount\", on = \"spent\" }}\n",
        text("scale-up", "subscription", "high")
    );
    assert!(suggest(&defs(&with)).blocks.iter().any(|block| block.toml.contains("formula = 'cost / won'")));
}
