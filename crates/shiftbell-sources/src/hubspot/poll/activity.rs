//! Calls, e-mails, meetings and tasks of HubSpot, in our words. The map of the source comes first.
//!
//! An activity is an entity of its own: it says things of itself (its state, as it is known today) and it happens (its
//! events). It belongs to those with whom it is associated, as HubSpot says last.
//!
//! | kind | happens | says |
//! | --- | --- | --- |
//! | `call` | at `hs_timestamp` | `outcome`: the label of `hs_call_disposition` (`connected`, `left-voicemail` ...); `direction`: `hs_call_direction`; `answered`: the outcome is Connected, or is mapped to `accepted`; `follow_up`: its type (`hs_activity_type`) says so; `automated`: no |
//! | `email` | at `hs_timestamp`, once it is sent | `direction`: `in` for `INCOMING_EMAIL` and `FORWARDED_EMAIL`, else `out`; `answered`: it came in; `follow_up`: it goes out and its subject begins with `Re:`; `automated`: a sequence or a workflow sent it |
//! | `meeting` | each time that its outcome (`hs_meeting_outcome`) changes: `status` `confirmed` when it was set to Scheduled; `held` and `no-show` at the time of the meeting (when the outcome was set, if that was earlier); `rescheduled`, `canceled` | `direction` `in` and `automated`, if somebody booked it with a scheduling page, else `out`; `answered`: it was held |
//! | `task` | `status` `due` when `hs_timestamp` passes and it is not done; `done` each time that it is completed | `kind`: `hs_task_type` |
//!
//! `kind` of a call or meeting is its `hs_activity_type`. Where HubSpot says nothing, nothing is known, and a condition on it
//! is false. A meeting that has no outcome is no statement that anybody met, and is not counted.

use std::collections::BTreeMap;

use shiftbell_metrics::event::{Event, Properties};
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::{Instant, MS_PER_SECOND};
use shiftbell_metrics::value::Value;

use super::history::Version;
use super::object::Object;
use crate::hubspot::fields::person;
use crate::hubspot::record::Record;
use crate::settings::SourceSettings;

/// The outcomes of calls that every account has, by id.
const DISPOSITIONS: [(&str, &str); 6] = [
    ("9d9162e7-6cf3-4944-bf63-4dff82258764", "Busy"),
    (CONNECTED, "Connected"),
    ("a4c4c377-d246-4b32-a13b-75a56a4cd0ff", "Left live message"),
    ("b2cf5968-551e-4856-9783-52b3da59a7d0", "Left voicemail"),
    ("73a0d17f-1163-4015-bdd5-ec830791da20", "No answer"),
    ("17b47fee-58de-441e-a44c-c6300d46f273", "Wrong number"),
];
const CONNECTED: &str = "f240bbac-87c9-4f6e-bf70-924b57d47db7";

/// The time of any activity; of a task, when it is due.
const TIME: &str = "hs_timestamp";

/// The properties from which an activity is read.
pub(super) fn properties(object: Object) -> &'static [&'static str] {
    match object {
        Object::Calls => &[
            TIME,
            "hubspot_owner_id",
            "hs_call_disposition",
            "hs_call_direction",
            "hs_activity_type",
            "hs_object_source",
        ],
        Object::Emails => &[
            TIME,
            "hubspot_owner_id",
            "hs_email_direction",
            "hs_email_status",
            "hs_email_subject",
            "hs_sequence_id",
            "hs_object_source",
        ],
        Object::Meetings => &["hs_meeting_outcome", "hs_meeting_start_time", "hs_activity_type"],
        Object::Tasks => &["hs_task_status", "hs_task_type", TIME],
        Object::Companies | Object::Contacts | Object::Deals | Object::LineItems => &[],
    }
}

/// An activity as HubSpot tells it.
#[derive(Debug)]
pub(super) struct Activity<'a> {
    pub(super) settings: &'a SourceSettings,
    pub(super) object: Object,
    pub(super) id: &'a str,
    pub(super) created_at: Instant,
    /// The values of today.
    pub(super) values: BTreeMap<&'a str, String>,
    /// The label of a value of a property, where the account gives one.
    pub(super) labels: &'a BTreeMap<String, BTreeMap<String, String>>,
    /// The oldest first, where the history is read.
    pub(super) histories: BTreeMap<&'a str, Vec<Version>>,
    /// When the round began: what lies after it has not happened.
    pub(super) now: Instant,
}

