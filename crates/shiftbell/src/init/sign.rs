//! By what it is seen that somebody became an MQL or an SQL.

use std::fmt;

use shiftbell_metrics::id::EntityKind;
use shiftbell_sources::hubspot::portal::Portal;

use super::{folded, list, quoted};

/// A sign, in HubSpot's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// One of these forms was sent.
    Form(Vec<String>),
    /// Any form was sent.
    AnyForm,
    /// A property that is a number is above this.
    Score { property: String, label: String, above: u32 },
    /// A meeting was booked or held.
    Meeting,
    /// The lifecycle stage became this one. `word` tells it from the others in a map.
    Lifecycle { label: String, word: String },
}

/// The property of a contact in which HubSpot keeps the form that was sent last.
const LAST_FORM: &str = "recent_conversion_event_name";
const LIFECYCLE: &str = "lifecyclestage";
/// Above this a score is a sign, where nobody says otherwise.
pub const SCORE: u32 = 10;

impl Sign {
    /// Reads `form: Demo request`, `score: hubspotscore > 10`, `meeting`, `lifecycle: Opportunity`.
    ///
    /// # Errors
    /// A sentence that names what the account has.
    pub fn read(text: &str, portal: &Portal) -> Result<Sign, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let rest = rest.trim();
        match kind.trim().to_lowercase().as_str() {
            "meeting" => Ok(Sign::Meeting),
            "form" if rest.is_empty() => Ok(Sign::AnyForm),
            "form" => {
                let wanted = rest.split('|').map(str::trim).map(|name| form(name, portal));
                Ok(Sign::Form(wanted.collect::<Result<Vec<_>, _>>()?))
            }
            "lifecycle" => lifecycle(rest, portal),
            "score" => score(rest, portal),
            other => Err(format!(
                "`{other}` is no sign; write meeting, \"form: NAME\", \"score: PROPERTY > 10\" or \"lifecycle: STAGE\""
            )),
        }
    }

    /// The stage with this value.
    pub(super) fn lifecycle(portal: &Portal, value: &str, label: &str) -> Sign {
        Sign::Lifecycle { label: label.to_owned(), word: word_of(LIFECYCLE, value, options_of(portal, LIFECYCLE)) }
    }

    /// The name of its fact, to be read aloud: `demo-request-sent`, `meeting-booked`. `word` is ours for the stage.
    pub(super) fn name(&self, word: &str) -> String {
        let sent = |form: &str| super::slug(form).map(|name| format!("{name}-sent"));
        match self {
            Sign::Form(names) => match names.as_slice() {
                [only] => sent(only),
                _ => None,
            }
            .unwrap_or_else(|| format!("{word}-form-sent")),
            Sign::AnyForm => "form-sent".to_owned(),
            Sign::Score { above, .. } => format!("score-above-{above}"),
            Sign::Meeting => "meeting-booked".to_owned(),
            Sign::Lifecycle { .. } => format!("{word}-reached"),
        }
    }

    /// The right side of a fact. `word` is ours for the form or stage: `mql`, `sql`.
    pub(super) fn fact(&self, word: &str) -> String {
        match self {
            Sign::Form(_) => format!("{{ event = \"form\", form = \"{word}\" }}"),
            Sign::AnyForm => "{ event = \"form\" }".to_owned(),
            Sign::Score { above, .. } => format!("{{ when = 'contact.lead_score > {above}' }}"),
            Sign::Meeting => "{ event = \"meeting\", status = [\"confirmed\", \"held\"] }".to_owned(),
            Sign::Lifecycle { .. } => format!("{{ event = \"contact\", contact.lifecycle = \"{word}\" }}"),
        }
    }

    /// The lines of the map that it needs.
    pub(super) fn map(&self, word: &str) -> Vec<String> {
        match self {
            Sign::Form(names) => {
                // Another `=` would name a property.
                let names: Vec<String> = names.iter().map(|name| bound(LAST_FORM, name)).collect();
                vec![format!("form.form.{word} = {}", list(names.iter().map(String::as_str)))]
            }
            Sign::AnyForm => Vec::new(),
            Sign::Score { property, .. } => vec![format!("contact.lead_score = {}", quoted(property))],
            Sign::Meeting => vec![
                "meeting.status.confirmed = [\"Scheduled\"]".to_owned(),
                "meeting.status.held = [\"Completed\"]".to_owned(),
            ],
            Sign::Lifecycle { word: theirs, .. } => {
                vec![format!("contact.lifecycle.{word} = {}", list([theirs.as_str()]))]
            }
        }
    }
}

