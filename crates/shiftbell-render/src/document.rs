//! One message, before any surface: words, structure, buttons and a picture.

use serde::{Deserialize, Serialize};

use crate::action::{Action, Verb};
use crate::table::Table;

/// A message as every surface should show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What a phone shows without opening the message: one plain line that carries the number.
    pub push: String,
    pub blocks: Vec<Block>,
    /// Visible buttons, at most three.
    pub buttons: Vec<Button>,
    /// The rest, under the three dots.
    pub more: Vec<Button>,
    pub picture: Option<Picture>,
    /// Messages below this one. Posted after it, each small enough for itself.
    pub thread: Vec<Document>,
}

/// A part of a message that stands apart from the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Block {
    /// Sentences or lines, one below the other.
    Lines(Vec<Line>),
    /// A table: only in threads, lists and on pages, never in a personal message.
    Table(Table),
    /// Text whose spaces count.
    Code(Vec<String>),
    /// The last line: freshness, who sees it, receipt.
    Small(Vec<Line>),
}

/// One line of a message.
pub type Line = Vec<Inline>;

/// A piece of a line. `Text` is text: whatever it holds is shown as it is and never read as markup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inline {
    Text(String),
    Strong(String),
    Code(String),
    Person(Mention),
    Link { label: String, url: String },
}

/// A person who is meant to notice. Shown by name where the outlet's id of the person is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub email: String,
    pub name: String,
    pub slack: Option<String>,
    pub discord: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    #[default]
    Plain,
    /// The one next action.
    Primary,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub label: String,
    pub action: Action,
    pub style: Style,
}

/// A picture that goes with the words, and the same values as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// File name, for example `bowtie.png`.
    pub name: String,
    /// The SVG to rasterise when the message is sent, see [`crate::picture::png`].
    pub svg: String,
    /// The text alternative: carries the values of the picture.
    pub alt: String,
}

impl Button {
    pub fn new(label: impl Into<String>, action: Action) -> Button {
        Button { label: label.into(), action, style: Style::Plain }
    }

    pub fn primary(label: impl Into<String>, action: Action) -> Button {
        Button { label: label.into(), action, style: Style::Primary }
    }

    /// A button that does something about the message of this receipt.
    pub fn about(label: impl Into<String>, verb: Verb, receipt: &str) -> Button {
        Button::new(label, Action::about(verb, receipt))
    }
}

impl Document {
    pub fn with_buttons(mut self, buttons: impl IntoIterator<Item = Button>) -> Document {
        self.buttons.extend(buttons);
        self
    }

    pub fn with_more(mut self, more: impl IntoIterator<Item = Button>) -> Document {
        self.more.extend(more);
        self
    }

    /// Puts blocks in front of the last line, or at the end where there is none.
    pub fn put_before_last_line(&mut self, blocks: Vec<Block>) {
        let at = self.blocks.iter().position(|block| matches!(block, Block::Small(_))).unwrap_or(self.blocks.len());
        self.blocks.splice(at..at, blocks);
    }

    /// Every person named in this message and below it, so that the outlet's ids can be filled in before lowering.
    pub fn mentions_mut(&mut self) -> Vec<&mut Mention> {
        let mut found: Vec<&mut Mention> = Vec::new();
        for block in &mut self.blocks {
            if let Block::Lines(lines) | Block::Small(lines) = block {
                for inline in lines.iter_mut().flatten() {
                    if let Inline::Person(mention) = inline {
                        found.push(mention);
                    }
                }
            }
        }
        for below in &mut self.thread {
            found.extend(below.mentions_mut());
        }
        found
    }
}
