//! The functions that templates may call. Each turns facts into words; what it returns is escaped like any value.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use shiftbell_metrics::money::Money;

use super::escape;
use crate::facts::{Figure, Noun, Person as Named};
use crate::words;

/// How a person is printed: as a mention that the outlet may resolve, or by name.
#[derive(Clone, Copy)]
pub(super) enum Person {
    Link,
    Name,
}

pub(super) fn register(engine: &mut Handlebars<'static>, people: Person) {
    let mut word = |name: &'static str, say: Say| engine.register_helper(name, Box::new(Word { name, say }));
    word("n", |of| Some(words::count(of.read(0)?)));
    word("number", |of| Some(words::number(of.read(0)?)));
    word("tenths", |of| Some(words::tenths(of.read(0)?)));
    word("change", |of| Some(words::change(of.read(0)?)));
    word("percentage", |of| Some(words::share(of.read(0)?)));
    word("measured_percentage", |of| Some(words::measured_share(of.read(0)?)));
    word("money", |of| Some(words::money(of.read::<Money>(0)?)));
    word("money_change", |of| Some(words::money_change(of.read::<Money>(0)?)));
    word("bare_money", |of| Some(words::bare_money(of.read::<Money>(0)?)));
    word("percent", |of| Some(words::percent(of.read(0)?, of.read(1)?)));
    word("whole_percent", |of| Some(words::whole_percent(of.read(0)?, of.read(1)?)));
    word("figure", |of| Some(of.read::<Figure>(0)?.full()));
    word("counts", |of| Some(of.read::<Figure>(0)?.counts()));
    word("equation", |of| Some(of.read::<Figure>(0)?.equation()));
    word("bare_figure", |of| Some(of.read::<Figure>(0)?.bare()));
    word("counted", |of| Some(of.read::<Noun>(1)?.counted(of.read(0)?)));
    word("minutes", |of| Some(words::minutes(of.read(0)?)));
    word("weekday", |of| Some(words::weekday(of.read::<Date>(0)?).to_owned()));
    word("day", |of| Some(words::day(of.read(0)?)));
    word("long_day", |of| Some(words::long_day(of.read(0)?)));
    word("day_and_year", |of| Some(words::day_and_year(of.read(0)?)));
    word("days", |of| Some(words::days(of.read(0)?, of.read(1)?)));
    word("month_and_year", |of| Some(words::month_and_year(of.read(0)?)));
    word("list", |of| Some(words::list(&of.names(0)?, LIST_NAMES_MAX)));
    word("commas", |of| Some(commas(&of.names(0)?)));
    word("semicolons", |of| Some(of.names(0)?.join("; ")));
    word("capital", |of| Some(words::capital(&of.read::<String>(0)?)));
    engine.register_helper("mention", Box::new(Mention { people }));
}

/// Names said in one line before the rest is counted.
const LIST_NAMES_MAX: usize = 5;

fn commas(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(LIST_NAMES_MAX).cloned().collect();
    if names.len() > LIST_NAMES_MAX {
        shown.push(format!("{} more", names.len() - LIST_NAMES_MAX));
    }
    shown.join(", ")
}

type Say = fn(&Parameters<'_>) -> Option<String>;

struct Parameters<'a>(Vec<&'a Json>);

impl Parameters<'_> {
    fn read<T: DeserializeOwned>(&self, position: usize) -> Option<T> {
        serde_json::from_value((*self.0.get(position)?).clone()).ok()
    }

    /// Names of a list of texts or of people.
    fn names(&self, position: usize) -> Option<Vec<String>> {
        let name = |json: &Json| json.as_str().or_else(|| json.get("name")?.as_str()).map(str::to_owned);
        self.0.get(position)?.as_array()?.iter().map(name).collect()
    }
}

struct Word {
    name: &'static str,
    say: Say,
}

impl HelperDef for Word {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let said = (self.say)(&Parameters(call.params().iter().map(|param| param.value()).collect()));
        let said = said.ok_or_else(|| {
            let given: Vec<String> = call.params().iter().map(|param| param.value().to_string()).collect();
            RenderErrorReason::Other(format!("`{}` cannot say {}", self.name, given.join(", ")))
        })?;
        Ok(ScopedJson::Derived(said.into()))
    }
}

/// `{{mention person}}`: the name, as a link that the Markdown reader turns into a person.
struct Mention {
    people: Person,
}

/// The scheme of the link of a person; it never leaves this crate.
pub(crate) const PERSON_SCHEME: &str = "person:";

impl HelperDef for Mention {
    fn call<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let person: Option<Named> = Parameters(call.params().iter().map(|param| param.value()).collect()).read(0);
        let person = person.ok_or_else(|| RenderErrorReason::Other("`mention` needs a person".to_owned()))?;
        match self.people {
            Person::Name => out.write(&escape::line(&person.name))?,
            Person::Link => {
                let address: String = person.email.bytes().map(|byte| format!("{byte:02x}")).collect();
                out.write(&format!("[{}]({PERSON_SCHEME}{address})", escape::markdown(&person.name)))?;
            }
        }
        Ok(())
    }
}

/// The address in a link that [`Mention`] wrote.
pub(crate) fn person_address(link: &str) -> Option<String> {
    let digits = link.strip_prefix(PERSON_SCHEME)?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    String::from_utf8(bytes?).ok()
}