/// By which word of a map a value is told from the others of its property: its label, else the value itself, bound to the
/// property.
pub(super) fn word_of(property: &str, value: &str, all: &[(String, String)]) -> String {
    let label = all.iter().find(|(known, _)| known == value).map_or(value, |(_, label)| label.as_str());
    let word = folded(label);
    let is_shared = all.iter().any(|(known, other)| known != value && folded(other) == word);
    if word.is_empty() || is_shared || label.contains('=') { format!("{property}={value}") } else { label.to_owned() }
}

/// A label as a word of the map: one that holds a `=` is bound to its property, so that it is not taken for a binding.
fn bound(property: &str, label: &str) -> String {
    if label.contains('=') { format!("{property}={label}") } else { label.to_owned() }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sign::Form(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
                write!(f, "they sent the form {}", names.join(" or "))
            }
            Sign::Score { label, above, .. } => write!(f, "their \"{label}\" is above {above}"),
            Sign::AnyForm => f.write_str("they sent a form"),
            Sign::Meeting => f.write_str("a meeting with them was booked"),
            Sign::Lifecycle { label, .. } => write!(f, "their lifecycle stage is \"{label}\""),
        }
    }
}

fn form(name: &str, portal: &Portal) -> Result<String, String> {
    let found = portal.forms.iter().find(|form| form.name.eq_ignore_ascii_case(name));
    found
        .map(|form| form.name.clone())
        .ok_or_else(|| unknown("form", name, portal.forms.iter().map(|form| &*form.name)))
}

fn lifecycle(name: &str, portal: &Portal) -> Result<Sign, String> {
    let options = options_of(portal, LIFECYCLE);
    let is_meant = |(value, label): &&(String, String)| label.eq_ignore_ascii_case(name) || value == name;
    match options.iter().find(is_meant) {
        Some((value, label)) => Ok(Sign::lifecycle(portal, value, label)),
        None => Err(unknown("lifecycle stage", name, options.iter().map(|(_, label)| label.as_str()))),
    }
}

fn score(text: &str, portal: &Portal) -> Result<Sign, String> {
    let (name, above) = text.split_once('>').unwrap_or((text, ""));
    let (name, above) = (name.trim(), above.trim());
    let above = match above {
        "" => SCORE,
        number => number.parse().map_err(|_| format!("`{number}` is no whole number above which a score counts"))?,
    };
    let of = portal.properties.get(&EntityKind::Contact).map(Vec::as_slice).unwrap_or_default();
    let found = of.iter().find(|property| property.name == name || property.label.eq_ignore_ascii_case(name));
    match found {
        Some(property) => Ok(Sign::Score { property: property.name.clone(), label: property.label.clone(), above }),
        None => {
            let numbers = of.iter().filter(|property| property.kind == "number");
            Err(unknown("property of contacts", name, numbers.map(|property| property.label.as_str())))
        }
    }
}

/// The options of a property of contacts.
pub(super) fn options_of<'p>(portal: &'p Portal, name: &str) -> &'p [(String, String)] {
    let of = portal.properties.get(&EntityKind::Contact).map(Vec::as_slice).unwrap_or_default();
    of.iter().find(|property| property.name == name).map(|property| property.options.as_slice()).unwrap_or_default()
}

/// That the account has no such thing, with the nearest that it has.
pub fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable_by_key(|one| strsim::damerau_levenshtein(&one.to_lowercase(), &name.to_lowercase()));
    match known.as_slice() {
        [] => format!("the account has no {what} `{name}`; it has none at all"),
        [nearest, ..] if strsim::damerau_levenshtein(&nearest.to_lowercase(), &name.to_lowercase()) <= 3 => {
            format!("the account has no {what} `{name}`; did you mean \"{nearest}\"?")
        }
        all => {
            let some: Vec<String> = all.iter().take(5).map(|one| format!("\"{one}\"")).collect();
            format!("the account has no {what} `{name}`; it has {}", some.join(", "))
        }
    }
}
