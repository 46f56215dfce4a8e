//! Facts in, words and pictures out: what Shiftbell says, on every surface it speaks on.
//!
//! A message is a typed context ([`messages`]) whose words are a Markdown template under `templates/`. It becomes one
//! [`document::Document`], which is lowered to [`slack`], [`discord`], [`plain`] text and [`html`]. What comes from a
//! CRM is text on every one of them: it cannot mention, link, format or break out. No input makes a message that the
//! platform would reject ([`limits`]): a message that is too large loses parts in a stated order ([`fit`]).
//!
//! This crate never sends anything, reads no clock, no file and no environment, and decides no figure.

pub mod action;
pub mod discord;
pub mod document;
pub mod facts;
pub mod fit;
pub mod html;
pub mod limits;
pub mod messages;
pub mod picture;
pub mod plain;
pub mod slack;
pub mod table;
pub mod template;
pub mod words;

mod inline;
mod markdown;
