//! What an alert about one record tells: its name, its money, its people, as its account's events say.

use shiftbell_metrics::contribution::Row;
use shiftbell_metrics::definitions::Rule;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::money::Money;
use shiftbell_metrics::time::{Instant, Zone};
use shiftbell_metrics::value::Value;
use shiftbell_render::facts::{Footer, Person, SeenBy, SourceAge, Sources};
use shiftbell_render::messages::{Leaving, LeavingKind, Notice, OldLeak, Open, Record, Won};

use super::Workspace;
use super::decide::To;

pub(super) mod cycle;
mod signs;

use cycle::Cycle;

/// A fact that happened, with the events of its account.
#[derive(Debug)]
pub(super) struct Story<'a> {
    workspace: &'a Workspace,
    row: &'a Row,
    /// The event at which it happened, and its source.
    happened: &'a (Event, String),
    known: &'a [(Event, String)],
    /// How long it took, for a deal.
    cycle: Option<Cycle>,
}

impl<'a> Story<'a> {
    /// `None` if the event cannot be found any more.
    pub(super) fn of(
        workspace: &'a Workspace,
        row: &'a Row,
        known: &'a [(Event, String)],
        cycle: Option<Cycle>,
    ) -> Option<Story<'a>> {
        let entry = &row.entry;
        let at_that_time = || known.iter().filter(|(event, _)| event.at == entry.at);
        let happened =
            at_that_time().find(|(event, _)| event.entity_id() == entry.entity).or_else(|| at_that_time().next())?;
        Some(Story { workspace, row, happened, known, cycle })
    }

    pub(super) fn event_id(&self) -> &str {
        &self.happened.0.id
    }

    /// What it is about: the event's own amount, else what the deal is worth. In the workspace's currency only.
    pub(super) fn worth(&self) -> Option<Money> {
        let own = self.workspace.defs().workspace.currency;
        let stated = self.happened.0.properties.get("amount").and_then(|value| value.as_money(own));
        stated.or_else(|| self.deal_amount()).filter(|money| money.currency == own)
    }

    /// The message that this rule sends; `None` where there is nothing to say about this fact.
    ///
    /// `due` is when it is read, and `place` where.
    pub(super) fn notice(&self, rule: &Rule, to: &To, due: Instant, place: &Zone) -> Option<Notice> {
        let event = &self.happened.0;
        match event.kind.as_str() {
            "deal" => Some(Notice::from(self.won(to))),
            "order" if word(event, "status") == Some("paid") => Some(Notice::from(self.won(to))),
            "subscription" | "invoice" => self.leaving(to, due, place).map(Notice::from),
            kind => {
                tracing::warn!(rule = rule.id, kind, "there is no message for this kind of event yet");
                None
            }
        }
    }

    /// Who told that it happened.
    pub(super) fn source(&self) -> &str {
        &self.happened.1
    }

    /// The same as something that began before anybody could be told; `None` if it is over, or smaller than the rule asks
    /// for.
    pub(super) fn old_leak(&self, rule: &Rule, fact: &str, now: Instant) -> Option<OldLeak> {
        let event = &self.happened.0;
        let zone = &self.workspace.defs().workspace.zone;
        let worth = self.worth();
        if worth.zip(rule.at_least).is_some_and(|(worth, at_least)| worth.major() < at_least) {
            return None;
        }
        let since = zone.day_of(event.at).date();
        let (open, worth) = match (event.kind.as_str(), instant(event, "ends_at")) {
            ("subscription", Some(ends)) if ends > now => {
                let a_year = |worth: Money| Money::new(worth.minor.saturating_mul(12), worth.currency);
                (Open::Leaves { on: zone.day_of(ends).date() }, worth.map(a_year))
            }
            // They have left: that is a loss, and nothing can be done about it.
            ("subscription", _) => return None,
            ("invoice", _) => (Open::Unpaid { since }, worth),
            _ => (Open::Other { what: fact.replace('-', " "), since }, worth),
        };
        Some(OldLeak { record: self.record().name, worth, open, owner: self.person(self.row.entry.owner.as_deref()) })
    }

    fn won(&self, to: &To) -> Won {
        let is_yearly = self.latest(EntityKind::Deal, "annual_amount").is_some();
        Won {
            record: self.record(),
            money: self.deal_amount(),
            per: is_yearly.then(|| "a year".to_owned()),
            found_by: self.person(self.row.entry.sourced.as_deref()),
            closed_by: self.person(self.row.entry.owner.as_deref()),
            helped_by: self.campaign(),
            days: self.cycle.map(|cycle| cycle.days),
            usual_days: self.cycle.and_then(|cycle| cycle.usual),
            footer: self.footer(to),
        }
    }

    fn leaving(&self, to: &To, due: Instant, place: &Zone) -> Option<Leaving> {
        let event = &self.happened.0;
        let zone = &self.workspace.defs().workspace.zone;
        let a_month = self.worth()?;
        let kind = match (event.kind.as_str(), instant(event, "ends_at")) {
            ("invoice", _) => LeavingKind::NotPaid {
                retries_left: event
                    .properties
                    .get("retries_left")
                    .and_then(Value::as_number)
                    .map_or(0, |n| u64::try_from(n.trunc()).unwrap_or(0)),
                last_retry: instant(event, "last_retry_at").map(|at| zone.day_of(at).date()),
            },
            (_, Some(ends)) => {
                let days_left = zone.day_of(ends).0 - zone.day_of(event.at).0;
                LeavingKind::Cancelled {
                    on: zone.day_of(ends).date(),
                    days_left: u64::try_from(days_left).unwrap_or(0),
                }
            }
            (_, None) => LeavingKind::Gone,
        };
        let whom = || signs::whom(self.known).unwrap_or_else(|| "them".to_owned());
        let next = match &kind {
            LeavingKind::Cancelled { .. } => Some(format!("call {}", whom())),
            LeavingKind::NotPaid { .. } => Some(format!("ask {} about the payment", whom())),
            LeavingKind::Gone => None,
        };
        Some(Leaving {
            record: self.record(),
            kind,
            money_a_month: a_month,
            money_a_year: Money::new(a_month.minor.saturating_mul(12), a_month.currency),
            at: moment(event.at, due, place),
            source: self.workspace.source_name(&self.happened.1),
            reason: word(event, "reason").map(str::to_owned),
            seen_before: signs::before(self.known, event.at),
            customer_since: self.customer_since(zone),
            kept: None,
            next,
            footer: self.footer(to),
        })
    }

    fn customer_since(&self, zone: &Zone) -> Option<jiff::civil::Date> {
        let started = self.known.iter().filter(|(event, _)| word(event, "change") == Some("started"));
        started.map(|(event, _)| event.at).min().map(|at| zone.day_of(at).date())
    }

    /// `the spring campaign`, where the CRM says which one brought the contact.
    fn campaign(&self) -> Option<String> {
        let campaign = self.latest(EntityKind::Contact, "campaign")?.as_text()?.trim().to_owned();
        let is_said = campaign.to_lowercase().ends_with("campaign");
        (!campaign.is_empty()).then(|| format!("the {campaign}{}", if is_said { "" } else { " campaign" }))
    }

    /// The customer by the name that people use: of the company, else of the deal, else of the person.
    fn record(&self) -> Record {
        let of = |kind, field: &str| self.latest(kind, field).and_then(|value| value.as_text().map(str::to_owned));
        let person = || {
            let names = [of(EntityKind::Contact, "first_name"), of(EntityKind::Contact, "last_name")];
            let whole = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
            (!whole.is_empty()).then_some(whole)
        };
        let name = of(EntityKind::Company, "name")
            .or_else(|| of(EntityKind::Deal, "name"))
            .or_else(person)
            .unwrap_or_else(|| self.happened.0.entity().to_string());
        Record { name, url: None }
    }

    fn deal_amount(&self) -> Option<Money> {
        let own = self.workspace.defs().workspace.currency;
        let fields = ["annual_amount", "amount"];
        fields.into_iter().find_map(|field| self.latest(EntityKind::Deal, field)?.as_money(own))
    }

    /// The latest known value of a property of the entity of this kind that the event names or belongs to.
    fn latest(&self, kind: EntityKind, field: &str) -> Option<&Value> {
        let wanted = self.happened.0.names.get(&kind);
        let of_it = |event: &&(Event, String)| wanted.is_none() || event.0.names.get(&kind) == wanted;
        let set = self.known.iter().filter(of_it).filter_map(|(event, _)| {
            let value = event.set.get(&kind)?.get(field)?;
            (!value.is_null()).then_some((event.at, value))
        });
        set.max_by_key(|(at, _)| *at).map(|(_, value)| value)
    }

    fn person(&self, owner: Option<&str>) -> Option<Person> {
        let owner = owner?;
        Some(self.workspace.person(owner).map_or_else(|| Person::new(owner), |known| Person::new(&known.email)))
    }

    fn footer(&self, to: &To) -> Footer {
        let seen_by = match to {
            To::Person(_) => SeenBy::OnlyYou,
            To::Channel(_) => SeenBy::Channel,
        };
        let sources = Sources::Ages(vec![SourceAge::new(self.workspace.source_name(&self.happened.1), 0)]);
        Footer { data_to: None, sources, seen_by, receipt: None }
    }
}

