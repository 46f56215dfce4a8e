//! HubSpot's properties and our fields, where every portal has the same ones. The map of the source comes first.

use rust_decimal::Decimal;
use shiftbell_metrics::event::Properties;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::money::Money;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, Zone};
use shiftbell_metrics::value::Value;

use super::portal::{End, Written};
use crate::settings::SourceSettings;

/// HubSpot's property for the owner of any record. It holds the id of an *owner*, not of a user.
const OWNER: &str = "hubspot_owner_id";

/// Our field for a property; a property that nobody named keeps its own name.
pub(super) fn field_of<'a>(settings: &'a SourceSettings, entity: EntityKind, property: &'a str) -> &'a str {
    let by_label = || settings.words.field(entity.word(), settings.labels.property(entity, property)?);
    if let Some(field) = settings.words.field(entity.word(), property).or_else(by_label) {
        return field;
    }
    match (entity, property) {
        (_, OWNER) => "owner",
        (EntityKind::Contact, "lifecyclestage") => "lifecycle",
        (EntityKind::Contact, "hs_lead_status") => "status",
        (EntityKind::Contact, "hubspotscore") => "lead_score",
        (EntityKind::Contact, "hs_analytics_source") => "source",
        (EntityKind::Contact, "firstname") => "first_name",
        (EntityKind::Contact, "lastname") => "last_name",
        (EntityKind::Contact, "jobtitle") => "title",
        (EntityKind::Deal, "dealstage") => "stage",
        (EntityKind::Deal, "dealname") => "name",
        (EntityKind::Deal, "dealtype") => "kind",
        (EntityKind::Deal, "closedate") => "close_at",
        (EntityKind::Deal, "hs_next_step") => "next_step",
        (EntityKind::Deal, "notes_next_activity_date") => "next_step_at",
        (EntityKind::Deal, "num_associated_contacts") => "contacts",
        _ => property,
    }
}

/// Our value where HubSpot's own is the same in every portal and the map says nothing.
fn standard_value(field: &str, theirs: &str) -> Option<&'static str> {
    match (field, theirs) {
        ("stage", "closedwon") => Some("won"),
        ("stage", "closedlost") => Some("lost"),
        ("status", "UNQUALIFIED") => Some("disqualified"),
        ("source", "ORGANIC_SEARCH") => Some("search"),
        ("source", "PAID_SEARCH" | "PAID_SOCIAL") => Some("ads"),
        ("source", "REFERRALS") => Some("referral"),
        ("source", "DIRECT_TRAFFIC") => Some("direct"),
        _ => None,
    }
}

/// The changes that a new value of one property means; empty text clears.
pub(super) fn changes(settings: &SourceSettings, entity: EntityKind, property: &str, theirs: &str) -> Properties {
    let field = field_of(settings, entity, property);
    let value = value_of(settings, entity, field, property, theirs);
    let mut set = Properties::new();
    match (entity, field) {
        (EntityKind::Contact, "email") => {
            let domain = theirs.rsplit_once('@').map_or(Value::Null, |(_, of)| Value::text(of.trim().to_lowercase()));
            set.insert("email_domain".to_owned(), domain);
        }
        // A deal's amount is what the customer pays a year, unless the map names another property for that.
        (EntityKind::Deal, "amount") if !settings.words.has_field("deal", "annual_amount") => {
            set.insert("annual_amount".to_owned(), value.clone());
        }
        _ => {}
    }
    set.insert(field.to_owned(), value);
    set
}

