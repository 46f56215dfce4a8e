//! The survey of an account against a portal that refuses what the real one refuses, and what is kept of it.

use secrecy::SecretString;
use shiftbell::clock::Clock;
use shiftbell::portal;
use shiftbell::work::Workspace;
use shiftbell::work::poll::{self, Connection, Polled};
use shiftbell_metrics::definitions::read;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::SourceSettings;
use shiftbell_sources::hubspot::poll::PollProblem;
use shiftbell_sources::hubspot::portal::{End, Piece, Portal};
use shiftbell_store::{Db, owners, workspaces};
use shiftbell_tests::db::both_databases;
use shiftbell_tests::fake_hubspot::{self, ALL_SCOPES, FakeHubSpot, HubSpotApi, Pipeline, TOKEN};
use shiftbell_tests::fake_server::{FakeClock, Fault};
use shiftbell_tests::sample::{DEFINITIONS, vocabulary};
use tokio_util::sync::CancellationToken;

fn start() -> Instant {
    Instant::parse("2026-09-01T09:00:00Z").unwrap()
}

async fn api() -> HubSpotApi {
    let mut portal = FakeHubSpot::new(10_000_001, "a-client-secret", start());
    portal.setup.zone = "US/Arizona".to_owned();
    portal.setup.more_currencies = vec!["EUR".to_owned()];
    portal.setup.pipelines.push(Pipeline::of(
        "7781",
        "Partners",
        &[("123456", "Contract won", "1.0"), ("1f4f1ec1-11f2-4a61-8d4b-b4ac1bf2ee4b", "Not now", "0.0")],
    ));
    portal.forms.insert("f-1".to_owned(), "Meeting request".to_owned());
    portal.setup.add_options(fake_hubspot::Object::Company, "segment", "Segment", &[("seg_1", "Business")]);
    portal.setup.add_owner(1001, 2001, "Ann.Archer@Clowns.example", "Sales");
    portal.setup.add_owner(1002, 2002, "bob.baker@clowns.example", "");
    portal.setup.owners[1].is_archived = true;
    HubSpotApi::start(portal, FakeClock::Machine).await
}

async fn survey(api: &HubSpotApi, token: &str) -> Result<Portal, PollProblem> {
    let connection = Connection::new(api.url(), &SecretString::from(token)).unwrap();
    let read = portal::read(&connection, "v3", &Clock::System, &CancellationToken::new()).await?;
    Ok(read.expect("nobody stops it"))
}

#[tokio::test]
async fn everything_that_an_account_is_set_up_as_is_read() {
    let api = api().await;
    let portal = survey(&api, TOKEN).await.unwrap();
    let account = &portal.account;
    assert_eq!((account.id.as_str(), account.zone.as_deref()), ("10000001", Some("US/Arizona")));
    assert_eq!(
        (account.currency.as_deref(), account.more_currencies.as_slice()),
        (Some("USD"), &["EUR".to_owned()][..])
    );
    let stages: Vec<(&str, &str, Option<End>)> =
        portal.stages().map(|(_, stage)| (stage.id.as_str(), stage.label.as_str(), stage.end)).collect();
    assert_eq!(stages[2], ("closedwon", "Closed Won", Some(End::Won)));
    assert_eq!(stages[4], ("123456", "Contract won", Some(End::Won)));
    assert_eq!(stages[5].2, Some(End::Lost));
    let segment = portal.properties[&EntityKind::Company].iter().find(|property| property.name == "segment").unwrap();
    assert_eq!(
        (segment.is_custom, segment.options.as_slice()),
        (true, &[("seg_1".to_owned(), "Business".to_owned())][..])
    );
    assert_eq!(portal.forms[0].name, "Meeting request");
    let ann = &portal.owners[0];
    assert_eq!((ann.email.as_deref(), ann.name.as_str()), (Some("ann.archer@clowns.example"), "Ann Archer"));
    assert_eq!(
        (ann.user.as_deref(), ann.teams.as_slice(), ann.is_active),
        (Some("2001"), &["Sales".to_owned()][..], true)
    );
    // Somebody who left is no user any more, and is still known by the number of the user that they were.
    assert_eq!((portal.owners[1].user.as_deref(), portal.owners[1].is_active), (Some("2002"), false));
    assert_eq!((portal.lacks(), portal.unread.len()), (vec![], 0));
}

#[tokio::test]
async fn two_hundred_and_fifty_owners_come_in_pages() {
    let api = api().await;
    for n in 0..250 {
        api.portal().setup.add_owner(5_000 + n, 6_000 + n, &format!("p{n}@clowns.example"), "Sales");
    }
    assert_eq!(survey(&api, TOKEN).await.unwrap().owners.len(), 252);
}

