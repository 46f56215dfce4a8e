//! `/shiftbell link`: who a user of a chat is, where the chat itself does not show it.
//!
//! A person asks for a code where they are known and types it where they are not. The code is shown once, lives a quarter of an
//! hour, works once, and only its digest is kept. Without another chat, whoever keeps the settings says who somebody is.
//! Names that people give themselves are never looked at.

use sha2::{Digest as _, Sha256};
use shiftbell_chat::Outlet;
use shiftbell_metrics::definitions::Person;
use shiftbell_metrics::time::MS_PER_MINUTE;
use shiftbell_render::document::{Block, Document, Inline};
use shiftbell_render::facts::Person as Named;
use shiftbell_render::words;
use shiftbell_store::{link_codes, people};

use super::whom::{self, Named as Word};
use super::{WHO_ARE_YOU, said_by};
use crate::answer::{AskError, Asker, about, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights;

/// How long a code lives, and within which time tries are counted.
const LIVES_MS: i64 = 15 * MS_PER_MINUTE;
/// Tries of one user in that time.
const TRIES_MAX: i64 = 5;
/// Letters of a code, with 5 bits of chance in each: nobody guesses 60 bits in five tries.
const LETTERS: usize = 12;

/// What stands behind `link`.
pub(super) async fn follow(
    program: &Program,
    company: &Company,
    asker: &Asker,
    rest: &str,
) -> Result<Document, AskError> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    match (asker, words.as_slice()) {
        (Asker::Stranger { outlet, .. }, []) => Ok(how(company, *outlet)),
        (Asker::Stranger { outlet, user }, words) => redeem(program, company, (*outlet, user), &words.concat()).await,
        (_, [user, address]) => by_keeper(program, company, asker, user, address).await,
        (Asker::Person(person), [] | ["discord"]) => new_code(program, company, person).await,
        (Asker::Person(person), ["slack"]) => Ok(sentence(format!(
            "Slack says by itself who somebody is: by the e-mail address of the account, such as {}.",
            person.email
        ))),
        (Asker::Person(person), _) => Ok(sentence(format!(
            "You are known here already, as {}. A code is typed where you are not known yet.",
            Named::new(&person.email).name
        ))),
        (Asker::Operator, _) => Ok(sentence(
            "Say who is who: /shiftbell link <@1400000000000000002> ann@clowns.example, with the user's id.",
        )),
    }
}

/// What somebody can do whom nobody knows here.
pub(super) fn how(company: &Company, outlet: Outlet) -> Document {
    let keeper =
        about::keeper(company).map_or_else(|| "whoever keeps the definitions".to_owned(), |keeper| keeper.name);
    let by_keeper = format!("{keeper} can say who you are: /shiftbell link @you your.name@company");
    sentence(match outlet {
        Outlet::Discord if company.slack.is_some() => format!(
            "{WHO_ARE_YOU} In Slack, where your e-mail address is known, type /shiftbell link: it shows a code. Type it here \
             within 15 minutes: /shiftbell link CODE. Without Slack, {by_keeper}"
        ),
        Outlet::Discord => format!("{WHO_ARE_YOU} Discord shows nobody's e-mail address, so {by_keeper}"),
        Outlet::Slack => format!(
            "{WHO_ARE_YOU} The e-mail address of your Slack account must stand in the definitions file, or {by_keeper}"
        ),
    })
}

/// A code for somebody who is known, to be typed where they are not.
async fn new_code(program: &Program, company: &Company, person: &Person) -> Result<Document, AskError> {
    if company.discord.is_none() {
        return Ok(sentence("Shiftbell is in no Discord here, so there is nothing to link."));
    }
    if let Some(id) = person.known_as.get(Outlet::Discord.word()) {
        let words = format!("The definitions file says who you are in Discord (user {id}); it is changed there.");
        return Ok(sentence(words));
    }
    let code = program.chance.word(LETTERS);
    let now = program.clock.now();
    let mut tx = program.db.write().await?;
    let digest = digest_of(company, &code);
    let expires = now.plus_ms(LIVES_MS).as_ms();
    link_codes::make(&mut tx, company.name(), &digest, &person.email, expires, now.as_ms()).await?;
    tx.commit().await?;
    let typed = format!("/shiftbell link {}", in_groups(&code));
    let push = "A code for Discord, for 15 minutes.".to_owned();
    let lines = vec![
        vec![Inline::Text("Type this in Discord within 15 minutes. It works once, and only for you.".to_owned())],
        vec![Inline::Code(typed)],
    ];
    Ok(Document { push, blocks: vec![Block::Lines(lines)], ..Document::default() })
}

