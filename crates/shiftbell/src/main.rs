//! The `shiftbell` program.

use std::process::ExitCode;

use clap::Parser;
use shiftbell::failure::Failure;

fn main() -> ExitCode {
    // Every TLS client of the process uses this provider; without it the first one panics.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match shiftbell::cli::run(shiftbell::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // What was found is the answer itself, and no error.
            if !matches!(failure, Failure::Findings { .. }) {
                eprintln!("error: {failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
