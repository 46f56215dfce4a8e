//! The program as a process of its own, as it is installed: to be stopped and killed.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The program, built with the tests: `src/bin/program.rs`.
///
/// # Panics
/// If it is not there; the message says how it comes there.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let tests = std::env::current_exe().expect("a test has a file");
        let folder = tests.parent().and_then(Path::parent).expect("tests are in target/PROFILE/deps");
        let binary = folder.join("program");
        assert!(binary.exists(), "{} is missing; run `cargo test --workspace --no-run`", binary.display());
        binary
    })
}

/// A running program.
#[derive(Debug)]
pub struct Child {
    process: Mutex<std::process::Child>,
}

impl Child {
    /// Starts it. What it says is added to the file `log`.
    pub fn start(arguments: &[&str], environment: &[(String, String)], log: &Path) -> Child {
        let open = || -> File {
            OpenOptions::new().create(true).append(true).open(log).expect("the log can be opened for writing")
        };
        let process = Command::new(binary())
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(log.parent().expect("the log is in a folder"))
            .stdin(Stdio::null())
            .stdout(open())
            .stderr(open())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", binary().display()));
        Child { process: Mutex::new(process) }
    }

    /// Kills it with SIGKILL and waits until it is gone. `false`: it had ended before by itself.
    pub fn kill(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if process.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        process.kill().expect("our own child can be killed");
        process.wait().expect("a killed child ends");
        true
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).try_wait().expect("our own child")
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub async fn stop(&self) -> ExitStatus {
        let id = self.process.lock().unwrap_or_else(PoisonError::into_inner).id();
        let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "`kill` sends a signal to our own child");
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port of 127.0.0.1 that nobody listens on now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("find a free port");
    listener.local_addr().expect("read the port").port()
}
