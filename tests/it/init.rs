//! `shiftbell init`: from an empty folder to files that pass `check`, against stand-ins that refuse what the real services
//! refuse; and again later, when only lines are added.

mod again;
mod portals;
mod program;
