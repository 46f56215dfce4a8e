//! The fields that a file may name: those built in, those it declares and those its sources fill.

use super::document::Table;
use super::model::FieldName;
use super::report::Report;
use crate::expression::{Catalogue, Type};

/// Fields that exist without being declared.
const BUILT_IN: &[(&str, Type)] = &[
    ("contact.email", Type::Text),
    ("contact.email_domain", Type::Text),
    ("contact.name", Type::Text),
    ("contact.lead_score", Type::Number),
    ("contact.lifecycle", Type::Text),
    ("contact.status", Type::Text),
    ("contact.source", Type::Text),
    ("contact.campaign", Type::Text),
    ("contact.product", Type::Text),
    ("contact.country", Type::Text),
    ("contact.language", Type::Text),
    ("contact.title", Type::Text),
    ("contact.owner", Type::Text),
    ("contact.created_at", Type::Time),
    ("company.name", Type::Text),
    ("company.domain", Type::Text),
    ("company.segment", Type::Text),
    ("company.industry", Type::Text),
    ("company.country", Type::Text),
    ("company.employees", Type::Number),
    ("company.revenue", Type::Money),
    ("company.owner", Type::Text),
    ("company.created_at", Type::Time),
    ("deal.name", Type::Text),
    ("deal.stage", Type::Text),
    ("deal.pipeline", Type::Text),
    ("deal.kind", Type::Text),
    ("deal.product", Type::Text),
    ("deal.bant", Type::Text),
    ("deal.evidence", Type::Text),
    ("deal.amount", Type::Money),
    ("deal.annual_amount", Type::Money),
    ("deal.annual_list_amount", Type::Money),
    ("deal.items", Type::Number),
    ("deal.recurring_amount", Type::Money),
    ("deal.open", Type::Bool),
    ("deal.owner", Type::Text),
    ("deal.contacts", Type::Number),
    ("deal.created_at", Type::Time),
    ("deal.close_at", Type::Time),
    ("deal.lost_reason", Type::Text),
    ("deal.next_step_at", Type::Time),
    ("deal.touched_today", Type::Bool),
    ("subscription.status", Type::Text),
    ("subscription.plan", Type::Text),
    ("subscription.product", Type::Text),
    ("subscription.amount", Type::Money),
    ("subscription.started_at", Type::Time),
    ("subscription.renews_at", Type::Time),
    ("visitor.source", Type::Text),
    ("visitor.campaign", Type::Text),
    ("visitor.country", Type::Text),
    ("customer.since", Type::Time),
    ("customer.owner", Type::Text),
    ("customer.mrr", Type::Money),
    ("customer.days_since_contact", Type::Number),
    ("customer.days_to_renewal", Type::Number),
    ("customer.shows_used_share", Type::Number),
    ("customer.renewal_deal", Type::Bool),
    ("order.product", Type::Text),
    ("order.status", Type::Text),
    ("order.amount", Type::Money),
    ("spend.amount", Type::Money),
    ("spend.channel", Type::Text),
    ("event.owner", Type::Text),
    ("event.status", Type::Text),
    ("event.outcome", Type::Text),
    ("event.direction", Type::Text),
    ("event.kind", Type::Text),
    ("event.amount", Type::Money),
];

/// The fields of this file. `fields` is its section `[fields]`, `sources` its section `[sources]`.
pub(super) fn catalogue(report: &mut Report<'_>, fields: Option<Table<'_>>, sources: Option<&Table<'_>>) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (name, of_type) in BUILT_IN {
        catalogue.add(name, *of_type);
    }
    if let Some(sources) = sources {
        add_mapped(&mut catalogue, sources);
    }
    if let Some(fields) = fields {
        add_declared(report, &mut catalogue, fields);
    }
    catalogue
}

/// `contact.favourite = "text"`
fn add_declared(report: &mut Report<'_>, catalogue: &mut Catalogue, mut fields: Table<'_>) {
    let words = Type::ALL.map(|of_type| (of_type.word(), of_type));
    for entry in fields.rest() {
        let Some(mut of) = entry.item.as_table(fields.child(&entry.key.text)) else {
            let fix = Some(format!("write contact.{} = \"text\"", entry.key.text));
            report.problem(&entry.key.span, format!("`{}` does not say whose field it is", entry.key.text), fix);
            continue;
        };
        for field in of.rest() {
            if let Some(of_type) = field.item.word(report, "kind of field", &words) {
                catalogue.add(&format!("{}.{}", entry.key.text, field.key.text), of_type);
            }
        }
    }
}

/// What a source fills exists: `deal.bant.met = ["Yes"]` fills `deal.bant`, `contact.lead_score = "Score"` itself.
fn add_mapped(catalogue: &mut Catalogue, sources: &Table<'_>) {
    for source in sources.clone().rest() {
        let map = source.item.as_table("").and_then(|mut source| source.get("map")).and_then(|map| map.as_table(""));
        // `owner."ann@acme.example" = ["1001"]` names a person, not a field.
        for of in map.into_iter().flat_map(|mut map| map.rest()).filter(|of| of.key.text != "owner") {
            for field in of.item.as_table("").into_iter().flat_map(|mut of| of.rest()) {
                let name = format!("{}.{}", of.key.text, field.key.text);
                if !catalogue.contains(&FieldName::written(&name)) {
                    catalogue.add(&name, Type::Text);
                }
            }
        }
    }
}
