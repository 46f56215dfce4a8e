//! A sentence as words, numbers and signs, each with its place.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use rust_decimal::Decimal;

use super::ExpressionProblem;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A field path or the name of a KPI.
    Name(String),
    Number(Decimal),
    Text(String),
    And,
    Or,
    Not,
    Is,
    In,
    True,
    False,
    Null,
    Now,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus {
        /// A space on both sides: between two operands it must have them.
        spaced: bool,
    },
    Times,
    Divide,
    Percent,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) span: Range<usize>,
}

pub(super) fn problem(span: Range<usize>, message: impl Into<String>, fix: Option<&str>) -> ExpressionProblem {
    ExpressionProblem { span, message: message.into(), fix: fix.map(str::to_owned) }
}

/// Cuts a sentence into tokens; the last is always `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, ExpressionProblem> {
    let mut cutter = Cutter { text, chars: text.char_indices().peekable() };
    let mut tokens = Vec::new();
    while let Some(placed) = cutter.next()? {
        tokens.push(placed);
    }
    tokens.push(Placed { token: Token::End, span: text.len()..text.len() });
    Ok(tokens)
}

/// The sentence with exactly one space between its tokens.
pub(super) fn canonical(text: &str, tokens: &[Placed]) -> String {
    tokens.iter().filter_map(|placed| text.get(placed.span.clone())).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

struct Cutter<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl Cutter<'_> {
    fn next(&mut self) -> Result<Option<Placed>, ExpressionProblem> {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let Some((start, first)) = self.chars.next() else {
            return Ok(None);
        };
        let token = match first {
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenList,
            ']' => Token::CloseList,
            ',' => Token::Comma,
            '+' => Token::Plus,
            '*' => Token::Times,
            '/' => Token::Divide,
            '%' => Token::Percent,
            '-' => self.minus(start),
            '<' => self.or_equal(Token::LessOrEqual, Token::Less),
            '>' => self.or_equal(Token::GreaterOrEqual, Token::Greater),
            '=' | '!' | '&' | '|' | '\'' => return self.foreign(start, first).map(Some),
            '"' => self.text(start)?,
            _ if first.is_ascii_digit() => self.number(start)?,
            _ if is_name_start(first) => self.name(start),
            _ => {
                return Err(problem(start..start + first.len_utf8(), format!("`{first}` has no meaning here"), None));
            }
        };
        Ok(Some(Placed { token, span: start..self.here() }))
    }

    /// The place of the next character.
    fn here(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn take_if(&mut self, wanted: char) -> bool {
        self.chars.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn or_equal(&mut self, with: Token, without: Token) -> Token {
        if self.take_if('=') { with } else { without }
    }

    fn minus(&mut self, start: usize) -> Token {
        let before = self.text[..start].chars().next_back().is_some_and(char::is_whitespace);
        let after = self.chars.peek().is_some_and(|(_, c)| c.is_whitespace());
        Token::Minus { spaced: before && after }
    }

    /// Signs of other languages: two of them we take, for the others we say our word.
    fn foreign(&mut self, start: usize, first: char) -> Result<Placed, ExpressionProblem> {
        let doubled = self.take_if(if first == '!' { '=' } else { first });
        let span = start..self.here();
        match (first, doubled) {
            ('=', true) => Ok(Placed { token: Token::Equal, span }),
            ('!', true) => Ok(Placed { token: Token::NotEqual, span }),
            ('=', false) => Err(problem(span, "`=` compares nothing here", Some("write `is`"))),
            ('!', false) => Err(problem(span, "`!` has no meaning here", Some("write `not`"))),
            ('&', _) => Err(problem(span, "`&` has no meaning here", Some("write `and`"))),
            ('|', _) => Err(problem(span, "`|` has no meaning here", Some("write `or`"))),
            _ => Err(problem(span, "text stands in double quotes", Some("write \"text\""))),
        }
    }

    fn text(&mut self, start: usize) -> Result<Token, ExpressionProblem> {
        let mut text = String::new();
        while let Some((_, c)) = self.chars.next() {
            match c {
                '"' => return Ok(Token::Text(text)),
                '\\' => match self.chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((at, other)) => {
                        let span = at..at + other.len_utf8();
                        return Err(problem(span, format!("`\\{other}` is no escape"), Some("only \\\" and \\\\ are")));
                    }
                    None => break,
                },
                _ => text.push(c),
            }
        }
        Err(problem(start..self.text.len(), "the text is not closed", Some("add `\"` at its end")))
    }

    fn number(&mut self, start: usize) -> Result<Token, ExpressionProblem> {
        while self.chars.next_if(|(_, c)| c.is_ascii_digit() || *c == '_').is_some() {}
        let after_point = self.text.get(self.here() + 1..).and_then(|rest| rest.chars().next());
        if after_point.is_some_and(|c| c.is_ascii_digit()) && self.take_if('.') {
            while self.chars.next_if(|(_, c)| c.is_ascii_digit() || *c == '_').is_some() {}
        }
        let end = self.here();
        if let Some((_, c)) = self.chars.peek().copied().filter(|(_, c)| is_name_start(*c) || *c == '.') {
            return Err(problem(start..end + c.len_utf8(), format!("`{c}` cannot follow a number"), None));
        }
        let digits = self.text[start..end].replace('_', "");
        match Decimal::from_str_exact(&digits) {
            Ok(number) => Ok(Token::Number(number)),
            Err(_) => Err(problem(start..end, "the number has too many digits", Some("at most 28 are exact"))),
        }
    }

    /// Letters, digits and `_`; a point or hyphen only between two of these.
    fn name(&mut self, start: usize) -> Token {
        loop {
            while self.chars.next_if(|(_, c)| is_name_part(*c)).is_some() {}
            let mut ahead = self.chars.clone().map(|(_, c)| c);
            let joins = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(next)) => is_name_part(next),
                (Some('.'), Some(next)) => is_name_start(next),
                _ => false,
            };
            if !joins {
                break;
            }
            self.chars.next();
        }
        let end = self.here();
        match &self.text[start..end] {
            "and" => Token::And,
            "or" => Token::Or,
            "not" => Token::Not,
            "is" => Token::Is,
            "in" => Token::In,
            "true" => Token::True,
            "false" => Token::False,
            "null" => Token::Null,
            "now" => Token::Now,
            name => Token::Name(name.to_owned()),
        }
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
