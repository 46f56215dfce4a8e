//! Every kind of mistake, and what is said about it.
//!
//! `mistakes.txt` holds them: `what is written => what is written instead`, and below it, indented, all that is said.

use super::{BASE, changed, check, said};

/// What is said about a file, without its name.
fn about(text: &str) -> Vec<String> {
    let checked = check(text);
    assert_eq!(checked.definitions.is_none(), !checked.problems.is_empty());
    said(&checked).into_iter().map(|text| text.replacen("acme.toml:", "", 1)).collect()
}

#[test]
fn each_mistake_is_named_with_its_place_and_what_would_be_right() {
    let mut wrong = Vec::new();
    let mut lines = include_str!("mistakes.txt").lines().filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        let (from, to) = line.split_once(" => ").unwrap_or_else(|| panic!("{line:?} should hold \" => \""));
        let found = about(&changed(&from.replace("\\n", "\n"), &to.replace("\\n", "\n")));
        let mut expected = Vec::new();
        while let Some(said) = lines.next_if(|line| line.starts_with("    ")) {
            expected.push(said.trim().to_owned());
        }
        if found != expected || found.is_empty() {
            wrong.push(format!("{line}\n    {}", found.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ten_mistakes_are_all_named_at_once() {
    let mut text = BASE.to_owned();
    for (from, to) in [
        ("timezone       = \"Europe/Berlin\"", "timezone       = \"Berlin\""),
        ("contact.lead_score > 10", "contact.lead_scor > 10"),
        ("bowtie = \"education\"", "bowtie = \"educaton\""),
        ("mql  = \"form-sent\"", "mql  = \"form-send\""),
        ("ae = \"60 %\"", "ae = \"50 %\""),
        ("target   = { b2b = \"30 %\", b2c", "target   = { b2b = 30, b2c"),
        ("period = \"2026-Q4\"", "period = \"2026-Q5\""),
        ("place = \"berlin\", also", "place = \"munich\", also"),
        ("sure   = \"strongly\"", "sure   = \"very\""),
        ("secret  = { env = \"ACME_SECRET\" }", "secret  = \"swordfish\""),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replacen(from, to, 1);
    }
    assert_eq!(
        about(&text),
        [
            "3:18: \"Berlin\" is no time zone; did you mean \"Europe/Berlin\"?",
            "18:26: `contact.lead_scor` is no field; did you mean `contact.lead_score`?",
            "34:61: \"educaton\" is no part of the bowtie; did you mean \"education\"?",
            "47:11: the credit adds up to 90 %, not 100 %; change a share until the whole is 100 %",
            "51:8: \"form-send\" is no fact; did you mean \"form-sent\"?",
            "98:20: 30 is a bare number where a rate should be; write \"30 %\"",
            "109:47: \"2026-Q5\" is no period of a goal; write \"2026-Q4\", \"2026-11\", \"2026\" or \"every month\"",
            "129:46: \"munich\" is no place; it can only be \"berlin\"",
            "170:10: \"very\" is no degree of certainty; it can be \"strongly\" or \"fairly\"",
            "218:11: `secret` holds the secret itself, which does not belong in this file; write secret = { env = \"NAME_OF_A_VARIABLE\" } or { file = \"/path\" }",
        ]
    );
}

#[test]
fn a_goal_is_in_the_motion_of_its_kpi() {
    let text = changed("sqls      = { label = \"Requests\",", "sqls      = { label = \"Requests\", motion = \"b2c\",")
        .replace("kpi = \"sqls\", period", "kpi = \"sqls\", motion = \"b2b\", period");
    assert_eq!(about(&text), ["110:28: \"sqls\" is of the motion \"b2c\" only; write motion = \"b2c\""]);
}

#[test]
fn a_problem_points_at_what_is_written() {
    let text = changed("ae = \"60 %\"", "ae = 60");
    let checked = check(&text);
    let [problem] = checked.problems.as_slice() else { panic!("one problem") };
    assert_eq!((problem.value.as_str(), &text[problem.span.clone()]), ("60", "60"));
    assert_eq!((problem.line, problem.column), (47, 32));
    let accents = changed("label   = \"Business\"", "label   = \"Größe\"\ntouhc = \"low\"");
    assert_eq!(check(&accents).problems[0].line, 43);
    let column = changed(
        "who     = { company.segment = \"business\" }",
        "who     = { company.segment = \"größe\", company.segmnt = 1 }",
    );
    assert_eq!(check(&column).problems[0].column, 40, "columns are counted in characters");
}

#[test]
fn a_secret_is_never_repeated() {
    for (from, to) in [
        ("secret  = { env = \"ACME_SECRET\" }", "secret  = \"swordfish\""),
        ("secret  = { env = \"ACME_SECRET\" }", "secret  = swordfish"),
        ("secret  = { env = \"ACME_SECRET\" }", "secret  = { env = \"ACME_SECRET\" }\nsecrt = \"swordfish\""),
        ("secret  = { env = \"ACME_SECRET\" }", "secret  = [\"swordfish\"]"),
        ("secret  = { env = \"ACME_SECRET\" }", "secret  = { value = \"swordfish\" }"),
        ("token = { env = \"ACME_CHAT\" }", "token = \"swordfish\""),
        ("token = { env = \"ACME_CHAT\" }", "tokn = \"swordfish\""),
        ("key  = { file = \"/run/secrets/key\" }", "key  = \"swordfish\n"),
    ] {
        let checked = check(&changed(from, to));
        assert!(!checked.problems.is_empty());
        assert!(!format!("{:?}", checked.problems).contains("swordfish"), "{to}: {:?}", checked.problems);
        let shown: Vec<_> = checked.problems.iter().filter(|problem| !problem.hides_line).collect();
        let text = changed(from, to);
        for problem in shown {
            assert!(!text.lines().nth(problem.line - 1).unwrap().contains("swordfish"), "{problem}");
        }
    }
}

#[test]
fn lines_that_are_no_toml_are_all_named_and_the_rest_is_still_read() {
    let text = changed("currency       = \"EUR\"", "currency       = EUR")
        .replace("ae = \"60 %\"", "ae = \"50 %\"")
        .replace("sure   = \"strongly\"", "sure   strongly");
    let lines: Vec<usize> = check(&text).problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [4, 47, 170]);
}

#[test]
fn an_empty_file_says_what_must_be_there() {
    assert_eq!(
        about(""),
        [
            "1:1: there is no [workspace]; add the section [workspace]",
            "1:1: there is no [facts]; add the section [facts]",
            "1:1: there is no [stages]; add the section [stages]",
            "1:1: there is no [motions]; add the section [motions]",
        ]
    );
    assert!(about(&"#".repeat(2 << 20))[0].starts_with("1:1: the file is 2097152 bytes long"));
}