/// Uses a code. Every try counts, right or wrong.
async fn redeem(
    program: &Program,
    company: &Company,
    (outlet, user): (Outlet, &str),
    typed: &str,
) -> Result<Document, AskError> {
    let (name, now) = (company.name(), program.clock.now());
    let mut tx = program.db.write().await?;
    let at = (outlet.word(), user);
    let (tries, since_ms) = link_codes::count_try(&mut tx, name, at, LIVES_MS, now.as_ms()).await?;
    if tries > TRIES_MAX {
        tx.commit().await?;
        let minutes = (since_ms + LIVES_MS - now.as_ms()) / MS_PER_MINUTE + 1;
        return Ok(sentence(format!(
            "That were {TRIES_MAX} tries. Please try again in {minutes} min, with a new code."
        )));
    }
    let owner = link_codes::take(&mut tx, name, &digest_of(company, &plain(typed)), now.as_ms()).await?;
    // Somebody may have left the file since the code was made.
    let person = owner.as_deref().and_then(|email| company.defs().person(email));
    if let Some(person) = person {
        let linked = at_outlet(person, outlet, user);
        people::link(&mut tx, name, &linked, &person.email, now.as_ms()).await?;
    }
    tx.commit().await?;
    Ok(match person {
        Some(person) => {
            tracing::info!(workspace = name, outlet = outlet.word(), "a person linked an account by a code");
            let known = Named::new(&person.email).name;
            sentence(format!("Welcome, {known}. You are known here now; /kpi help says what can be asked."))
        }
        None => {
            let left = TRIES_MAX - tries;
            sentence(format!(
                "This code is not known, was used, or is older than 15 minutes. Ask for a new one with /shiftbell link where \
                 you are known; {left} more tries now."
            ))
        }
    })
}

/// `link @user ann@clowns.example`, or `link @user nobody`.
async fn by_keeper(
    program: &Program,
    company: &Company,
    asker: &Asker,
    user: &str,
    address: &str,
) -> Result<Document, AskError> {
    let defs = company.defs();
    if !rights::keeps_settings(defs, asker) {
        return Ok(sentence("Only whoever keeps the settings can say who somebody is. For yourself: /shiftbell link."));
    }
    let Some(Word::User(outlet, id)) = whom::read(user) else {
        return Ok(sentence(
            "Write the user as @name, so that the chat says who is meant: /shiftbell link @name ann@clowns.example.",
        ));
    };
    let in_file = defs.people.iter().find(|person| person.known_as.get(outlet.word()) == Some(&id));
    if let Some(person) = in_file {
        let words = format!("The definitions file says that this is {}; change it there.", person.email);
        return Ok(sentence(words));
    }
    let (name, now) = (company.name(), program.clock.now().as_ms());
    let place = words::capital(outlet.word());
    if address.eq_ignore_ascii_case("nobody") {
        let mut tx = program.db.write().await?;
        let was_known = people::unlink(&mut tx, name, outlet.word(), &id).await?;
        tx.commit().await?;
        return Ok(sentence(match was_known {
            true => format!("Done: in {place} this user is nobody whom I know, until they are linked again."),
            false => format!("In {place} I did not know this user."),
        }));
    }
    let person = match whom::person(program, company, address).await {
        Ok(person) => person,
        Err(why) => return Ok(sentence(why)),
    };
    if person.known_as.contains_key(outlet.word()) {
        let words = format!("The definitions file says who {} is in {place}; change it there.", person.email);
        return Ok(sentence(words));
    }
    let mut tx = program.db.write().await?;
    people::link(&mut tx, name, &at_outlet(&person, outlet, &id), &said_by(asker), now).await?;
    tx.commit().await?;
    Ok(sentence(format!(
        "Done: in {place} this user is {} now. /shiftbell link {user} nobody undoes it.",
        person.email
    )))
}

fn at_outlet(person: &Person, outlet: Outlet, user: &str) -> people::Person {
    let (email, outlet) = (person.email.clone(), outlet.word().to_owned());
    people::Person { email, outlet, outlet_id: user.to_owned(), name: None }
}

/// What is kept of a code, and looked for: nothing from which it could be read, and another thing in each company.
fn digest_of(company: &Company, code: &str) -> Vec<u8> {
    let text = format!("link\n{}\n{code}", company.name());
    Sha256::digest(text.as_bytes()).to_vec()
}

/// `abcd-efgh-jkmn`, as it is easily read and typed.
fn in_groups(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A code as it was made, however it was typed: without what stands between its letters, and with the letters that were meant.
fn plain(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(2 * LETTERS)
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Chance;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let chance = Chance::seeded(3);
        for _ in 0..100 {
            let code = chance.word(LETTERS);
            assert_eq!(code.len(), LETTERS);
            let shown = in_groups(&code);
            assert_eq!(shown.len(), LETTERS + 2);
            for typed in
                [shown.clone(), shown.to_uppercase(), shown.replace('-', " "), code.replace('0', "O").replace('1', "l")]
            {
                assert_eq!(plain(&typed), code, "{typed}");
            }
        }
        assert_eq!(plain(&"x".repeat(1_000)).len(), 2 * LETTERS);
    }
}
