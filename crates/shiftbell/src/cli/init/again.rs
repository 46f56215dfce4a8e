//! `shiftbell init` where there is a definitions file already: what is new in the account, and lines that could be added.

use std::path::Path;

use shiftbell_metrics::definitions::{Definitions, SecretFrom, read};

use super::{Desk, files, hubspot};
use crate::companies::vocabulary;
use crate::failure::Failure;
use crate::init::changed::{Changed, Held, changed, with_additions};

pub(super) async fn run(desk: &mut Desk<'_>, file: &Path) -> Result<(), Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::Usage(format!("cannot read {name}: {error}")))?;
    let definitions = understood(&name, &text)?;
    let Some((source, env)) = hubspot_of(&definitions) else {
        println!(
            "{name} is there and stays as it is. It has no source of kind hubspot, so that there is nothing to compare it with."
        );
        return Ok(());
    };
    let (portal, _) = hubspot::portal(desk, env).await?;
    let before = files::held(file).unwrap_or_default();
    let changed = changed(&text, &definitions, source, &before, &portal);
    if changed.is_nothing() {
        println!("{name} stays as it is: nothing is new in the account.");
        return Ok(());
    }
    print!("{}", shown(&changed));
    if changed.additions.is_empty() {
        // With --add it is taken note of, so that it is not told again.
        return if desk.options.add { files::keep_held(file, &Held::of(&portal)) } else { Ok(()) };
    }
    if !desk.options.add && !desk.asker.agrees("\nAdd these lines?")? {
        println!("\nNothing is written. `shiftbell init --add` adds the lines that begin with +.");
        return Ok(());
    }
    let longer = with_additions(&text, &changed.additions);
    understood(&name, &longer)?;
    files::replace(file, longer.as_bytes())?;
    files::keep_held(file, &Held::of(&portal))?;
    println!("\n{name} has {} new lines; the others are as they were.", changed.additions.len());
    Ok(())
}

fn understood(name: &str, text: &str) -> Result<Definitions, Failure> {
    let checked = read(name, text, &vocabulary());
    match (checked.problems.first(), checked.definitions) {
        (None, Some(definitions)) => Ok(definitions),
        (problem, _) => {
            let why = problem.map_or_else(String::new, ToString::to_string);
            Err(Failure::Usage(format!(
                "{name} is not understood ({why}); `shiftbell check` lists every mistake. Nothing is written."
            )))
        }
    }
}

/// The source that can be compared, and the variable with its token.
fn hubspot_of(definitions: &Definitions) -> Option<(&str, Option<&str>)> {
    let source = definitions.sources.iter().find(|source| source.kind == "hubspot")?;
    let env = match source.secrets.get("token") {
        Some(SecretFrom::Env(name)) => Some(name.as_str()),
        Some(SecretFrom::File(_)) | None => None,
    };
    Some((source.id.as_str(), env))
}

fn shown(changed: &Changed) -> String {
    let mut out = String::new();
    let mut section = "";
    for addition in &changed.additions {
        if addition.section != section {
            section = &addition.section;
            out.push_str(&format!("\n  {section}\n"));
        }
        out.push_str(&format!("+ {}  # {}\n", addition.line, addition.why));
    }
    if !changed.by_hand.is_empty() {
        out.push_str("\nFor you to decide:\n");
        for sentence in &changed.by_hand {
            out.push_str(&format!("  - {sentence}\n"));
        }
    }
    out
}