fn value_of(settings: &SourceSettings, entity: EntityKind, field: &str, property: &str, theirs: &str) -> Value {
    if theirs.is_empty() {
        return Value::Null;
    }
    if let Some(ours) = ours(settings, entity, field, property, theirs) {
        return Value::text(ours);
    }
    match field {
        "owner" => Value::text(person(settings, theirs)),
        "amount" | "annual_amount" | "annual_list_amount" => amount(settings, theirs),
        "lead_score" | "contacts" => number(theirs),
        _ => match settings.labels.written(entity, property) {
            Some(Written::Day) => day(settings, theirs),
            Some(Written::Time) => instant(settings, theirs),
            _ if field.ends_with("_at") => instant(settings, theirs),
            _ if entity == EntityKind::Deal && field == "stage" => {
                Value::text(ended(settings, theirs).unwrap_or(theirs))
            }
            _ => Value::text(standard_value(field, theirs).unwrap_or(theirs)),
        },
    }
}

/// Our value for one of theirs: by its label, else by the internal value itself, unless that reads like the label of another.
fn ours<'a>(
    settings: &'a SourceSettings,
    entity: EntityKind,
    field: &str,
    property: &str,
    theirs: &str,
) -> Option<&'a str> {
    let of = |text: &str| settings.words.value(entity.word(), field, property, text);
    let label = settings.labels.value(entity, property, theirs);
    label.and_then(of).or_else(|| {
        let is_misleading = settings.labels.is_label_of_another(entity, property, theirs);
        of(theirs).filter(|_| !is_misleading)
    })
}

/// How a stage ends a deal where the map names no stage that does: as the account says, else as HubSpot's own stages do.
fn ended(settings: &SourceSettings, stage: &str) -> Option<&'static str> {
    let by_account = match settings.labels.end(stage) {
        Some(End::Won) => Some("won"),
        Some(End::Lost) => Some("lost"),
        None => None,
    };
    let is_said = |ours: &&str| settings.words.has_value("deal", "stage", ours);
    by_account.filter(|ours| !is_said(ours)).or_else(|| standard_value("stage", stage))
}

/// The e-mail of an owner or user where the map or the account knows it, else the id.
pub(super) fn person(settings: &SourceSettings, id: &str) -> String {
    email(settings, id).unwrap_or(id).to_owned()
}

/// The e-mail of an owner or user: of the map, else of the account.
pub(super) fn email<'a>(settings: &'a SourceSettings, id: &str) -> Option<&'a str> {
    settings.words.person(id).or_else(|| settings.labels.email(id))
}

fn number(theirs: &str) -> Value {
    theirs.trim().parse::<Decimal>().map_or_else(|_| Value::text(theirs), Value::Number)
}

/// Money only where the currency is known: HubSpot sends the bare number, in the currency of the deal.
fn amount(settings: &SourceSettings, theirs: &str) -> Value {
    let number = number(theirs);
    let currency = settings.currency.or_else(|| settings.labels.currency());
    let money = currency.zip(number.as_number()).and_then(|(currency, of)| Money::from_major(of, currency));
    money.map_or(number, Value::Money)
}

/// HubSpot sends times as milliseconds in text, some as a date.
fn instant(settings: &SourceSettings, theirs: &str) -> Value {
    let theirs = theirs.trim();
    match (milliseconds(theirs), theirs.parse::<jiff::civil::Date>()) {
        (Some(at), _) => Value::text(at.to_string()),
        (None, Ok(date)) => start_of(settings, Day::from_date(date)),
        (None, Err(_)) => Value::text(theirs),
    }
}

/// A day is sent as its midnight in UTC, and is one of the account's own calendar: 31 March in Arizona is not 30 March.
fn day(settings: &SourceSettings, theirs: &str) -> Value {
    match milliseconds(theirs.trim()) {
        Some(at) if at.as_ms().rem_euclid(MS_PER_DAY) == 0 => start_of(settings, Zone::utc().day_of(at)),
        _ => instant(settings, theirs),
    }
}

fn start_of(settings: &SourceSettings, day: Day) -> Value {
    let utc = Zone::utc();
    Value::text(settings.labels.zone().unwrap_or(&utc).start_of(day).to_string())
}

fn milliseconds(text: &str) -> Option<Instant> {
    text.parse().map(Instant).ok().filter(|at| at.to_timestamp().as_millisecond() == at.as_ms())
}