fn word<'e>(event: &'e Event, property: &str) -> Option<&'e str> {
    event.properties.get(property)?.as_text()
}

fn instant(event: &Event, property: &str) -> Option<Instant> {
    event.properties.get(property)?.as_instant()
}

/// When something happened, as whoever reads it at `due` says it: `today at 10:41`, `yesterday at 22:10`.
fn moment(at: Instant, due: Instant, zone: &Zone) -> String {
    let local = zone.local(at);
    let day = match zone.day_of(due).0 - zone.day_of(at).0 {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        2.. => format!("on {}", shiftbell_render::words::long_day(local.date())),
    };
    format!("{day} at {:02}:{:02}", local.hour(), local.minute())
}

#[cfg(test)]
mod tests {
    use shiftbell_metrics::time::MS_PER_DAY;

    use super::*;

    #[test]
    fn a_moment_is_told_on_the_clock_and_the_day_of_whoever_reads_it() {
        let at = Instant::parse("2026-11-20T03:10:00Z").unwrap();
        let (here, there) = (Zone::named("America/New_York").unwrap(), Zone::named("Europe/Berlin").unwrap());
        let next_morning = at.plus_ms(10 * 60 * 60 * 1_000);
        assert_eq!(moment(at, at, &here), "today at 22:10");
        assert_eq!(moment(at, next_morning, &here), "yesterday at 22:10");
        assert_eq!(moment(at, next_morning, &there), "today at 04:10");
        assert_eq!(moment(at, at.plus_ms(3 * MS_PER_DAY), &here), "on 19 November at 22:10");
    }
}
