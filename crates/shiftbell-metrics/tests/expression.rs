//! The expression language: what its words mean, what it refuses, and that nothing makes it panic.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use shiftbell_metrics::definitions::FieldName;
use shiftbell_metrics::expression::{Catalogue, Expression, Scope, Type};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

#[derive(Default)]
struct Known {
    values: BTreeMap<String, Value>,
    now: Option<Instant>,
}

impl Known {
    fn of(values: &[(&str, Value)]) -> Known {
        Known { values: values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(), now: None }
    }
}

impl Scope for Known {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        self.values.get(&field.to_string()).map(Cow::Borrowed)
    }

    fn now(&self) -> Option<Instant> {
        self.now
    }
}

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (name, of_type) in [
        ("contact.lead_score", Type::Number),
        ("contact.status", Type::Text),
        ("contact.subscribed", Type::Bool),
        ("deal.amount", Type::Money),
        ("deal.next_step_at", Type::Time),
        ("customer.shows_used_share", Type::Number),
        ("won-amount", Type::Number),
        ("won", Type::Number),
        ("n.a", Type::Number),
        ("n.b", Type::Number),
        ("n.c", Type::Number),
        ("t.a", Type::Text),
        ("t.b", Type::Text),
        ("b.a", Type::Bool),
        ("b.b", Type::Bool),
    ] {
        catalogue.add(name, of_type);
    }
    catalogue
}

fn compile(text: &str) -> Expression {
    Expression::compile(text, &catalogue()).unwrap_or_else(|problems| panic!("{text}: {}", problems[0]))
}

