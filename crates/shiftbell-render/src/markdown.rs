//! Rendered Markdown to blocks. Only what messages have: lines, strong, code, links, tables.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::document::{Block, Inline, Line, Mention};
use crate::table::{Align, Table};
use crate::template::RenderError;
use crate::template::escape::web_address;
use crate::template::person_address;

/// The blocks of a Markdown text. An error names what the template uses and messages do not have.
pub(crate) fn blocks(template: &str, text: &str) -> Result<Vec<Block>, RenderError> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        reader
            .read(event)
            .map_err(|what| RenderError::Unsupported { template: template.to_owned(), what: what.to_owned() })?;
    }
    Ok(reader.blocks)
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    lines: Vec<Line>,
    line: Line,
    strong: bool,
    link: Option<String>,
    label: String,
    table: Option<Table>,
    code: Option<String>,
}

impl Reader {
    fn read(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Start(tag) => self.start(tag)?,
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) if self.link.is_some() || self.table.is_some() => self.text(&text),
            Event::Code(text) => self.line.push(Inline::Code(text.into_string())),
            Event::SoftBreak | Event::HardBreak => self.lines.push(std::mem::take(&mut self.line)),
            Event::InlineHtml(_) | Event::Html(_) => return Err("HTML"),
            Event::Rule => return Err("a horizontal rule"),
            Event::InlineMath(_) | Event::DisplayMath(_) => return Err("mathematics"),
            Event::FootnoteReference(_) => return Err("a footnote"),
            Event::TaskListMarker(_) => return Err("a task list"),
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag<'_>) -> Result<(), &'static str> {
        match tag {
            Tag::Paragraph | Tag::TableHead | Tag::TableRow | Tag::TableCell => self.start_row(&tag),
            Tag::Strong => self.strong = true,
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            Tag::Table(align) => {
                let align = align.iter().map(|one| match one {
                    Alignment::Right => Align::Right,
                    Alignment::None | Alignment::Left | Alignment::Center => Align::Left,
                });
                self.table = Some(Table { head: Vec::new(), align: align.collect(), rows: Vec::new() });
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => self.code = Some(String::new()),
            Tag::CodeBlock(CodeBlockKind::Indented) => return Err("indented code"),
            Tag::Heading { .. } => return Err("a heading"),
            Tag::BlockQuote(_) => return Err("a quotation"),
            Tag::List(_) | Tag::Item => return Err("a list"),
            Tag::Emphasis => return Err("emphasis"),
            Tag::Image { .. } => return Err("an image"),
            Tag::HtmlBlock => return Err("HTML"),
            _ => return Err("an extension of Markdown"),
        }
        Ok(())
    }

    fn start_row(&mut self, tag: &Tag<'_>) {
        if let (Tag::TableRow, Some(table)) = (tag, &mut self.table) {
            table.rows.push(Vec::new());
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.lines.push(std::mem::take(&mut self.line));
                let lines = std::mem::take(&mut self.lines).into_iter().filter(|line| !line.is_empty()).collect();
                self.blocks.push(Block::Lines(lines));
            }
            TagEnd::Strong => self.strong = false,
            TagEnd::Link => self.end_link(),
            TagEnd::TableCell => self.end_cell(),
            TagEnd::Table => self.blocks.extend(self.table.take().map(|table| Block::Table(table.tidy()))),
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.blocks.push(Block::Code(code.lines().map(str::to_owned).collect()));
            }
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let label = std::mem::take(&mut self.label);
        let inline = if let Some(email) = person_address(&link) {
            Inline::Person(Mention { email, name: label, slack: None, discord: None })
        } else if let Some(url) = web_address(&link) {
            Inline::Link { label, url }
        } else {
            Inline::Text(label)
        };
        self.line.push(inline);
    }

    fn end_cell(&mut self) {
        let cell: String = std::mem::take(&mut self.line).iter().map(plain_text).collect();
        let Some(table) = &mut self.table else { return };
        table.rows.last_mut().unwrap_or(&mut table.head).push(cell);
    }

    fn text(&mut self, text: &str) {
        if let Some(code) = &mut self.code {
            code.push_str(text);
        } else if self.link.is_some() {
            self.label.push_str(text);
        } else {
            match (self.line.last_mut(), self.strong) {
                (Some(Inline::Text(last)), false) | (Some(Inline::Strong(last)), true) => last.push_str(text),
                (_, true) => self.line.push(Inline::Strong(text.to_owned())),
                (_, false) => self.line.push(Inline::Text(text.to_owned())),
            }
        }
    }
}

/// The words of a piece, without structure.
pub(crate) fn plain_text(inline: &Inline) -> &str {
    match inline {
        Inline::Text(text) | Inline::Strong(text) | Inline::Code(text) => text,
        Inline::Person(mention) => &mention.name,
        Inline::Link { label, .. } => label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_a_link_of_its_own_kind() {
        let found = blocks("t", "Asked: [sales\\.lead](person:6140622e6578616d706c65).").unwrap();
        let mention = Mention { email: "a@b.example".into(), name: "sales.lead".into(), slack: None, discord: None };
        let text = |text: &str| Inline::Text(text.to_owned());
        assert_eq!(found, [Block::Lines(vec![vec![text("Asked: "), Inline::Person(mention), text(".")]])]);
    }

    #[test]
    fn what_messages_do_not_have_is_named() {
        let refused = |text| blocks("won", text).unwrap_err().to_string();
        insta::assert_snapshot!(refused("# A"), @"template `won` uses a heading, which messages do not have; use lines, **strong**, `code`, links or tables");
        assert!(refused("- a").contains("a list"));
        assert!(refused("<b>a</b>").contains("HTML"));
        assert!(refused("*a*").contains("emphasis"));
    }
}
