//! What is written to disk: two files once, and tokens only if somebody agrees.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::{Desk, Here, Init};
use crate::companies::{files_in, name_of};
use crate::config::DEFAULT_FILE;
use crate::failure::Failure;
use crate::init::changed::Held;
use crate::init::written::{Written, server};
use crate::init::{Plan, Source};

/// Where tokens are kept if somebody agrees.
const TOKENS_FILE: &str = "shiftbell.env";

/// The definitions file that this would be about, if there is one: the named one, or the only one.
pub(super) fn existing(options: &Init, here: &Here) -> Result<Option<PathBuf>, Failure> {
    let folder = &here.config.workspaces;
    if let Some(name) = &options.workspace {
        let file = folder.join(format!("{name}.toml"));
        return Ok(file.exists().then_some(file));
    }
    if !folder.exists() || options.company.is_some() {
        return Ok(None);
    }
    let files = files_in(folder)?;
    match files.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => {
            let names: Result<Vec<String>, Failure> = several.iter().map(|file| name_of(file)).collect();
            Err(Failure::Usage(format!("there are several workspaces: name one ({}), or a new one", names?.join(", "))))
        }
    }
}

/// Writes the two files. One that is there is never written over.
pub(super) fn write(here: &Here, plan: &Plan, file: &Written) -> Result<(), Failure> {
    let folder = &here.config.workspaces;
    std::fs::create_dir_all(folder).map_err(|error| wrong(folder, &error))?;
    let path = folder.join(format!("{}.toml", plan.workspace));
    create(&path, &file.text)?;
    println!("\n{} is written: {} lines to read and correct.", path.display(), file.text.lines().count());
    if let Source::HubSpot(from) = &plan.source {
        keep_held(&path, &Held::of(&from.portal))?;
    }
    let server_file = Path::new(DEFAULT_FILE);
    if server_file.exists() {
        println!("{DEFAULT_FILE} is there and stays as it is.");
    } else {
        create(server_file, &server())?;
        println!("{DEFAULT_FILE} is written.");
    }
    Ok(())
}

/// What the account held, beside the definitions file.
pub(super) fn held(file: &Path) -> Option<Held> {
    let text = std::fs::read_to_string(held_file(file)).ok()?;
    serde_json::from_str(&text).ok()
}

pub(super) fn keep_held(file: &Path, held: &Held) -> Result<(), Failure> {
    let path = held_file(file);
    let text = serde_json::to_string_pretty(held).unwrap_or_default();
    std::fs::write(&path, text + "\n").map_err(|error| wrong(&path, &error))
}

fn held_file(file: &Path) -> PathBuf {
    file.with_extension("portal.json")
}

fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| wrong(path, &error))
}

/// Puts a file in the place of another as a whole, or not at all.
pub(in crate::cli) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let replaced = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        if let Ok(known) = path.metadata() {
            file.as_file().set_permissions(known.permissions())?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    });
    replaced.map_err(|error| wrong(path, &error))
}

/// Keeps tokens that were typed, if somebody agrees; else says what to set.
pub(super) fn keep_tokens(desk: &Desk<'_>) -> Result<(), Failure> {
    if desk.typed.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = desk.typed.iter().map(|(name, _)| name.as_str()).collect();
    let question = format!("\nKeep the tokens in {TOKENS_FILE}, which only you can read?");
    if !desk.asker.agrees(&question)? {
        println!("No token is kept. Set {} before `shiftbell serve`.", names.join(", "));
        return Ok(());
    }
    let path = Path::new(TOKENS_FILE);
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| wrong(path, &error))?;
    #[cfg(unix)]
    {
        // It may have been there before, readable by others.
        let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        file.set_permissions(only_mine).map_err(|error| wrong(path, &error))?;
    }
    for (name, token) in &desk.typed {
        // Services' tokens hold no quote; one that does would not be read back.
        let token = token.expose_secret().replace('\'', "'\\''");
        writeln!(file, "{name}='{token}'").map_err(|error| wrong(path, &error))?;
    }
    println!("{TOKENS_FILE} holds {}. Before a command:  set -a; . ./{TOKENS_FILE}; set +a", names.join(", "));
    Ok(())
}

fn wrong(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("cannot write {}: {error}", path.display()))
}