fn holds(text: &str, scope: &Known) -> bool {
    compile(text).holds(scope)
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn usd(amount: &str) -> Value {
    Value::Money(Money::from_major(amount.parse().unwrap(), Currency::USD).unwrap())
}

#[test]
fn a_sentence_reads_as_it_is_said() {
    let lead = Known::of(&[
        ("contact.lead_score", number("11")),
        ("contact.status", Value::text("new")),
        ("contact.subscribed", Value::Bool(true)),
        ("customer.shows_used_share", number("0.4")),
        ("deal.amount", usd("300000")),
    ]);
    for text in [
        "contact.lead_score > 10",
        "contact.lead_score >= 11 and contact.lead_score <= 11",
        "contact.status is \"new\" or contact.lead_score < 0",
        "contact.status is not \"old\"",
        "contact.status in [\"old\", \"new\"]",
        "contact.status not in [\"old\"]",
        "not contact.status is \"old\"",
        "contact.subscribed",
        "contact.subscribed is true",
        "not (contact.subscribed and contact.lead_score is 10)",
        "customer.shows_used_share < 50 %",
        "customer.shows_used_share == 40%",
        "deal.amount >= 300_000",
        "deal.amount / 3 is 100_000",
        "contact.lead_score - 1 is 10",
        "-contact.lead_score is -11",
        "1 + 2 * 3 is 7",
        "(1 + 2) * 3 is 9",
        "10 - 2 - 3 is 5",
        "12 / 2 / 3 is 2",
        "0.1 + 0.2 is 0.3",
    ] {
        assert!(holds(text, &lead), "{text}");
        assert!(!holds(&format!("not ({text})"), &lead), "not ({text})");
    }
}

#[test]
fn and_binds_more_tightly_than_or() {
    let nothing = Known::default();
    assert!(holds("true or true and false", &nothing));
    assert!(!holds("(true or true) and false", &nothing));
    assert!(holds("not false and true", &nothing));
}

#[test]
fn a_hyphen_belongs_to_a_name_and_a_minus_has_spaces() {
    let scope = Known::of(&[("won-amount", number("10")), ("won", number("4"))]);
    assert_eq!(compile("won-amount - won").value(&scope), Some(number("6")));
    assert_eq!(
        problems("won -won"),
        ["minus without spaces; write a space on both sides of it; a hyphen without spaces belongs to a name"]
    );
    assert_eq!(
        problems("3-2"),
        ["minus without spaces; write a space on both sides of it; a hyphen without spaces belongs to a name"]
    );
}

#[test]
fn what_is_not_known_is_neither_true_nor_false() {
    let nothing = Known::default();
    for text in [
        "contact.lead_score > 10",
        "not contact.lead_score > 10",
        "contact.lead_score is contact.lead_score",
        "contact.lead_score is not 10",
        "contact.status not in [\"old\"]",
        "contact.subscribed or false",
        "not contact.subscribed",
        "contact.subscribed and true",
        "contact.lead_score is not null",
    ] {
        assert!(!holds(text, &nothing), "{text}");
    }
    for text in [
        "contact.subscribed or true",
        "not (contact.subscribed and false)",
        "contact.lead_score is null",
        "null is contact.status",
        "not (contact.lead_score is not null)",
    ] {
        assert!(holds(text, &nothing), "{text}");
    }
    assert_eq!(compile("contact.lead_score + 1").value(&nothing), None);
    assert_eq!(compile("null").value(&nothing), None);
}

#[test]
fn what_cannot_be_worked_out_has_no_value() {
    let scope = Known::of(&[("n.a", number("1")), ("n.b", number("0")), ("n.c", Value::Number(Decimal::MAX))]);
    assert_eq!(compile("n.a / n.b").value(&scope), None);
    assert_eq!(compile("n.c * n.c").value(&scope), None);
    assert_eq!(compile("n.c + n.c").value(&scope), None);
    assert_eq!(compile("0 - n.c - n.c").value(&scope), None);
    assert!(!holds("n.a / n.b > 0", &scope));
}

#[test]
fn money_of_two_currencies_is_never_compared_or_added() {
    let mut fields = catalogue();
    fields.add("deal.list", Type::Money);
    let eur = Value::Money(Money::new(100, Currency::from_code("EUR").unwrap()));
    let scope = Known::of(&[("deal.amount", usd("1")), ("deal.list", eur)]);
    let compile = |text| Expression::compile(text, &fields).unwrap();
    assert!(!compile("deal.amount is deal.list").holds(&scope));
    assert!(!compile("deal.amount is not deal.list").holds(&scope));
    assert_eq!(compile("deal.amount + deal.list").value(&scope), None);
    assert_eq!(compile("deal.amount / deal.list").value(&scope), None);
    assert_eq!(compile("deal.amount * 2").value(&scope), Some(usd("2")));
    assert_eq!(compile("deal.amount / deal.amount").value(&scope), Some(number("1")));
}

#[test]
fn numbers_and_times_may_come_as_text() {
    let mut scope = Known::of(&[
        ("contact.lead_score", Value::text("12.5")),
        ("contact.subscribed", Value::text("true")),
        ("contact.status", number("7.0")),
        ("deal.next_step_at", Value::text("2026-08-01T09:30:00+02:00")),
    ]);
    scope.now = Instant::parse("2026-08-01T07:00:00Z");
    assert!(holds("contact.lead_score is 12.5 and contact.subscribed and contact.status is \"7\"", &scope));
    assert!(holds("deal.next_step_at > now", &scope));
    assert!(holds("deal.next_step_at is \"2026-08-01T07:30:00Z\"", &scope));
    assert!(holds("deal.next_step_at in [\"2026-08-01T07:30:00Z\"]", &scope));
    scope.now = None;
    assert!(!holds("deal.next_step_at > now", &scope), "without a clock, now is not known");
    assert!(compile("deal.next_step_at > now").uses_now());
    assert!(!compile("contact.lead_score > 10").uses_now());
}

#[test]
fn fields_are_named_once_each() {
    let expression = compile("contact.lead_score > 10 and contact.lead_score < 90 or contact.status is \"new\"");
    let names: Vec<String> = expression.fields().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["contact.lead_score", "contact.status"]);
}

#[test]
fn spaces_change_nothing() {
    let (a, b) = (compile("n.a>1 and  t.a is\t\"x  y\""), compile(" n.a > 1 and t.a is \"x  y\" "));
    assert_eq!(a.canonical(), b.canonical());
    assert_ne!(a.canonical(), compile("n.a > 1 and t.a is \"x y\"").canonical());
}

