//! The vendor's words and ours: `[sources.<id>.map]` of the definitions file.
//!
//! Five forms of line, told apart by the words on the left:
//!
//! | line | meaning |
//! | --- | --- |
//! | `contact.lead_score = ["HubSpot score"]` | the vendor's property `HubSpot score` is our field `contact.lead_score` |
//! | `deal.stage.won = ["Contract won"]` | where our field is `deal.stage`, the vendor's `Contract won` is our `won` |
//! | `visit.page = ["last_page"]` | a change of the vendor's property `last_page` is an event `visit` with that `page` |
//! | `form.form.price-list = ["Price list"]` | where our event `form` has a `form`, the vendor's `Price list` is our `price-list` |
//! | `owner."ann@clowns.example" = ["1001"]` | the vendor's owner or user `1001` is this person |
//!
//! On the right stand labels or internal names, in any case and with any punctuation. `property=value` binds a value to one
//! property, which then also feeds the event: `["recent_conversion_event_name=Price list"]`.

use std::collections::BTreeMap;

use shiftbell_metrics::id::EntityKind;

/// A map of words, compiled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// Our field by what it is of and the vendor's property.
    fields: BTreeMap<(String, String), String>,
    /// By what it is of and our field or property.
    values: BTreeMap<(String, String), Vec<ValueWord>>,
    /// Kind of event and its property by the vendor's property that feeds it.
    feeds: BTreeMap<String, (String, String)>,
    /// E-mail by the vendor's id.
    people: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
struct ValueWord {
    property: Option<String>,
    theirs: String,
    ours: String,
}

impl Words {
    /// Compiles a map. Lines that are none of the five forms are left out; [`map_problems`] names them.
    pub fn new(map: &BTreeMap<String, Vec<String>>) -> Words {
        let mut words = Words::default();
        for (key, theirs) in map {
            let Some((of, rest)) = key.split_once('.') else { continue };
            match rest.split_once('.') {
                _ if of == "owner" => {
                    words.people.extend(theirs.iter().map(|id| (folded(id), rest.to_owned())));
                }
                None => words.add_field(of, rest, theirs),
                Some((field, ours)) => words.add_values(of, field, ours, theirs),
            }
        }
        words
    }

    fn add_field(&mut self, of: &str, field: &str, theirs: &[String]) {
        for property in theirs {
            if EntityKind::from_word(of).is_some() {
                self.fields.insert((of.to_owned(), folded(property)), field.to_owned());
            } else {
                self.feeds.insert(folded(property), (of.to_owned(), field.to_owned()));
            }
        }
    }

    fn add_values(&mut self, of: &str, field: &str, ours: &str, theirs: &[String]) {
        for text in theirs {
            let (property, value) = match text.split_once('=') {
                Some((property, value)) if is_internal_name(property) => (Some(folded(property)), value),
                Some(_) | None => (None, text.as_str()),
            };
            if let Some(property) = &property
                && EntityKind::from_word(of).is_none()
            {
                self.feeds.insert(property.clone(), (of.to_owned(), field.to_owned()));
            }
            let word = ValueWord { property, theirs: folded(value), ours: ours.to_owned() };
            self.values.entry((of.to_owned(), field.to_owned())).or_default().push(word);
        }
    }

    /// Our field for a vendor's property.
    pub fn field(&self, of: &str, property: &str) -> Option<&str> {
        self.fields.get(&(of.to_owned(), folded(property))).map(String::as_str)
    }

    /// Whether some word of the vendor's means this value of ours.
    pub fn has_value(&self, of: &str, field: &str, ours: &str) -> bool {
        let words = self.values.get(&(of.to_owned(), field.to_owned()));
        words.is_some_and(|words| words.iter().any(|word| word.ours == ours))
    }

    /// Whether some vendor's property is mapped to this field of ours.
    pub fn has_field(&self, of: &str, field: &str) -> bool {
        self.fields.iter().any(|((entity, _), ours)| entity == of && ours == field)
    }

    /// Our value for a vendor's value of our field or property.
    pub fn value(&self, of: &str, field: &str, property: &str, theirs: &str) -> Option<&str> {
        let words = self.values.get(&(of.to_owned(), field.to_owned()))?;
        let (property, theirs) = (folded(property), folded(theirs));
        words
            .iter()
            .find(|word| word.theirs == theirs && word.property.as_ref().is_none_or(|bound| *bound == property))
            .map(|word| word.ours.as_str())
    }

