//! The program, for tests to start, stop and kill: what `shiftbell` does, does this. Built with the tests, it is never older than they are.
//!
//! `SHIFTBELL_TEST_CLOCK=FILE` gives it the clock of a test (see `test_clock`): time flows as everywhere, from where the file says, and
//! a test that writes the file anew moves it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use shiftbell::clock::{Chance, Clock};
use shiftbell_tests::test_clock::TestClock;

fn main() -> ExitCode {
    let clock = match std::env::var_os("SHIFTBELL_TEST_CLOCK") {
        Some(file) => follow(TestClock::read(PathBuf::from(file))),
        None => Clock::System,
    };
    shiftbell::cli::main(clock, Chance::System)
}

fn follow(test: TestClock) -> Clock {
    let clock = Clock::at(test.now());
    let moved = clock.clone();
    std::thread::spawn(move || {
        loop {
            moved.advance_ms(test.now().since(moved.now()).max(0));
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    clock
}
