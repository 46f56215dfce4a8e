//! The tree against the catalogue: every field exists and only like things are compared.

use std::ops::Range;

use super::catalogue::{Catalogue, Type};
use super::evaluate::Node;
use super::lexer::problem;
use super::parser::{Comparison, Tree, TreeKind};
use super::{ExpressionProblem, parser};
use crate::definitions::{FieldName, nearest};
use crate::time::Instant;

pub(super) struct Checked {
    pub(super) root: Node,
    pub(super) fields: Vec<FieldName>,
    pub(super) result: Option<Type>,
    pub(super) uses_now: bool,
}

pub(super) fn check(tree: &Tree, catalogue: &Catalogue) -> Result<Checked, Vec<ExpressionProblem>> {
    let mut checker = Checker { catalogue, fields: Vec::new(), problems: Vec::new(), uses_now: false };
    let (root, kind) = checker.node(tree);
    if checker.problems.is_empty() {
        let result = match kind {
            Kind::Of(of_type) => Some(of_type),
            Kind::Null | Kind::Wrong => None,
        };
        Ok(Checked { root, fields: checker.fields, result, uses_now: checker.uses_now })
    } else {
        Err(checker.problems)
    }
}

/// What a part of the sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Of(Type),
    Null,
    /// Already reported; whatever contains it is not reported again.
    Wrong,
}

struct Checker<'a> {
    catalogue: &'a Catalogue,
    fields: Vec<FieldName>,
    problems: Vec<ExpressionProblem>,
    uses_now: bool,
}

