//! Ten ways in which naive arithmetic goes wrong: each is done here as it is usually done, beside the engine's answer.

#[path = "traps/people.rs"]
mod people;
#[path = "traps/revenue.rs"]
mod revenue;
#[path = "revenue/story.rs"]
#[expect(dead_code, reason = "each test binary uses its own part")]
mod story;
mod support;
