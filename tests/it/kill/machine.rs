//! The machine on which the program runs: it starts it, and takes its power at the worst moment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shiftbell::clock::Chance;
use shiftbell_tests::child::{Child, free_port};
use shiftbell_tests::fake_server::{Faults, Moment};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Where the program is when it is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    /// Some time after its start.
    AnyTime,
    /// The source has sent a delivery and has no answer.
    DeliverySent,
    /// The source has its answer.
    DeliveryTaken,
    /// A request is at Slack (or Discord), which has not acted on it.
    SlackAsked,
    DiscordAsked,
    /// Slack (or Discord) has acted on a request and has not answered.
    SlackActed,
    DiscordActed,
    /// The answer of Slack (or Discord) is on its way, or was just read.
    SlackAnswered,
    DiscordAnswered,
}

const POINTS: [Point; 9] = [
    Point::AnyTime,
    Point::DeliverySent,
    Point::DeliveryTaken,
    Point::SlackAsked,
    Point::DiscordAsked,
    Point::SlackActed,
    Point::DiscordActed,
    Point::SlackAnswered,
    Point::DiscordAnswered,
];

/// A point that is not reached within this is given up: the program is killed where it is.
const PATIENCE: Duration = Duration::from_millis(1_500);

#[derive(Debug)]
pub(super) struct Machine {
    environment: Vec<(String, String)>,
    log: PathBuf,
    chance: Chance,
    port: AtomicU16,
    child: Mutex<Option<Child>>,
    trap: Mutex<Option<Trap>>,
    sprung: Notify,
    kills: Mutex<BTreeMap<Point, usize>>,
}

/// Kills at a point, after it was passed a few times.
#[derive(Clone, Copy, Debug)]
struct Trap {
    point: Point,
    passes: u64,
    /// Whether it lets the program live.
    spares: bool,
}

impl Machine {
    pub(super) fn new(environment: Vec<(String, String)>, log: PathBuf, chance: Chance) -> Arc<Machine> {
        Arc::new(Machine {
            environment,
            log,
            chance,
            port: AtomicU16::new(0),
            child: Mutex::new(None),
            trap: Mutex::new(None),
            sprung: Notify::new(),
            kills: Mutex::new(BTreeMap::new()),
        })
    }

    /// Lets a chat service tell when requests reach it.
    pub(super) fn listen_to(self: &Arc<Machine>, faults: &Faults, asked: Point, acted: Point, answered: Point) {
        let machine = Arc::clone(self);
        faults.watch(move |_, moment| match moment {
            Moment::Arrived => machine.reach(asked),
            Moment::Done => {
                machine.reach(acted);
                if machine.springs(answered) {
                    let (machine, wait_ms) = (Arc::clone(&machine), machine.below(3));
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                        machine.kill(answered);
                    });
                }
            }
        });
    }

    /// Starts the program anew. The port may have been taken by somebody else meanwhile: then it takes another.
    pub(super) fn start(&self) {
        let port = free_port();
        let listen = ("SHIFTBELL_LISTEN".to_owned(), format!("127.0.0.1:{port}"));
        let environment: Vec<_> = self.environment.iter().cloned().chain([listen]).collect();
        let child = Child::start(&["serve"], &environment, &self.log);
        *lock(&self.child) = Some(child);
        self.port.store(port, Ordering::SeqCst);
    }

    /// Where it listens now, or will soon.
    pub(super) fn address(&self) -> (&'static str, u16) {
        ("127.0.0.1", self.port.load(Ordering::SeqCst))
    }

    /// Lets it live for a while, and kills it at one of the points.
    pub(super) async fn kill_somewhere(&self) {
        let point = POINTS[usize::try_from(self.below(POINTS.len() as u64)).unwrap()];
        if point == Point::AnyTime {
            tokio::time::sleep(Duration::from_millis(self.below(400))).await;
            self.kill(point);
            return;
        }
        *lock(&self.trap) = Some(Trap { point, passes: self.below(5), spares: false });
        if tokio::time::timeout(PATIENCE, self.sprung.notified()).await.is_err() {
            if lock(&self.trap).take().is_some() {
                self.kill(Point::AnyTime);
            } else {
                // It is being killed at this very moment.
                self.sprung.notified().await;
            }
        }
    }

    /// Waits until the program is at a point, and lets it go on.
    pub(super) async fn wait_for(&self, point: Point) {
        *lock(&self.trap) = Some(Trap { point, passes: 0, spares: true });
        self.sprung.notified().await;
    }

    /// The program is at a point: it dies here, if that is what was chosen.
    pub(super) fn reach(&self, point: Point) {
        if self.springs(point) {
            self.kill(point);
        }
    }

    /// Whether the trap is for this point; then it is gone, and the caller kills.
    pub(super) fn springs(&self, point: Point) -> bool {
        let mut trap = lock(&self.trap);
        match trap.as_mut().filter(|trap| trap.point == point) {
            Some(trap) if trap.passes > 0 => trap.passes -= 1,
            Some(Trap { spares, .. }) => {
                let kills = !*spares;
                *trap = None;
                if !kills {
                    self.sprung.notify_one();
                }
                return kills;
            }
            None => {}
        }
        false
    }

    pub(super) fn kill(&self, point: Point) {
        if let Some(child) = lock(&self.child).as_ref() {
            assert!(child.kill(), "the program ended by itself; it said:\n{}", self.said());
        }
        *lock(&self.kills).entry(point).or_default() += 1;
        if point != Point::AnyTime {
            self.sprung.notify_one();
        }
    }

    /// Asks the program to stop, and expects that it does so in order.
    pub(super) async fn stop(&self) {
        // Before it listens it may not know yet how to stop.
        while TcpStream::connect(self.address()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let child = lock(&self.child).take().expect("it was started");
        let status = child.stop().await;
        assert!(status.success(), "it ended with {status} when asked to stop; it said:\n{}", self.said());
    }

    pub(super) fn kills(&self) -> BTreeMap<Point, usize> {
        lock(&self.kills).clone()
    }

    /// The end of what the program said.
    pub(super) fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// A number less than `limit`.
    pub(super) fn below(&self, limit: u64) -> u64 {
        self.chance.number() % limit
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