impl Checker<'_> {
    fn wrong(&mut self, span: &Range<usize>, message: impl Into<String>, fix: Option<&str>) -> (Node, Kind) {
        self.problems.push(problem(span.clone(), message, fix));
        (Node::Null, Kind::Wrong)
    }

    fn node(&mut self, tree: &Tree) -> (Node, Kind) {
        match &tree.kind {
            TreeKind::Number(number) => (Node::Number(*number), Kind::Of(Type::Number)),
            TreeKind::Text(text) => (Node::Text(text.clone()), Kind::Of(Type::Text)),
            TreeKind::Bool(truth) => (Node::Bool(*truth), Kind::Of(Type::Bool)),
            TreeKind::Null => (Node::Null, Kind::Null),
            TreeKind::Now => {
                self.uses_now = true;
                (Node::Now, Kind::Of(Type::Time))
            }
            TreeKind::Field(field) => self.field(field, &tree.span),
            TreeKind::List(_) => self.wrong(&tree.span, "a list stands alone", Some("lists follow `in` or `not in`")),
            TreeKind::Not(inner) => (Node::Not(Box::new(self.condition(inner))), Kind::Of(Type::Bool)),
            TreeKind::Negative(inner) => {
                let (node, kind) = self.quantity(inner);
                (Node::Negative(Box::new(node)), kind)
            }
            TreeKind::All(parts) => (Node::All(self.conditions(parts)), Kind::Of(Type::Bool)),
            TreeKind::Any(parts) => (Node::Any(self.conditions(parts)), Kind::Of(Type::Bool)),
            TreeKind::Compare { left, by, right } => self.compare(left, *by, right, &tree.span),
            TreeKind::OneOf { left, list, negated } => self.one_of(left, list, *negated),
            TreeKind::Sum(parts) => self.sum(parts),
            TreeKind::Product(parts) => self.product(parts),
        }
    }

    fn field(&mut self, field: &FieldName, span: &Range<usize>) -> (Node, Kind) {
        let Some(of_type) = self.catalogue.get(field) else {
            let what = if field.of.is_empty() { "no name that is known here" } else { "no field" };
            let near = nearest(&field.to_string(), self.catalogue.names());
            let fix = near.map(|name| format!("did you mean `{name}`?"));
            return self.wrong(span, format!("`{field}` is {what}"), fix.as_deref());
        };
        let slot = self.fields.iter().position(|known| known == field).unwrap_or_else(|| {
            self.fields.push(field.clone());
            self.fields.len() - 1
        });
        (Node::Field { slot, of_type }, Kind::Of(of_type))
    }

    fn conditions(&mut self, parts: &[Tree]) -> Vec<Node> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    /// Something that holds or not.
    fn condition(&mut self, tree: &Tree) -> Node {
        let (node, kind) = self.node(tree);
        match kind {
            Kind::Of(Type::Bool) | Kind::Wrong => node,
            Kind::Null => self.wrong(&tree.span, "`null` is neither true nor false", Some("write `x is null`")).0,
            Kind::Of(other) => {
                let message = format!("this is {}, where something true or false should be", other.noun());
                self.wrong(&tree.span, message, Some("compare it with a value")).0
            }
        }
    }

    /// A number or money.
    fn quantity(&mut self, tree: &Tree) -> (Node, Kind) {
        let (node, kind) = self.node(tree);
        match kind {
            Kind::Of(Type::Number | Type::Money) | Kind::Wrong => (node, kind),
            Kind::Null => self.wrong(&tree.span, "`null` is no number", None),
            Kind::Of(other) => self.wrong(&tree.span, format!("this is {}, not a number", other.noun()), None),
        }
    }

    fn compare(&mut self, left: &Tree, by: Comparison, right: &Tree, span: &Range<usize>) -> (Node, Kind) {
        let (mut left_node, left_kind) = self.node(left);
        let (mut right_node, right_kind) = self.node(right);
        let done = Kind::Of(Type::Bool);
        let is_order = !matches!(by, Comparison::Equal | Comparison::NotEqual);
        match (left_kind, right_kind) {
            (Kind::Wrong, _) | (_, Kind::Wrong) => return (Node::Null, Kind::Wrong),
            (_, Kind::Null) | (Kind::Null, _) if is_order => {
                return self.wrong(
                    span,
                    "nothing is more or less than `null`",
                    Some("write `is null` or `is not null`"),
                );
            }
            (_, Kind::Null) => return (Node::is_null(left_node, by == Comparison::NotEqual), done),
            (Kind::Null, _) => return (Node::is_null(right_node, by == Comparison::NotEqual), done),
            (Kind::Of(of_left), Kind::Of(of_right)) => {
                let both_times = as_time(&mut left_node, of_right) | as_time(&mut right_node, of_left);
                if !both_times && !alike(of_left, of_right) {
                    return self.unlike(left, of_left, right, of_right, span);
                }
                if is_order && !both_times && matches!(of_left, Type::Text | Type::Bool) {
                    let message = format!("{} has no more or less", of_left.noun());
                    return self.wrong(span, message, Some("write `is`, `is not` or `in`"));
                }
            }
        }
        (Node::Compare { left: Box::new(left_node), by, right: Box::new(right_node) }, done)
    }

    fn unlike(
        &mut self,
        left: &Tree,
        of_left: Type,
        right: &Tree,
        of_right: Type,
        span: &Range<usize>,
    ) -> (Node, Kind) {
        let side = |tree: &Tree| match &tree.kind {
            TreeKind::Field(field) => format!("`{field}`"),
            TreeKind::Text(text) => format!("\"{text}\""),
            TreeKind::Number(number) => number.to_string(),
            _ => "the other side".to_owned(),
        };
        let message = format!("{} is {}, but {} is {}", side(left), of_left.noun(), side(right), of_right.noun());
        let fix = match (&right.kind, of_left, of_right) {
            (TreeKind::Text(text), Type::Number | Type::Money, _) if text.parse::<f64>().is_ok() => {
                format!("write {text} without quotes")
            }
            (TreeKind::Number(number), Type::Text, _) => format!("write \"{number}\""),
            (TreeKind::Text(_), Type::Time, _) => "write a time such as \"2026-08-01T00:00:00Z\"".to_owned(),
            _ => format!("compare with {}", of_left.noun()),
        };
        self.wrong(span, message, Some(&fix))
    }

    fn one_of(&mut self, left: &Tree, list: &Tree, negated: bool) -> (Node, Kind) {
        let (left_node, kind) = self.node(left);
        let TreeKind::List(values) = &list.kind else {
            return self.wrong(&list.span, "a list should follow `in`", Some("write `in [\"one\", \"two\"]`"));
        };
        let mut nodes = Vec::with_capacity(values.len());
        for value in values {
            let (mut node, of_value) = self.node(value);
            match (kind, of_value) {
                (Kind::Wrong, _) | (_, Kind::Wrong) => {}
                (Kind::Of(wanted), Kind::Of(found)) if as_time(&mut node, wanted) || alike(wanted, found) => {}
                (Kind::Of(wanted), Kind::Of(found)) => {
                    self.unlike(left, wanted, value, found, &value.span);
                }
                (Kind::Null, _) | (_, Kind::Null) => {
                    self.wrong(&value.span, "`null` is in no list", Some("write `is null`"));
                }
            }
            nodes.push(node);
        }
        (Node::OneOf { left: Box::new(left_node), list: nodes, negated }, Kind::Of(Type::Bool))
    }

    fn sum(&mut self, parts: &[(bool, Tree)]) -> (Node, Kind) {
        let mut kind = Kind::Of(Type::Number);
        let mut nodes = Vec::with_capacity(parts.len());
        for (taken_away, part) in parts {
            let (node, of_part) = self.quantity(part);
            kind = match (kind, of_part) {
                (Kind::Wrong, _) | (_, Kind::Wrong) => Kind::Wrong,
                (_, Kind::Of(Type::Money)) => Kind::Of(Type::Money),
                (before, _) => before,
            };
            nodes.push((*taken_away, node));
        }
        (Node::Sum(nodes), kind)
    }

    fn product(&mut self, parts: &[(bool, Tree)]) -> (Node, Kind) {
        let mut kind = Kind::Of(Type::Number);
        let mut nodes = Vec::with_capacity(parts.len());
        for (divided, part) in parts {
            let (node, of_part) = self.quantity(part);
            if *divided && matches!(part.kind, parser::TreeKind::Number(number) if number.is_zero()) {
                self.wrong(&part.span, "this divides by zero", None);
            }
            kind = match (kind, of_part, divided) {
                (Kind::Wrong, ..) | (_, Kind::Wrong, _) => Kind::Wrong,
                (Kind::Of(Type::Money), Kind::Of(Type::Money), true) => Kind::Of(Type::Number),
                (Kind::Of(Type::Money), Kind::Of(Type::Money), false) => {
                    self.wrong(&part.span, "money times money is nothing", None).1
                }
                (Kind::Of(Type::Number), Kind::Of(Type::Money), true) => {
                    self.wrong(&part.span, "a number divided by money is nothing", None).1
                }
                (_, Kind::Of(Type::Money), false) => Kind::Of(Type::Money),
                (before, ..) => before,
            };
            nodes.push((*divided, node));
        }
        (Node::Product(nodes), kind)
    }
}

fn alike(left: Type, right: Type) -> bool {
    let is_quantity = |of_type| matches!(of_type, Type::Number | Type::Money);
    left == right || (is_quantity(left) && is_quantity(right))
}

/// Turns a text that is compared with a time into a time. Whether it is one now.
fn as_time(node: &mut Node, other: Type) -> bool {
    if other != Type::Time {
        return false;
    }
    let Node::Text(text) = node else {
        return false;
    };
    match Instant::parse(text) {
        Some(instant) => {
            *node = Node::Time(instant);
            true
        }
        None => false,
    }
}
