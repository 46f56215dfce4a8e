//! The name by which people know a record: of the company, else of the deal, else of the person.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::{EntityId, EntityKind};
use shiftbell_store::{entities, events};

use crate::answer::AskError;
use crate::work::shelf::Shelf;

/// What an entity's record is called at the hour of the shelf; `None` if none of its events says so.
pub(crate) async fn name(shelf: &mut Shelf<'_>, entity: EntityId) -> Result<Option<String>, AskError> {
    let name = shelf.company.name();
    let Some(known) = entities::get(&mut shelf.snapshot, name, &[entity]).await?.pop() else { return Ok(None) };
    let stored = events::of_accounts(&mut shelf.snapshot, name, &[known.account]).await?;
    let by_then = stored.iter().filter(|stored| shelf.sees(stored.at));
    let known: Vec<Event> = by_then.filter_map(|stored| stored.event().ok()).collect();
    Ok(name_in(&known, entity))
}

fn name_in(events: &[Event], entity: EntityId) -> Option<String> {
    let concerns = |event: &&Event| event.names.iter().any(|(kind, id)| EntityId::of(*kind, id) == entity);
    let of_it: Vec<&Event> = events.iter().filter(concerns).collect();
    let latest = |among: &[&Event], kind, field: &str| {
        let set = among.iter().filter_map(|event| {
            let text = event.set.get(&kind)?.get(field)?.as_text()?;
            (!text.trim().is_empty()).then(|| (event.at, text.to_owned()))
        });
        set.max_by_key(|(at, _)| *at).map(|(_, text)| text)
    };
    let everything: Vec<&Event> = events.iter().collect();
    let person = || {
        let names = ["first_name", "last_name"].map(|field| latest(&of_it, EntityKind::Contact, field));
        let whole = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!whole.is_empty()).then_some(whole)
    };
    latest(&everything, EntityKind::Company, "name")
        .or_else(|| latest(&of_it, EntityKind::Deal, "name"))
        .or_else(person)
        .or_else(|| latest(&of_it, EntityKind::Contact, "email"))
}
