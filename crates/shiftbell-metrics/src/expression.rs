//! The sentences of a definitions file: predicates and formulas.
//!
//! A small language of its own, so that a mistake is found when the file is read and not when an event arrives: every
//! field is looked up in a [`Catalogue`] and every comparison is typed. It has no loops and no calls, its size and depth
//! are bounded, and no text can make it panic.
//!
//! | write | means |
//! | --- | --- |
//! | `and` `or` `not` | as read; `and` binds more tightly than `or` |
//! | `is` `is not` `==` `!=` `>` `>=` `<` `<=` | comparisons |
//! | `is null` `is not null` | whether a field is known |
//! | `in ["a", "b"]` `not in [..]` | one of these |
//! | `+` `-` `*` `/` | exact decimals; minus has a space on both sides, a hyphen belongs to a name |
//! | `50 %` | 0.5 |
//! | `300_000` `"text"` `true` `false` `null` `now` | values |
//!
//! **Not known is not false.** A field without a value makes a comparison unknown; `false and unknown` is false, `true or
//! unknown` is true, everything else with an unknown part is unknown. An unknown predicate does not hold, an unknown
//! formula has no value. Division by zero, overflow and a sum of two currencies are unknown too.

mod catalogue;
mod check;
mod evaluate;
mod lexer;
mod parser;

use std::borrow::Cow;
use std::ops::Range;

pub use catalogue::{Catalogue, Type};

use crate::definitions::FieldName;
use crate::time::Instant;
use crate::value::Value;

/// Longest sentence, in bytes.
pub const BYTES_MAX: usize = 4096;
/// Deepest nesting of parentheses, lists, `not` and minus signs.
pub const DEPTH_MAX: usize = 64;

/// Where an expression finds the values of its fields.
pub trait Scope {
    /// The value of a field; `None` or `Value::Null` if it is not known. A name without a dot has an empty `of`.
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>>;

    /// The instant that the word `now` means; `None` where there is none (the fold has no clock).
    fn now(&self) -> Option<Instant>;
}

/// Why a sentence cannot be understood: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionProblem {
    /// Bytes of the sentence.
    pub span: Range<usize>,
    pub message: String,
    pub fix: Option<String>,
}

impl std::fmt::Display for ExpressionProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.fix.iter().try_for_each(|fix| write!(f, "; {fix}"))
    }
}

/// A compiled sentence.
///
/// ```
/// use std::borrow::Cow;
/// use shiftbell_metrics::definitions::FieldName;
/// use shiftbell_metrics::expression::{Catalogue, Expression, Scope, Type};
/// use shiftbell_metrics::time::Instant;
/// use shiftbell_metrics::value::Value;
///
/// struct Lead(Option<i64>);
/// impl Scope for Lead {
///     fn field(&self, _: &FieldName) -> Option<Cow<'_, Value>> {
///         self.0.map(|score| Cow::Owned(Value::Number(score.into())))
///     }
///     fn now(&self) -> Option<Instant> {
///         None
///     }
/// }
///
/// let mut fields = Catalogue::default();
/// fields.add("contact.lead_score", Type::Number);
/// let hot = Expression::compile("contact.lead_score > 10", &fields).unwrap();
/// assert!(hot.holds(&Lead(Some(11))));
/// assert!(!hot.holds(&Lead(None)));
///
/// let problems = Expression::compile("contact.lead_scor > 10", &fields).unwrap_err();
/// assert_eq!(problems[0].to_string(), "`contact.lead_scor` is no field; did you mean `contact.lead_score`?");
/// ```
#[derive(Clone, Debug)]
pub struct Expression {
    /// As written.
    pub text: String,
    canonical: String,
    fields: Vec<FieldName>,
    root: evaluate::Node,
    result: Option<Type>,
    uses_now: bool,
}

impl Expression {
    /// Compiles a sentence whose fields are those of the catalogue. Reports every unknown field and every comparison of
    /// unlike things at once; of words in a wrong place only the first.
    pub fn compile(text: &str, catalogue: &Catalogue) -> Result<Expression, Vec<ExpressionProblem>> {
        if text.len() > BYTES_MAX {
            return Err(vec![ExpressionProblem {
                span: 0..text.len(),
                message: format!("the sentence is {} bytes long, at most {BYTES_MAX} are read", text.len()),
                fix: Some("make facts of its parts".to_owned()),
            }]);
        }
        let tokens = lexer::tokens(text).map_err(|problem| vec![problem])?;
        let tree = parser::parse(&tokens).map_err(|problem| vec![problem])?;
        let checked = check::check(&tree, catalogue)?;
        Ok(Expression {
            text: text.to_owned(),
            canonical: lexer::canonical(text, &tokens),
            fields: checked.fields,
            root: checked.root,
            result: checked.result,
            uses_now: checked.uses_now,
        })
    }

    /// Every field it reads, once each.
    pub fn fields(&self) -> &[FieldName] {
        &self.fields
    }

    /// The sentence with one space between its words: the same for two texts that differ only in spaces.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// What its value is; `None` for the word `null`.
    pub fn result(&self) -> Option<Type> {
        self.result
    }

    /// Whether it depends on when it is asked.
    pub fn uses_now(&self) -> bool {
        self.uses_now
    }

    /// Whether it holds. Not known is not true.
    pub fn holds(&self, scope: &dyn Scope) -> bool {
        self.root.truth(&self.fields, scope) == Some(true)
    }

    /// Its value; `None` if a field it needs is not known or it divides by zero.
    pub fn value(&self, scope: &dyn Scope) -> Option<Value> {
        self.root.operand(&self.fields, scope)?.into_value()
    }
}