    /// As [`Words::value`], of the lines only that bind a value to this very property.
    pub fn bound_value(&self, of: &str, field: &str, property: &str, theirs: &str) -> Option<&str> {
        let words = self.values.get(&(of.to_owned(), field.to_owned()))?;
        let (property, theirs) = (folded(property), folded(theirs));
        let word = words.iter().find(|word| word.theirs == theirs && word.property.as_ref() == Some(&property))?;
        Some(&word.ours)
    }

    /// Whether a line about this kind of thing binds its value to this property.
    pub fn is_bound(&self, of: &str, property: &str) -> bool {
        let property = folded(property);
        let of_kind = self.values.iter().filter(|((kind, _), _)| kind == of).flat_map(|(_, words)| words);
        of_kind.into_iter().any(|word| word.property.as_ref() == Some(&property))
    }

    /// The event and its property that a change of this vendor's property feeds.
    pub fn feed(&self, property: &str) -> Option<(&str, &str)> {
        self.feeds.get(&folded(property)).map(|(kind, name)| (kind.as_str(), name.as_str()))
    }

    /// The e-mail of the person with this id at the vendor.
    pub fn person(&self, id: &str) -> Option<&str> {
        self.people.get(&folded(id)).map(String::as_str)
    }
}

/// What is wrong with the lines of a map, one sentence each.
pub fn map_problems(map: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut problems = Vec::new();
    for (key, theirs) in map {
        if !key.contains('.') {
            problems.push(format!(
                "map line `{key}` names no field; write it like `deal.stage.won` or `contact.lead_score`"
            ));
        }
        if theirs.iter().any(|text| text.trim().is_empty()) {
            problems.push(format!(
                "map line `{key}` has an empty word on the right; write the vendor's label or internal name"
            ));
        }
    }
    problems
}

/// Letters and digits only, in lower case, so that labels and internal names meet: `Closed lost`, `closedlost`, `CLOSED_LOST`.
/// What has no letter or digit at all is compared as it is.
pub(crate) fn folded(text: &str) -> String {
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if letters.is_empty() { text.trim().to_owned() } else { letters }
}

fn is_internal_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lines: &[(&str, &[&str])]) -> Words {
        let map = lines
            .iter()
            .map(|(key, theirs)| ((*key).to_owned(), theirs.iter().map(|t| (*t).to_owned()).collect()))
            .collect();
        Words::new(&map)
    }

    #[test]
    fn labels_and_internal_names_meet() {
        let words = words(&[("deal.stage.lost", &["Closed lost"]), ("contact.lead_score", &["HubSpot score"])]);
        for theirs in ["closedlost", "CLOSED_LOST", "Closed lost"] {
            assert_eq!(words.value("deal", "stage", "dealstage", theirs), Some("lost"));
        }
        assert_eq!(words.value("deal", "stage", "dealstage", "closedwon"), None);
        assert_eq!(words.field("contact", "hubspotscore"), Some("lead_score"));
        assert_eq!(words.field("deal", "hubspotscore"), None);
    }

    #[test]
    fn a_value_can_be_bound_to_one_property() {
        let words = words(&[("form.form.price-list", &["last_form=Price list"])]);
        assert_eq!(words.value("form", "form", "last_form", "price list"), Some("price-list"));
        assert_eq!(words.value("form", "form", "other_form", "price list"), None);
        assert_eq!(words.feed("last_form"), Some(("form", "form")));
    }

    #[test]
    fn a_person_is_known_by_owner_or_user_id() {
        let words = words(&[("owner.bdr.one@clowns.example", &["1001", "userId:77"])]);
        assert_eq!(words.person("1001"), Some("bdr.one@clowns.example"));
        assert_eq!(words.person("userId:77"), Some("bdr.one@clowns.example"));
        assert_eq!(words.person("77"), None);
    }

    #[test]
    fn signs_without_letters_are_kept_apart() {
        let words = words(&[("deal.rank.high", &["+"]), ("deal.rank.low", &["-"])]);
        assert_eq!(words.value("deal", "rank", "rank", "-"), Some("low"));
    }

    #[test]
    fn a_line_that_names_no_field_is_a_problem() {
        let map = BTreeMap::from([("stage".to_owned(), vec![" ".to_owned()])]);
        assert_eq!(map_problems(&map).len(), 2);
    }
}