impl Activity<'_> {
    /// What happened, each with what the activity says of itself.
    pub(super) fn events(&self) -> Vec<Event> {
        match self.object {
            Object::Calls => vec![self.event(self.at(), &[], None)],
            Object::Emails if self.is_sent() => vec![self.event(self.at(), &[], None)],
            Object::Meetings => self.meetings(),
            Object::Tasks => self.tasks(),
            _ => Vec::new(),
        }
    }

    /// What it says of itself.
    pub(super) fn state(&self) -> Properties {
        let mut says = Properties::new();
        let mut say = |name: &str, value: Option<Value>| says.extend(value.map(|value| (name.to_owned(), value)));
        let is_booked = self.value("hs_object_source") == Some("MEETINGS");
        let is_by_machine = self.value("hs_object_source").is_some_and(|source| source.starts_with("AUTOMATION"));
        match self.object {
            Object::Calls => {
                let outcome = self.word("outcome", "hs_call_disposition", kebab);
                let is_connected = self.value("hs_call_disposition") == Some(CONNECTED)
                    || outcome.as_deref().is_some_and(|outcome| ["connected", "accepted"].contains(&outcome));
                say("answered", outcome.is_some().then_some(Value::Bool(is_connected)));
                say("outcome", outcome.map(Value::Text));
                say("direction", self.word("direction", "hs_call_direction", direction).map(Value::Text));
                say("follow_up", self.follow_up());
                say("automated", Some(Value::Bool(is_by_machine)));
                say("kind", self.word("kind", "hs_activity_type", str::to_owned).map(Value::Text));
            }
            Object::Emails => {
                let direction =
                    self.word("direction", "hs_email_direction", direction).unwrap_or_else(|| "out".to_owned());
                let is_in = direction == "in";
                let is_reply = self.value("hs_email_subject").is_some_and(begins_with_re);
                say("direction", Some(Value::Text(direction)));
                say("answered", Some(Value::Bool(is_in)));
                say("follow_up", Some(Value::Bool(!is_in && is_reply)));
                say("automated", Some(Value::Bool(is_by_machine || self.value("hs_sequence_id").is_some())));
            }
            Object::Meetings => {
                say("direction", Some(Value::text(if is_booked { "in" } else { "out" })));
                say("automated", Some(Value::Bool(is_booked || is_by_machine)));
                say("kind", self.word("kind", "hs_activity_type", str::to_owned).map(Value::Text));
            }
            Object::Tasks => {
                say("kind", self.word("kind", "hs_task_type", |kind| kind.to_lowercase()).map(Value::Text));
            }
            Object::Companies | Object::Contacts | Object::Deals | Object::LineItems => {}
        }
        says
    }

    fn meetings(&self) -> Vec<Event> {
        let started = self.history("hs_meeting_start_time");
        let mut events = Vec::new();
        for version in changes(self.history("hs_meeting_outcome")).filter(|version| !version.value.is_empty()) {
            let status = self.said("status", "hs_meeting_outcome", &version.value, meeting_status);
            let start = in_effect(started, version.at).and_then(|start| instant(&start.value));
            let at = match status.as_str() {
                "held" | "no-show" => start.map_or(version.at, |start| start.min(version.at)),
                _ => version.at,
            };
            let mut event = self.event(at, &["status", &version.value, &second(version.at)], Some(&status));
            event.properties.insert("answered".to_owned(), Value::Bool(status == "held"));
            events.push(event);
        }
        events
    }

    fn tasks(&self) -> Vec<Event> {
        let status = self.history("hs_task_status");
        let is_done = |version: &Version| version.value == "COMPLETED";
        let done = changes(status).filter(|version| is_done(version));
        let mut events: Vec<Event> =
            done.map(|version| self.event(version.at, &["done", &second(version.at)], Some("done"))).collect();
        let due: Vec<&Version> = changes(self.history(TIME)).collect();
        for (n, version) in due.iter().enumerate() {
            let Some(time) = instant(&version.value) else { continue };
            // A time that was set after it had passed is due at once; one that was put off before it came is not.
            let at = time.max(version.at);
            let is_put_off = due.get(n + 1).is_some_and(|next| next.at <= at);
            if at <= self.now && !is_put_off && !in_effect(status, at).is_some_and(is_done) {
                events.push(self.event(at, &["due", &time.as_ms().to_string()], Some("due")));
            }
        }
        events
    }

    /// An e-mail that waits or failed was not sent.
    fn is_sent(&self) -> bool {
        !self.value("hs_email_status").is_some_and(|status| ["SCHEDULED", "SENDING", "FAILED"].contains(&status))
    }

    fn at(&self) -> Instant {
        self.value(TIME).and_then(instant).unwrap_or(self.created_at)
    }

    fn event(&self, at: Instant, what: &[&str], status: Option<&str>) -> Event {
        let kind = self.object.event().unwrap_or_default();
        let id = self.object.entity_id(self.id);
        let record = Record { settings: self.settings, entity: EntityKind::Activity, id: &id };
        let owner = self.value("hubspot_owner_id");
        let mut event = record.happened(kind, at, what);
        event.owner = owner.map(|owner| person(self.settings, owner));
        event.properties.extend(status.map(|status| ("status".to_owned(), Value::text(status))));
        event.set.insert(EntityKind::Activity, self.state());
        event
    }

    fn value(&self, property: &str) -> Option<&str> {
        self.values.get(property).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn history(&self, property: &str) -> &[Version] {
        self.histories.get(property).map(Vec::as_slice).unwrap_or_default()
    }

    fn follow_up(&self) -> Option<Value> {
        let word = self.word("follow_up", "hs_activity_type", |kind| {
            (if kind.to_lowercase().contains("follow") { "true" } else { "false" }).to_owned()
        })?;
        Some(Value::Bool(!["false", "no"].contains(&word.as_str())))
    }

    /// Our word for what it says today: the map's for a property of its own choice, else for HubSpot's, else ours.
    fn word(&self, field: &str, property: &str, ours: fn(&str) -> String) -> Option<String> {
        let kind = self.object.event()?;
        let bound = self.values.iter().find_map(|(name, value)| {
            self.texts(name, value).find_map(|text| self.settings.words.bound_value(kind, field, name, text))
        });
        if let Some(bound) = bound {
            return Some(bound.to_owned());
        }
        Some(self.said(field, property, self.value(property)?, ours))
    }

    /// Our word for this value of a property.
    fn said(&self, field: &str, property: &str, value: &str, ours: fn(&str) -> String) -> String {
        let kind = self.object.event().unwrap_or_default();
        let mapped =
            self.texts(property, value).find_map(|text| self.settings.words.value(kind, field, property, text));
        let label = || self.texts(property, value).next().unwrap_or(value);
        mapped.map_or_else(|| ours(if property == "hs_call_disposition" { label() } else { value }), str::to_owned)
    }

    /// A value as people read it, and as HubSpot writes it.
    fn texts<'t>(&'t self, property: &str, value: &'t str) -> impl Iterator<Item = &'t str> {
        let label = self.labels.get(property).and_then(|labels| labels.get(value)).map(String::as_str);
        let standard = DISPOSITIONS.iter().find(|(id, _)| *id == value).map(|(_, label)| *label);
        label.or(standard).into_iter().chain([value])
    }
}

