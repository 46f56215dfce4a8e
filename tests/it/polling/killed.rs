//! `shiftbell backfill` as a process, killed in the middle of pages: it goes on where it was, and nothing doubles.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shiftbell_store::{Db, events};
use shiftbell_tests::child::Child;
use shiftbell_tests::db::{TestDb, postgres, sqlite};
use shiftbell_tests::fake_hubspot::{FakeHubSpot, HubSpotApi, Object, TOKEN};
use shiftbell_tests::fake_server::{FakeClock, Moment};
use shiftbell_tests::sample::DEFINITIONS;

use super::portal;
use crate::rebuild::derived;

const NAME: &str = "clowns-to-go";
/// Anything that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// Requests that one start makes before its first page: what the portal's properties are, and how many records there are.
const OPENING: u32 = 14;
/// Requests before those, by which every start learns how the account is set up.
const SURVEY: u32 = 10;

/// 620 people of 40 companies with 207 deals, 104 calls and as many meetings.
fn company() -> FakeHubSpot {
    let mut portal = portal();
    let companies: Vec<u64> = (0..40)
        .map(|n| portal.create(Object::Company, &[("name", &format!("Bank {n}")), ("segment", "Business")]))
        .collect();
    for n in 0..620_usize {
        portal.now = portal.now.plus_ms(60_000);
        let contact = portal.import_contact(&[("email", &format!("c{n}@bank.example"))]);
        portal.associate((Object::Contact, contact), (Object::Company, companies[n % 40]));
        portal.set(Object::Contact, contact, "recent_conversion_event_name", "Meeting request");
        if n % 6 == 0 {
            for (object, property, value) in [
                (Object::Call, "hs_call_disposition", "f240bbac-87c9-4f6e-bf70-924b57d47db7"),
                (Object::Meeting, "hs_meeting_outcome", "COMPLETED"),
            ] {
                let activity = portal.create(object, &[(property, value)]);
                portal.associate((object, activity), (Object::Contact, contact));
            }
        }
        if n % 3 == 0 {
            let deal = portal.create(Object::Deal, &[("dealstage", "discovery"), ("bant", "Yes")]);
            portal.associate((Object::Deal, deal), (Object::Contact, contact));
            portal.now = portal.now.plus_ms(60_000);
            portal.set(Object::Deal, deal, "dealstage", "closedwon");
        }
    }
    portal
}

/// The program on a machine that loses its power.
struct Machine {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Machine {
    fn new(url: &str, api: &HubSpotApi) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let workspaces = folder.path().join("workspaces");
        std::fs::create_dir(&workspaces).unwrap();
        std::fs::write(workspaces.join(format!("{NAME}.toml")), DEFINITIONS).unwrap();
        let environment = [
            ("SHIFTBELL_DATABASE_URL", url.to_owned()),
            ("SHIFTBELL_WORKSPACES", workspaces.display().to_string()),
            ("SHIFTBELL_HUBSPOT_API_URL", api.url().to_owned()),
            ("CLOWNS_HUBSPOT_TOKEN", TOKEN.to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Machine { folder, environment }
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("log")
    }

    fn start(&self) -> Child {
        Child::start(&["backfill"], &self.environment, &self.log())
    }

    /// Runs it to its end, and returns what it printed.
    async fn run(&self) -> String {
        std::fs::write(self.log(), "").unwrap();
        let child = self.start();
        let ended = async {
            loop {
                if let Some(status) = child.ended() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let status = tokio::time::timeout(PATIENCE, ended).await;
        let said = read(&self.log());
        assert!(status.is_ok_and(|status| status.success()), "it said:\n{said}");
        said
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

async fn killed_often_it_goes_on_at_the_last_page(url: &str, clean: &TestDb) {
    let api = HubSpotApi::start(company(), FakeClock::Machine).await;
    api.limit(1_000_000, 1_000_000, 1_000_000);
    let machine = Machine::new(url, &api);
    let child: Arc<Mutex<Option<Child>>> = Arc::default();
    let fuse = Arc::new(AtomicU32::new(u32::MAX));
    api.faults().watch({
        let (child, fuse) = (Arc::clone(&child), Arc::clone(&fuse));
        move |_, moment| {
            let left = fuse.fetch_sub(1, Ordering::SeqCst);
            // Now before an answer, now after it was made, so that both halves of a page are hit.
            let is_here = left == 0 && (moment == Moment::Arrived || moment == Moment::Done);
            if is_here && let Some(child) = child.lock().unwrap().as_ref() {
                assert!(child.kill(), "it ended by itself");
            }
        }
    });
    let mut reached = 0;
    for n in 0..8_u32 {
        // Each request passes twice. Every second life is long enough for a page, the others die earlier.
        let requests = if n == 0 {
            OPENING + 6
        } else if n % 2 == 0 {
            OPENING + 9
        } else {
            5
        };
        fuse.store((SURVEY + requests) * 2 + n % 2, Ordering::SeqCst);
        *child.lock().unwrap() = Some(machine.start());
        let gone = async {
            while child.lock().unwrap().as_ref().is_some_and(|child| child.ended().is_none()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, gone).await.is_ok(), "it was never killed:\n{}", read(&machine.log()));
        let db = Db::open(url).await.unwrap();
        let known = events::count(&mut db.read().await.unwrap(), NAME).await.unwrap();
        db.close().await;
        assert!(known >= reached, "a page that was kept is gone");
        reached = known;
    }
    assert!(reached > 0, "no page was kept between the kills");
    fuse.store(u32::MAX, Ordering::SeqCst);
    *child.lock().unwrap() = None;
    let before = api.faults().requests("objects/contacts/batch/read");
    let said = machine.run().await;
    assert!(said.contains("1075 records read") && said.contains("went on after"), "{said}");
    let whole = 620_usize.div_ceil(50);
    assert!(api.faults().requests("objects/contacts/batch/read") - before < whole, "it began again:\n{said}");

    let other = Machine::new(&clean.url, &api);
    let said = other.run().await;
    assert!(said.contains("1075 records read, ") && said.contains(" 0 were known"), "{said}");
    let db = Db::open(url).await.unwrap();
    let (found, wanted) = (derived(&db, NAME).await, derived(&clean.db, NAME).await);
    assert!(wanted.len() > 500, "{} rows", wanted.len());
    assert!(found == wanted, "the numbers differ from those of one clean load");
    let counts = [&db, &clean.db];
    let mut of = Vec::new();
    for db in counts {
        of.push(events::count(&mut db.read().await.unwrap(), NAME).await.unwrap());
    }
    assert_eq!(of[0], of[1], "events");
    let said = machine.run().await;
    assert!(said.contains("0 events are new"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backfill_that_is_killed_eight_times_ends_like_one_clean_load() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shiftbell.db").display());
    killed_often_it_goes_on_at_the_last_page(&url, &sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_postgres_a_backfill_that_is_killed_eight_times_ends_like_one_clean_load() {
    let database = postgres().await;
    killed_often_it_goes_on_at_the_last_page(&database.url, &postgres().await).await;
}