#[tokio::test]
async fn both_ways_of_writing_the_version_are_understood() {
    let api = api().await;
    let connection = Connection::new(api.url(), &SecretString::from(TOKEN)).unwrap();
    let read = portal::read(&connection, "2026-03", &Clock::System, &CancellationToken::new()).await.unwrap().unwrap();
    assert_eq!((read.pipelines.len(), read.owners.len(), read.unread.len()), (2, 2, 0));
}

#[tokio::test]
async fn a_missing_scope_is_a_sentence_and_the_rest_is_read() {
    let api = api().await;
    api.allow(&ALL_SCOPES.into_iter().filter(|scope| *scope != "crm.objects.owners.read").collect::<Vec<_>>());
    let portal = survey(&api, TOKEN).await.unwrap();
    assert_eq!((portal.owners.len(), portal.forms.len()), (0, 1));
    assert_eq!(
        portal.unread[&Piece::Owners],
        "the token may not read owners: tick `crm.objects.owners.read` in the private app under Scopes, then take its token again"
    );
    assert_eq!(portal.lacks().iter().map(|scope| scope.name).collect::<Vec<_>>(), ["crm.objects.owners.read"]);
}

#[tokio::test]
async fn a_wrong_token_ends_the_survey_and_is_not_repeated() {
    let problem = survey(&api().await, "pat-na1-wrong").await.unwrap_err().to_string();
    assert!(problem.starts_with("HubSpot does not accept the token"), "{problem}");
    assert!(!problem.contains("pat-na1-wrong"), "{problem}");
}

async fn round(db: &Db, api: &HubSpotApi) {
    let workspace = Workspace::new(
        "clowns-to-go",
        read("clowns-to-go.toml", DEFINITIONS, &vocabulary()).definitions.unwrap(),
        DEFINITIONS,
    );
    let source = workspace.defs().sources.iter().find(|source| source.id == "hubspot-main").unwrap();
    let polled = Polled {
        db,
        clock: &Clock::System,
        workspace: &workspace,
        settings: &SourceSettings::of(source),
        connection: &Connection::new(api.url(), &SecretString::from(TOKEN)).unwrap(),
        stop: &CancellationToken::new(),
    };
    assert!(poll::round(&polled, |_| {}).await.unwrap().is_complete);
}

#[tokio::test]
async fn owners_are_kept_with_every_round_and_nobody_is_forgotten() {
    for test in both_databases().await {
        let mut tx = test.db.write().await.unwrap();
        workspaces::ensure(&mut tx, "clowns-to-go", start().as_ms()).await.unwrap();
        tx.commit().await.unwrap();
        let api = api().await;
        round(&test.db, &api).await;
        let kept = async || {
            let all = owners::all(&mut test.db.read().await.unwrap(), "clowns-to-go").await.unwrap();
            all.into_iter().map(|owner| (owner.owner_id, owner.is_active)).collect::<Vec<_>>()
        };
        assert_eq!(kept().await, [("1001".to_owned(), true), ("1002".to_owned(), false)], "{}", test.kind);

        // One is removed altogether, a token that may not read owners changes nothing, and a new one comes.
        api.portal().setup.owners.remove(0);
        api.allow(&ALL_SCOPES.into_iter().filter(|scope| *scope != "crm.objects.owners.read").collect::<Vec<_>>());
        round(&test.db, &api).await;
        assert!(kept().await[0].1, "{}: nobody said that she left", test.kind);
        let known = portal::kept(&test.db, "clowns-to-go", "hubspot-main").await.unwrap().unwrap();
        assert_eq!((known.owners.len(), known.forms.len()), (2, 1), "{}: what was known stays", test.kind);
        api.allow(&ALL_SCOPES);
        api.portal().setup.add_owner(1003, 2003, "cleo@clowns.example", "Sales");
        round(&test.db, &api).await;
        let now = kept().await;
        assert_eq!(now.iter().map(|(_, is_active)| *is_active).collect::<Vec<_>>(), [false, false, true], "{now:?}");
    }
}

#[tokio::test]
async fn one_address_that_is_broken_holds_nothing_up() {
    let api = api().await;
    api.faults().switch_on("/marketing/v3/forms", Fault::Status(404), usize::MAX);
    let portal = survey(&api, TOKEN).await.unwrap();
    assert_eq!((portal.forms.len(), portal.owners.len()), (0, 2));
    assert!(portal.unread[&Piece::Forms].starts_with("HubSpot refused to give forms with status 404"));
}
