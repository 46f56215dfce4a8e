//! A database that is away for a while: its server, or the disk under it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use shiftbell_store::inbox;
use shiftbell_tests::app::{TestApp, WORKSPACE};
use shiftbell_tests::db::postgres;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longer than a lease and than any wait after a failure.
const A_WHILE_MS: i64 = 90_000;

/// A cable to a server, which can be pulled out.
struct Cable {
    server: String,
    here: SocketAddr,
    ends: Mutex<Option<JoinHandle<()>>>,
}

impl Cable {
    async fn to(server: &str) -> Arc<Cable> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let here = listener.local_addr().expect("an address");
        let cable = Arc::new(Cable { server: server.to_owned(), here, ends: Mutex::new(None) });
        cable.carry(listener);
        cable
    }

    fn carry(&self, listener: TcpListener) {
        let server = self.server.clone();
        let carrying = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let server = server.clone();
                open.spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(server).await {
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        });
        *self.ends.lock().expect("not poisoned") = Some(carrying);
    }

    /// Every connection is cut, and no new one is taken.
    async fn pull(&self) {
        let carrying = self.ends.lock().expect("not poisoned").take().expect("it is plugged in");
        carrying.abort();
        let _ = carrying.await;
    }

    async fn plug_in(&self) {
        let listener = TcpListener::bind(self.here).await.expect("our own port again");
        self.carry(listener);
    }
}

fn event(number: u32) -> String {
    format!(
        r#"{{"id":"e-{number}","type":"contact_created","how":"import","at":"2026-11-02T12:00:00Z","contact":"c-{number}",
        "company":"co-{number}","set":{{"company":{{"segment":"business"}}}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_goes_and_comes_back_and_nothing_acknowledged_is_lost() {
    let test = postgres().await;
    let (before, database) = test.url.rsplit_once('/').expect("a database in the url");
    let (who, server) = before.rsplit_once('@').expect("a user in the url");
    let cable = Cable::to(server).await;
    let url = format!("{who}@{}/{database}", cable.here);
    let app = TestApp::start_on(&url).at("2026-11-19 14:05 America/New_York").await;
    for number in 0..20 {
        assert_eq!(app.shop_sends(&format!("msg-{number}"), &event(number)).await.0, 202);
    }

    cable.pull().await;
    let (status, answer) = app.shop_sends("msg-20", &event(20)).await;
    assert_eq!((status, answer.contains("just now; please try again")), (503, true), "{answer}");
    let said = app.asks_in_discord("/kpi leads b2b").await;
    assert!(!said.contains("Leads, b2b: "), "no number without a database: {said}");
    assert_eq!(reqwest::get(format!("{}/readyz", app.url)).await.expect("an answer").status().as_u16(), 503);
    assert_eq!(reqwest::get(format!("{}/healthz", app.url)).await.expect("an answer").status().as_u16(), 200);

    cable.plug_in().await;
    app.advance_ms(A_WHILE_MS);
    assert_eq!(app.shop_sends("msg-20", &event(20)).await.0, 202, "sent again, as sources do");
    for number in 0..20 {
        assert_eq!(app.shop_sends(&format!("msg-{number}"), &event(number)).await.0, 200, "delivery {number} was kept");
    }
    app.advance_ms(A_WHILE_MS);
    app.idle().await;
    let said = app.asks_in_discord("/kpi leads b2b since 2026-11-01").await;
    assert!(said.contains("Leads, b2b: 21"), "{said}");
    let mut snapshot = app.program.db.read().await.expect("it is back");
    assert_eq!(inbox::backlog(&mut snapshot, WORKSPACE).await.expect("read the inbox").unreadable, 0);
    drop(snapshot);
    app.stops_with_nothing_unsaid().await;
}
