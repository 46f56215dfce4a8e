//! Questions at the terminal, one line each. Where nobody can be asked, the flag that answers is named instead.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use rustix::io::Errno;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use secrecy::SecretString;

use crate::failure::Failure;

/// How often a question is put again that was answered with something else.
const TRIES_MAX: usize = 5;

/// Whoever answers: a person, or the flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    is_terminal: bool,
    /// Takes the likely answer wherever nobody said otherwise.
    takes_likely: bool,
}

impl Asker {
    pub(super) fn new(takes_likely: bool) -> Asker {
        Asker { is_terminal: std::io::stdin().is_terminal(), takes_likely }
    }

    pub(super) fn is_person(self) -> bool {
        self.is_terminal
    }

    /// One of several, the likely one first; or what `read` makes of something else.
    ///
    /// # Errors
    /// Which flag would answer, if nobody can be asked.
    pub(super) fn choose<T: Clone>(
        self,
        question: &str,
        options: &[(T, String)],
        flag: &str,
        read: &dyn Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let likely = options.first();
        match likely {
            Some((likely, label)) if self.takes_likely => {
                println!("{question} {label}");
                return Ok(likely.clone());
            }
            _ if !self.is_terminal => return Err(unasked(question, likely.map(|(_, label)| label.as_str()), flag)),
            _ => {}
        }
        println!("\n{question}");
        for (n, (_, label)) in options.iter().enumerate() {
            println!("  {} {label}", n + 1);
        }
        for _ in 0..TRIES_MAX {
            let line = line(if options.is_empty() { "> " } else { "[1] > " }, flag)?;
            let nth = line.parse::<usize>().ok().and_then(|n| options.get(n.checked_sub(1)?));
            match (nth, likely) {
                (Some((chosen, _)), _) => return Ok(chosen.clone()),
                (None, Some((likely, _))) if line.is_empty() => return Ok(likely.clone()),
                _ => match read(&line) {
                    Ok(chosen) => return Ok(chosen),
                    Err(why) => println!("{why}"),
                },
            }
        }
        Err(unasked(question, None, flag))
    }

    /// Yes or no; where nobody can be asked, no.
    pub(super) fn agrees(self, question: &str) -> Result<bool, Failure> {
        if !self.is_terminal {
            return Ok(false);
        }
        let line = line(&format!("{question} [y/N] "), "--yes")?;
        Ok(["y", "yes"].contains(&line.to_lowercase().as_str()))
    }

    /// Something that is not shown while it is typed.
    pub(super) fn secret(self, what: &str, flag: &str) -> Result<SecretString, Failure> {
        // Before the prompt: whoever pastes at once must neither be shown nor be lost.
        let hidden = Hidden::begin()?;
        let typed = line(&format!("{what} (not shown): "), flag);
        drop(hidden);
        println!();
        Ok(SecretString::from(typed?))
    }
}

/// Keeps what is typed off the screen while it lives, and throws nothing away that was typed before or is typed after.
struct Hidden {
    before: Termios,
}

impl Hidden {
    fn begin() -> Result<Hidden, Failure> {
        let failed =
            |error: Errno| Failure::Other(anyhow::Error::new(error).context("the terminal cannot hide what is typed"));
        let before = termios::tcgetattr(std::io::stdin()).map_err(failed)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        termios::tcsetattr(std::io::stdin(), OptionalActions::Now, &hidden).map_err(failed)?;
        Ok(Hidden { before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing either.
        let _ = termios::tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}

fn unasked(question: &str, likely: Option<&str>, flag: &str) -> Failure {
    let likely = likely.map_or_else(String::new, |likely| format!(", or --yes to take \"{likely}\""));
    Failure::Usage(format!("nobody can be asked here: {question} Answer with {flag}{likely}"))
}

/// One line that a person typed.
fn line(prompt: &str, flag: &str) -> Result<String, Failure> {
    print!("{prompt}");
    flush();
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err(Failure::Usage(format!("there was no answer; give it with {flag}"))),
        Ok(_) => Ok(line.trim().to_owned()),
        Err(error) => Err(Failure::Other(anyhow::Error::new(error).context("read a line"))),
    }
}

fn flush() {
    // A terminal that is gone is noticed when it is read.
    let _ = std::io::stdout().flush();
}
