//! One clock for a test and the processes that it starts: a file that says where time stands, from which it flows on.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use shiftbell_metrics::time::Instant;

/// A clock in a file.
#[derive(Clone, Debug)]
pub struct TestClock {
    file: PathBuf,
}

impl TestClock {
    /// Writes a clock that stands at this instant now.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn start(file: &Path, now: Instant) -> TestClock {
        let clock = TestClock { file: file.to_owned() };
        clock.move_to(now);
        clock
    }

    /// The clock that somebody else has started.
    pub fn read(file: PathBuf) -> TestClock {
        TestClock { file }
    }

    /// Moves it, for everybody who reads it.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn move_to(&self, now: Instant) {
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, format!("{} {}", now.as_ms(), machine_ms())).expect("a clock can be written");
        std::fs::rename(&beside, &self.file).expect("a clock can be put in its place");
    }

    /// # Panics
    /// If the file is none of ours.
    pub fn now(&self) -> Instant {
        let text = std::fs::read_to_string(&self.file).expect("the clock of the test can be read");
        let (stood, written) = text.split_once(' ').expect("two instants");
        let [stood, written]: [i64; 2] = [stood, written].map(|ms| ms.parse().expect("milliseconds"));
        Instant(stood + (machine_ms() - written))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock of a test, which flows like the machine's")]
fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("within the next ages")
}
