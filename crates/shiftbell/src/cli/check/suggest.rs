//! `shiftbell check --suggest`: what a company like this could measure too, as TOML to paste.

use std::path::Path;

use shiftbell_metrics::definitions::suggest::suggest;

use super::sound;
use crate::failure::Failure;

/// Prints what is suggested for a file. All of it can be put at its end as it is: what is no TOML is a comment.
pub(super) fn run(file: &Path) -> Result<(), Failure> {
    let (_, definitions) = sound(file)?;
    let suggestions = suggest(&definitions);
    println!("# Suggested for {}, and not defined yet:", definitions.workspace.name);
    for line in &suggestions.because {
        println!("#   {}", one_line(line));
    }
    for block in &suggestions.blocks {
        println!("\n# {}: {}\n{}", block.name, block.why, block.toml.trim_end());
    }
    if suggestions.blocks.is_empty() {
        println!("# Nothing: what fits such a company is defined.");
    } else {
        println!(
            "\n# Paste what you agree with at the end of {}, then: shiftbell check {}",
            file.display(),
            file.display()
        );
    }
    if !suggestions.missing.is_empty() {
        println!("#\n# It would be worth having, too:");
        for line in &suggestions.missing {
            println!("#   {}", one_line(line));
        }
    }
    Ok(())
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
