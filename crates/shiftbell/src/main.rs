//! The `shiftbell` program.

use std::process::ExitCode;

use shiftbell::clock::{Chance, Clock};

fn main() -> ExitCode {
    shiftbell::cli::main(Clock::System, Chance::System)
}
