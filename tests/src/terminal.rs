//! A person at a terminal: a real pseudo-terminal in which the program runs, what it shows there, and what is typed.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pty_process::{Command, OwnedWritePty, Size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// As wide as a large window, and high enough that nothing of a session scrolls away.
const ROWS: NonZero<u16> = NonZero::new(400).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(160).unwrap();
/// How long anything may take that should come at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where programs are started from: a folder and an environment.
#[derive(Clone, Debug)]
pub struct Terminal {
    pub folder: PathBuf,
    pub environment: Vec<(String, String)>,
}

/// A program that runs in a terminal of its own.
#[derive(Debug)]
pub struct Running {
    child: Child,
    keys: OwnedWritePty,
    shown: Arc<Shown>,
    reader: JoinHandle<()>,
    /// How far a person has read.
    read_to: usize,
}

/// What stands on the screen.
struct Shown {
    screen: Mutex<vt100::Parser>,
    changed: Notify,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}

impl Shown {
    fn text(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: Vec<String> = screen.screen().rows(0, COLUMNS.get()).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}

impl Terminal {
    /// Starts a program.
    ///
    /// # Panics
    /// If there is no pseudo-terminal or no such program.
    pub fn start(&self, program: &Path, arguments: &[&str]) -> Running {
        let (pty, pts) = pty_process::open().expect("a pseudo-terminal");
        pty.resize(Size::new(ROWS.get(), COLUMNS.get())).expect("the size of a pseudo-terminal can be set");
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("TERM", "xterm-256color")
            .current_dir(&self.folder)
            .kill_on_drop(true)
            .spawn(pts)
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let (mut output, keys) = pty.into_split();
        let shown =
            Arc::new(Shown { screen: Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)), changed: Notify::new() });
        let seen = Arc::clone(&shown);
        let reader = tokio::spawn(async move {
            let mut bytes = [0; 4096];
            // The terminal reports an error once the program has closed its end.
            while let Ok(count @ 1..) = output.read(&mut bytes).await {
                seen.screen.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..count]);
                seen.changed.notify_waiters();
            }
            seen.changed.notify_waiters();
        });
        Running { child, keys, shown, reader, read_to: 0 }
    }
}

impl Running {
    /// Everything on the screen, without blanks at the ends of lines.
    pub fn screen(&self) -> String {
        self.shown.text()
    }

    /// Waits until this stands somewhere behind what was read last.
    ///
    /// # Panics
    /// If it does not come; the message shows the screen.
    pub async fn shows(&mut self, text: &str) {
        // Blanks at the ends of lines are not seen.
        let text = text.trim_end();
        let wait = async {
            loop {
                let changed = self.shown.changed.notified();
                let screen = self.shown.text();
                let unread = screen.get(self.read_to.min(screen.len())..).unwrap_or_default();
                if let Some(at) = unread.find(text) {
                    return self.read_to.min(screen.len()) + at + text.len();
                }
                tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep(Duration::from_millis(100)) => {}
                }
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(read_to) => self.read_to = read_to,
            Err(_) => panic!("{text:?} is not shown within {PATIENCE:?}; on the screen:\n{}", self.screen()),
        }
    }

    /// Types a line and the Enter key.
    pub async fn types(&mut self, line: &str) {
        self.keys.write_all(format!("{line}\n").as_bytes()).await.expect("the program reads its terminal");
    }

    /// Presses Ctrl-C.
    pub async fn interrupts(&mut self) {
        self.keys.write_all(b"\x03").await.expect("the program reads its terminal");
    }

    /// Kills it with SIGKILL.
    pub async fn is_killed(mut self) -> String {
        self.child.kill().await.expect("our own child can be killed");
        let _ = self.reader.await;
        self.shown.text()
    }

    /// Waits until it has ended. How it did, and everything it showed.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn ends(mut self) -> (ExitStatus, String) {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let Ok(ended) = ended else { panic!("it does not end within {PATIENCE:?}; on the screen:\n{}", self.screen()) };
        drop(self.keys);
        let _ = tokio::time::timeout(PATIENCE, self.reader).await;
        (ended.expect("our own child"), self.shown.text())
    }
}