/// Versions without those that changed nothing.
fn changes(versions: &[Version]) -> impl Iterator<Item = &Version> {
    let changed = |at: usize| at == 0 || versions[at - 1].value != versions[at].value;
    versions.iter().enumerate().filter(move |(at, _)| changed(*at)).map(|(_, version)| version)
}

/// The version that was in effect at a time; before the first, the first.
fn in_effect(versions: &[Version], at: Instant) -> Option<&Version> {
    versions.iter().rev().find(|version| version.at <= at).or(versions.first())
}

/// To the second: two ways of telling may differ by less.
fn second(at: Instant) -> String {
    (at.as_ms().div_euclid(MS_PER_SECOND) * MS_PER_SECOND).to_string()
}

/// A time as the API writes it, or in milliseconds.
fn instant(text: &str) -> Option<Instant> {
    let in_ms = || text.parse().ok().map(Instant).filter(|at| at.to_timestamp().as_millisecond() == at.as_ms());
    Instant::parse(text).or_else(in_ms)
}

fn direction(theirs: &str) -> String {
    match theirs {
        "INBOUND" | "INCOMING_EMAIL" | "FORWARDED_EMAIL" => "in".to_owned(),
        "OUTBOUND" | "EMAIL" => "out".to_owned(),
        other => other.to_lowercase(),
    }
}

fn meeting_status(theirs: &str) -> String {
    match theirs {
        "SCHEDULED" => "confirmed".to_owned(),
        "COMPLETED" => "held".to_owned(),
        other => kebab(other),
    }
}

fn kebab(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '_'], "-")
}

/// Whether a subject is that of an answer. Subjects are looked at and never kept.
fn begins_with_re(subject: &str) -> bool {
    subject.trim_start().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"))
}
