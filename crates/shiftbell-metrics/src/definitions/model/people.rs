//! Who there is, and where they are reached.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};

use crate::time::Zone;

#[derive(Clone, Debug)]
pub struct Person {
    pub email: String,
    pub role: String,
    pub place: String,
    pub team: String,
    pub also: Vec<String>,
    pub since: Option<Date>,
    /// Their id in an outlet, by the outlet's name, where the file says it.
    pub known_as: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct Team {
    pub id: String,
    /// E-mail.
    pub manager: Option<String>,
    pub part_of: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Place {
    pub zone: Zone,
    pub days: Vec<Weekday>,
    pub from: Time,
    pub until: Time,
    pub holidays: Vec<Date>,
}

#[derive(Clone, Debug)]
pub struct Destination {
    pub id: String,
    pub name: String,
    /// Id of the channel by the name of the outlet.
    pub channels: BTreeMap<String, String>,
    pub seen_by: String,
}