fn problems(text: &str) -> Vec<String> {
    match Expression::compile(text, &catalogue()) {
        Ok(_) => panic!("{text} should be refused"),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_mistake_is_named_with_what_would_be_right() {
    for (text, expected) in [
        ("contact.lead_scor > 10", "`contact.lead_scor` is no field; did you mean `contact.lead_score`?"),
        ("won-amounts > 10", "`won-amounts` is no name that is known here; did you mean `won-amount`?"),
        ("zebra.stripes > 10", "`zebra.stripes` is no field"),
        ("contact.lead_score = 10", "`=` compares nothing here; write `is`"),
        ("contact.subscribed && true", "`&` has no meaning here; write `and`"),
        ("!contact.subscribed", "`!` has no meaning here; write `not`"),
        ("contact.status is 'new'", "text stands in double quotes; write \"text\""),
        ("contact.status is \"new", "the text is not closed; add `\"` at its end"),
        (
            "contact.lead_score > \"10\"",
            "`contact.lead_score` is a number, but \"10\" is text; write 10 without quotes",
        ),
        ("contact.status is 10", "`contact.status` is text, but 10 is a number; write \"10\""),
        ("contact.status > \"a\"", "text has no more or less; write `is`, `is not` or `in`"),
        ("contact.lead_score > null", "nothing is more or less than `null`; write `is null` or `is not null`"),
        (
            "contact.lead_score and true",
            "this is a number, where something true or false should be; compare it with a value",
        ),
        ("contact.status + 1 is 2", "this is text, not a number"),
        ("contact.lead_score in 10", "a list should follow `in`; write `in [\"one\", \"two\"]`"),
        (
            "contact.lead_score in [1, \"2\"]",
            "`contact.lead_score` is a number, but \"2\" is text; write 2 without quotes",
        ),
        ("contact.lead_score in [null]", "`null` is in no list; write `is null`"),
        ("[1] is [1]", "a list stands alone; lists follow `in` or `not in`"),
        ("1 < contact.lead_score < 9", "a comparison cannot follow a comparison; write `and` between them"),
        ("contact.lead_score / 0 > 1", "this divides by zero"),
        ("deal.amount * deal.amount > 1", "money times money is nothing"),
        ("1 / deal.amount > 1", "a number divided by money is nothing"),
        ("(contact.subscribed", "this `(` is not closed; add `)`"),
        ("contact.lead_score in [1", "this `[` is not closed; add `]`"),
        ("contact.subscribed)", "`)` closes nothing"),
        ("contact.lead_score >", "the sentence ends where a field or a value should follow"),
        ("", "the sentence ends where a field or a value should follow"),
        ("contact.subscribed contact.status", "`contact.status` stands where `and`, `or` or a comparison should"),
        ("30days > 1", "`d` cannot follow a number"),
        ("99999999999999999999999999999999 > 1", "the number has too many digits; at most 28 are exact"),
        ("contact.lead_score > #", "`#` has no meaning here"),
        (
            "deal.next_step_at > \"soon\"",
            "`deal.next_step_at` is a time, but \"soon\" is text; write a time such as \"2026-08-01T00:00:00Z\"",
        ),
    ] {
        assert_eq!(problems(text).first().map(String::as_str), Some(expected), "{text}");
    }
}

#[test]
fn every_unknown_field_is_named_with_its_place() {
    let problems = Expression::compile("n.x > 1 and t.y is \"a\"", &catalogue()).unwrap_err();
    let spans: Vec<_> = problems.iter().map(|problem| problem.span.clone()).collect();
    assert_eq!(spans, [0..3, 12..15]);
}

#[test]
fn depth_and_length_are_bounded() {
    for open in ["(", "not ", "-", "[", "not (", "1 + (", "true and ("] {
        for depth in [65, 500, 4000 / open.len()] {
            assert!(Expression::compile(&open.repeat(depth), &catalogue()).is_err());
        }
    }
    let nested = format!("{}true{}", "(".repeat(63), ")".repeat(63));
    assert!(holds(&nested, &Known::default()));
    let too_deep = format!("{}true{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(problems(&too_deep), ["nested more than 64 deep; make facts of its parts"]);
    let too_long = format!("\"{}\" is \"\"", "x".repeat(5000));
    assert!(problems(&too_long)[0].starts_with("the sentence is 5008 bytes long, at most 4096 are read"));
}

#[test]
fn a_long_chain_is_flat() {
    let scope = Known::of(&[("n.a", number("1"))]);
    let sum = vec!["n.a"; 580].join(" + ");
    assert_eq!(compile(&sum).value(&scope), Some(number("580")));
    let any = vec!["n.a is 2"; 340].join(" or ");
    assert!(!holds(&any, &scope));
    let product = vec!["n.a"; 580].join(" * ");
    assert_eq!(compile(&product).value(&scope), Some(number("1")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        if let Ok(expression) = Expression::compile(&text, &catalogue()) {
            expression.holds(&Known::default());
            expression.value(&Known::default());
        }
    }

    #[test]
    fn no_jumble_of_its_own_words_makes_it_panic(words in proptest::collection::vec(word(), 0..60)) {
        let text = words.join(" ");
        let scope = Known::of(&[("n.a", number("3")), ("t.a", Value::text("x")), ("b.a", Value::Bool(true))]);
        match Expression::compile(&text, &catalogue()) {
            Ok(expression) => {
                expression.holds(&scope);
                expression.value(&scope);
                let again = compile(expression.canonical());
                prop_assert_eq!(again.canonical(), expression.canonical());
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.span.start <= problem.span.end && problem.span.end <= text.len());
                    prop_assert!(text.is_char_boundary(problem.span.start) && text.is_char_boundary(problem.span.end));
                }
            }
        }
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "and", "or", "not", "is", "in", "null", "true", "false", "now", "n.a", "n.b", "t.a", "b.a", "b.b", "1", "0",
        "2.5", "50 %", "\"x\"", "\"\"", "(", ")", "[", "]", ",", "+", "-", "*", "/", ">", "<=", "==", "!=", "x-y", "ä",
        "\"",
    ])
}

mod oracle {
    //! The same sentence in our words and in those of CEL must mean the same.

    use std::collections::HashMap;

    use super::*;

    /// A sentence in both languages.
    #[derive(Clone, Debug)]
    struct Twin {
        ours: String,
        cel: String,
    }

    fn twin(ours: impl Into<String>, cel: impl Into<String>) -> Twin {
        Twin { ours: ours.into(), cel: cel.into() }
    }

    fn whole() -> impl Strategy<Value = Twin> {
        prop_oneof![
            (0..9_i64).prop_map(|n| twin(n.to_string(), n.to_string())),
            proptest::sample::select(vec!["n.a", "n.b", "n.c"]).prop_map(|name| twin(name, name)),
        ]
    }

    /// No division: theirs cuts whole numbers off, ours is exact.
    fn arithmetic() -> impl Strategy<Value = Twin> {
        whole().prop_recursive(3, 12, 2, |inner| {
            (inner.clone(), proptest::sample::select(vec!["+", "-", "*"]), inner).prop_map(|(left, sign, right)| {
                twin(format!("({} {sign} {})", left.ours, right.ours), format!("({} {sign} {})", left.cel, right.cel))
            })
        })
    }

    fn text() -> impl Strategy<Value = Twin> {
        proptest::sample::select(vec!["t.a", "t.b", "\"x\"", "\"y\"", "\"\""]).prop_map(|text| twin(text, text))
    }

    fn leaf() -> impl Strategy<Value = Twin> {
        let orders = vec![("is", "=="), ("is not", "!="), (">", ">"), (">=", ">="), ("<", "<"), ("<=", "<=")];
        let numbers =
            (arithmetic(), proptest::sample::select(orders), arithmetic()).prop_map(|(left, (ours, cel), right)| {
                twin(format!("{} {ours} {}", left.ours, right.ours), format!("{} {cel} {}", left.cel, right.cel))
            });
        let equal = proptest::sample::select(vec![("is", "=="), ("is not", "!=")]);
        let texts = (text(), equal, text()).prop_map(|(left, (ours, cel), right)| {
            twin(format!("{} {ours} {}", left.ours, right.ours), format!("{} {cel} {}", left.cel, right.cel))
        });
        let lists = (text(), any::<bool>()).prop_map(|(left, negated)| {
            let within = format!("{} in [\"x\", \"z\"]", left.cel);
            match negated {
                true => twin(format!("{} not in [\"x\", \"z\"]", left.ours), format!("!({within})")),
                false => twin(within.clone(), within),
            }
        });
        let fields = proptest::sample::select(vec!["b.a", "b.b", "true", "false"]).prop_map(|name| twin(name, name));
        prop_oneof![numbers, texts, lists, fields]
    }

    fn sentence() -> impl Strategy<Value = Twin> {
        leaf().prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(left, right)| twin(
                    format!("({} and {})", left.ours, right.ours),
                    format!("({} && {})", left.cel, right.cel)
                )),
                // Without parentheses the order is that of the languages, which must be the same.
                (inner.clone(), inner.clone()).prop_map(|(left, right)| twin(
                    format!("{} and {}", left.ours, right.ours),
                    format!("{} && {}", left.cel, right.cel)
                )),
                (inner.clone(), inner.clone()).prop_map(|(left, right)| twin(
                    format!("{} or {}", left.ours, right.ours),
                    format!("{} || {}", left.cel, right.cel)
                )),
                (inner.clone(), inner.clone()).prop_map(|(left, right)| twin(
                    format!("({} or {})", left.ours, right.ours),
                    format!("({} || {})", left.cel, right.cel)
                )),
                inner.prop_map(|inner| twin(format!("not ({})", inner.ours), format!("!({})", inner.cel))),
            ]
        })
    }

    /// Values of the fields; what is absent is not known.
    fn values() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
        let number = || proptest::option::weighted(0.8, 0..9_i64);
        let text = || proptest::option::weighted(0.8, proptest::sample::select(vec!["x", "y", "z"]));
        let truth = || proptest::option::weighted(0.8, any::<bool>());
        ((number(), number(), number()), (text(), text()), (truth(), truth())).prop_map(|(n, t, b)| {
            let numbers = [("n.a", n.0), ("n.b", n.1), ("n.c", n.2)];
            let numbers = numbers.into_iter().filter_map(|(name, n)| Some((name, Value::Number(n?.into()))));
            let texts = [("t.a", t.0), ("t.b", t.1)].into_iter().filter_map(|(name, t)| Some((name, Value::text(t?))));
            let truths = [("b.a", b.0), ("b.b", b.1)].into_iter().filter_map(|(name, b)| Some((name, Value::Bool(b?))));
            numbers.chain(texts).chain(truths).collect()
        })
    }

    fn cel_holds(text: &str, values: &[(&'static str, Value)]) -> bool {
        let mut context = cel::Context::default();
        for root in ["n", "t", "b"] {
            let of_root: HashMap<String, cel::Value> = values
                .iter()
                .filter_map(|(name, value)| {
                    let (of, name) = name.split_once('.')?;
                    let value = match value {
                        Value::Number(number) => cel::Value::Int(i64::try_from(*number).ok()?),
                        Value::Text(text) => cel::Value::String(text.clone().into()),
                        Value::Bool(truth) => cel::Value::Bool(*truth),
                        Value::Null | Value::Money(_) | Value::Json(_) => return None,
                    };
                    (of == root).then(|| (name.to_owned(), value))
                })
                .collect();
            context.add_variable_from_value(root, of_root);
        }
        let program = cel::Program::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        matches!(program.execute(&context), Ok(cel::Value::Bool(true)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn a_sentence_means_what_it_means_in_cel(sentence in sentence(), values in values()) {
            let ours = compile(&sentence.ours).holds(&Known::of(&values));
            prop_assert_eq!(ours, cel_holds(&sentence.cel, &values), "{} with {:?}", sentence.ours, values);
        }
    }
}
