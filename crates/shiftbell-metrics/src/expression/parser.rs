//! Tokens to a tree, by precedence climbing.
//!
//! `and`, `or`, sums and products are nodes with many children, so that a long chain is flat: the depth of the tree is
//! bounded by the nesting that was written, and walking it cannot exhaust the stack.

use std::ops::Range;

use rust_decimal::Decimal;

use super::lexer::{Placed, Token, problem};
use super::{DEPTH_MAX, ExpressionProblem};
use crate::definitions::FieldName;

#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) kind: TreeKind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum TreeKind {
    Number(Decimal),
    Text(String),
    Bool(bool),
    Null,
    Now,
    Field(FieldName),
    List(Vec<Tree>),
    Not(Box<Tree>),
    Negative(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Compare {
        left: Box<Tree>,
        by: Comparison,
        right: Box<Tree>,
    },
    OneOf {
        left: Box<Tree>,
        list: Box<Tree>,
        negated: bool,
    },
    /// The first, then the others, each taken away if `true`.
    Sum(Vec<(bool, Tree)>),
    /// The first, then the others, each divided by if `true`.
    Product(Vec<(bool, Tree)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How tightly words bind, loosest first.
mod binding {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARE: u8 = 4;
    pub(super) const SUM: u8 = 5;
    pub(super) const PRODUCT: u8 = 6;
    pub(super) const SIGN: u8 = 7;
}

pub(super) fn parse(tokens: &[Placed]) -> Result<Tree, ExpressionProblem> {
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let tree = parser.operators(0)?;
    match parser.peek() {
        Token::End => Ok(tree),
        Token::Close => Err(problem(parser.span(), "`)` closes nothing", None)),
        Token::CloseList => Err(problem(parser.span(), "`]` closes nothing", None)),
        _ => Err(parser.unexpected("`and`, `or` or a comparison")),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |placed| &placed.token)
    }

    fn peek_second(&self) -> &Token {
        self.tokens.get(self.at + 1).map_or(&Token::End, |placed| &placed.token)
    }

    /// The place of the next token.
    fn span(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(0..0, |placed| placed.span.clone())
    }

    /// Where the last token taken ends.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |placed| placed.span.end)
    }

    fn take_if(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == wanted;
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, wanted: &str) -> ExpressionProblem {
        match self.peek() {
            Token::End => problem(self.span(), format!("the sentence ends where {wanted} should follow"), None),
            Token::Name(name) => problem(self.span(), format!("`{name}` stands where {wanted} should"), None),
            _ => problem(self.span(), format!("this stands where {wanted} should"), None),
        }
    }

    /// An operand and everything that binds it more tightly than `floor`.
    fn operators(&mut self, floor: u8) -> Result<Tree, ExpressionProblem> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(problem(
                self.span(),
                format!("nested more than {DEPTH_MAX} deep"),
                Some("make facts of its parts"),
            ));
        }
        let start = self.span().start;
        let mut left = self.prefix()?;
        loop {
            let kind = match (self.peek(), self.peek_second()) {
                (Token::Or, _) if floor < binding::OR => TreeKind::Any(self.chain(left, &Token::Or, binding::OR)?),
                (Token::And, _) if floor < binding::AND => {
                    TreeKind::All(self.chain(left, &Token::And, binding::AND)?)
                }
                (Token::Plus | Token::Minus { .. }, _) if floor < binding::SUM => TreeKind::Sum(self.sum(left)?),
                (Token::Times | Token::Divide, _) if floor < binding::PRODUCT => TreeKind::Product(self.product(left)?),
                (Token::In, _) | (Token::Not, Token::In) if floor < binding::COMPARE => self.one_of(left)?,
                _ if floor < binding::COMPARE => match self.comparison() {
                    Some(by) => self.compare(left, by)?,
                    None => break,
                },
                _ => break,
            };
            left = Tree { kind, span: start..self.end() };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn chain(&mut self, first: Tree, word: &Token, power: u8) -> Result<Vec<Tree>, ExpressionProblem> {
        let mut parts = vec![first];
        while self.take_if(word) {
            parts.push(self.operators(power)?);
        }
        Ok(parts)
    }

    fn sum(&mut self, first: Tree) -> Result<Vec<(bool, Tree)>, ExpressionProblem> {
        let mut parts = vec![(false, first)];
        loop {
            let taken_away = match self.peek() {
                Token::Plus => false,
                Token::Minus { spaced: true } => true,
                Token::Minus { spaced: false } => {
                    let fix = Some("write a space on both sides of it; a hyphen without spaces belongs to a name");
                    return Err(problem(self.span(), "minus without spaces", fix));
                }
                _ => return Ok(parts),
            };
            self.at += 1;
            parts.push((taken_away, self.operators(binding::SUM)?));
        }
    }

    fn product(&mut self, first: Tree) -> Result<Vec<(bool, Tree)>, ExpressionProblem> {
        let mut parts = vec![(false, first)];
        loop {
            let divided = match self.peek() {
                Token::Times => false,
                Token::Divide => true,
                _ => return Ok(parts),
            };
            self.at += 1;
            parts.push((divided, self.operators(binding::PRODUCT)?));
        }
    }

    fn one_of(&mut self, left: Tree) -> Result<TreeKind, ExpressionProblem> {
        let negated = self.take_if(&Token::Not);
        self.at += 1;
        let list = self.operators(binding::COMPARE)?;
        self.refuse_a_chain()?;
        Ok(TreeKind::OneOf { left: Box::new(left), list: Box::new(list), negated })
    }

    /// Takes the words or the sign of a comparison.
    fn comparison(&mut self) -> Option<Comparison> {
        let (by, length) = match (self.peek(), self.peek_second()) {
            (Token::Is, Token::Not) => (Comparison::NotEqual, 2),
            (Token::Is | Token::Equal, _) => (Comparison::Equal, 1),
            (Token::NotEqual, _) => (Comparison::NotEqual, 1),
            (Token::Less, _) => (Comparison::Less, 1),
            (Token::LessOrEqual, _) => (Comparison::LessOrEqual, 1),
            (Token::Greater, _) => (Comparison::Greater, 1),
            (Token::GreaterOrEqual, _) => (Comparison::GreaterOrEqual, 1),
            _ => return None,
        };
        self.at += length;
        Some(by)
    }

    fn compare(&mut self, left: Tree, by: Comparison) -> Result<TreeKind, ExpressionProblem> {
        let right = self.operators(binding::COMPARE)?;
        self.refuse_a_chain()?;
        Ok(TreeKind::Compare { left: Box::new(left), by, right: Box::new(right) })
    }

    fn refuse_a_chain(&mut self) -> Result<(), ExpressionProblem> {
        let span = self.span();
        let chained = matches!(self.peek(), Token::In) || self.comparison().is_some();
        if chained {
            return Err(problem(span, "a comparison cannot follow a comparison", Some("write `and` between them")));
        }
        Ok(())
    }

    fn prefix(&mut self) -> Result<Tree, ExpressionProblem> {
        let start = self.span().start;
        let token = self.peek().clone();
        if !matches!(token, Token::End) {
            self.at += 1;
        }
        let kind = match token {
            Token::Number(number) if self.take_if(&Token::Percent) => {
                TreeKind::Number(number.checked_div(Decimal::ONE_HUNDRED).unwrap_or_default())
            }
            Token::Number(number) => TreeKind::Number(number),
            Token::Text(text) => TreeKind::Text(text),
            Token::True => TreeKind::Bool(true),
            Token::False => TreeKind::Bool(false),
            Token::Null => TreeKind::Null,
            Token::Now => TreeKind::Now,
            Token::Name(name) => TreeKind::Field(FieldName::written(&name)),
            Token::Not => TreeKind::Not(Box::new(self.operators(binding::NOT)?)),
            Token::Minus { .. } => TreeKind::Negative(Box::new(self.operators(binding::SIGN)?)),
            Token::Open => return self.parentheses(start),
            Token::OpenList => self.list(start)?,
            Token::End => return Err(self.unexpected("a field or a value")),
            _ => {
                self.at -= 1;
                return Err(self.unexpected("a field or a value"));
            }
        };
        Ok(Tree { kind, span: start..self.end() })
    }

    fn parentheses(&mut self, start: usize) -> Result<Tree, ExpressionProblem> {
        let inner = self.operators(0)?;
        if !self.take_if(&Token::Close) {
            return Err(problem(start..start + 1, "this `(` is not closed", Some("add `)`")));
        }
        Ok(Tree { kind: inner.kind, span: start..self.end() })
    }

    fn list(&mut self, start: usize) -> Result<TreeKind, ExpressionProblem> {
        let mut values = Vec::new();
        while !self.take_if(&Token::CloseList) {
            values.push(self.operators(0)?);
            if !self.take_if(&Token::Comma) && self.peek() != &Token::CloseList {
                return Err(problem(start..start + 1, "this `[` is not closed", Some("add `]`")));
            }
        }
        Ok(TreeKind::List(values))
    }
}
