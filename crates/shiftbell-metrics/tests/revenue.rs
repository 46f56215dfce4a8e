//! Recurring revenue: the worked examples of the trade, and what must hold whatever customers do.

mod support;

#[path = "revenue/answers.rs"]
mod answers;
#[path = "revenue/economics.rs"]
mod economics;
#[path = "revenue/examples.rs"]
mod examples;
#[path = "revenue/models.rs"]
mod models;
#[path = "revenue/properties.rs"]
mod properties;
#[path = "revenue/story.rs"]
mod story;
#[path = "revenue/subscriptions.rs"]
mod subscriptions;
