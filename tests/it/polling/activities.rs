//! Calls, e-mails, meetings and tasks: read by asking, counted once, and as they are known today.

use std::collections::BTreeMap;

use secrecy::SecretString;
use shiftbell::clock::Clock;
use shiftbell::work::Workspace;
use shiftbell::work::poll::{self, Connection, PollError, Polled, Progress, Round, position};
use shiftbell::work::rebuild::rebuild;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::StoredEvent;
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};
use shiftbell_sources::hubspot::poll::Check;
use shiftbell_store::{entities, events, workspaces};
use shiftbell_tests::db::{TestDb, both_databases};
use shiftbell_tests::fake_hubspot::{ALL_SCOPES, FakeHubSpot, HubSpotApi, Object, TOKEN};
use shiftbell_tests::fake_server::FakeClock;
use shiftbell_tests::sample::DEFINITIONS;
use tokio_util::sync::CancellationToken;

use super::{SOURCE, portal, settings, workspace, workspace_of};

pub(super) const CONNECTED: &str = "f240bbac-87c9-4f6e-bf70-924b57d47db7";
const NO_ANSWER: &str = "73a0d17f-1163-4015-bdd5-ec830791da20";

/// A business with a contact and a deal, and a program that asks for it.
pub(super) struct Desk<'a> {
    test: &'a TestDb,
    pub(super) api: HubSpotApi,
    pub(super) clock: Clock,
    pub(super) contact: u64,
    pub(super) deal: u64,
}

impl Desk<'_> {
    pub(super) async fn of(test: &TestDb) -> Desk<'_> {
        let mut portal = portal();
        portal.user = "userId:2001".to_owned();
        let contact = portal.import_contact(&[("email", "host@sample.example"), ("hubspot_owner_id", "1001")]);
        let company = portal.create(Object::Company, &[("name", "Sample Bank"), ("segment", "Business")]);
        portal.associate((Object::Contact, contact), (Object::Company, company));
        let deal = portal.create(Object::Deal, &[("dealname", "Sample Bank"), ("amount", "18000")]);
        portal.associate((Object::Deal, deal), (Object::Contact, contact));
        portal.associate((Object::Deal, deal), (Object::Company, company));
        let clock = Clock::at(portal.now);
        let api = HubSpotApi::start(portal, FakeClock::Machine).await;
        api.limit(1_000_000, 1_000_000, 1_000_000);
        let desk = Desk { test, api, clock, contact, deal };
        let workspace = workspace();
        let mut tx = test.db.write().await.unwrap();
        workspaces::ensure(&mut tx, &workspace.name, desk.clock.now().as_ms()).await.unwrap();
        tx.commit().await.unwrap();
        rebuild(&test.db, &workspace, desk.clock.now(), |_| {}).await.unwrap();
        desk
    }

    /// Something is done in the portal, a while later.
    pub(super) fn later<T>(&self, ms: i64, act: impl FnOnce(&mut FakeHubSpot) -> T) -> T {
        self.clock.advance_ms(ms);
        let mut portal = self.api.portal();
        portal.now = self.clock.now();
        act(&mut portal)
    }

    /// An activity of the contact, made now.
    pub(super) fn log(&self, object: Object, properties: &[(&str, &str)]) -> u64 {
        let contact = self.contact;
        self.later(MS_PER_MINUTE, |portal| {
            let id = portal.create(object, properties);
            portal.associate((object, id), (Object::Contact, contact));
            id
        })
    }

    pub(super) async fn poll(&self) -> Round {
        self.round().await.unwrap()
    }

    /// A round that does not come to its end.
    pub(super) async fn fails(&self) {
        assert!(self.round().await.is_err());
    }

    /// The last full check.
    pub(super) async fn checked(&self) -> Option<Check> {
        position(&self.test.db, &workspace().name, SOURCE).await.unwrap().checked
    }

    /// Whether a record has events.
    pub(super) async fn knows(&self, kind: &str, id: u64) -> bool {
        let key = EntityKey::new(EntityKind::from_word(kind).unwrap(), id.to_string());
        let mut snapshot = self.test.db.read().await.unwrap();
        let found = events::of_entities(&mut snapshot, &workspace().name, SOURCE, &[key.number()]).await.unwrap();
        !found.is_empty()
    }

    async fn round(&self) -> Result<Round, PollError> {
        let (workspace, stop) = (workspace(), CancellationToken::new());
        let connection = Connection::new(self.api.url(), &SecretString::from(TOKEN)).unwrap();
        let polled = Polled {
            db: &self.test.db,
            clock: &self.clock,
            workspace: &workspace,
            settings: &settings(&workspace),
            connection: &connection,
            stop: &stop,
        };
        let progress = |progress| match progress {
            Progress::Waiting { until } => self.clock.advance_ms(until.since(self.clock.now())),
            Progress::Read { .. } => {}
        };
        poll::round(&polled, progress).await
    }

    /// How often each fact has happened and each stage was reached, as `name motion`.
    async fn facts(&self) -> BTreeMap<String, usize> {
        self.facts_of(&workspace()).await
    }

    async fn facts_of(&self, workspace: &Workspace) -> BTreeMap<String, usize> {
        let mut snapshot = self.test.db.read().await.unwrap();
        let accounts = entities::accounts_after(&mut snapshot, &workspace.name, None, 10_000).await.unwrap();
        let mut found = BTreeMap::new();
        for account in accounts {
            let stored = events::of_accounts(&mut snapshot, &workspace.name, &[account]).await.unwrap();
            let stored: Vec<StoredEvent> = stored
                .into_iter()
                .map(|one| StoredEvent { event: one.event().unwrap(), source: one.source, by: one.by_role })
                .collect();
            for (_, contribution) in workspace.meaning.plan.fold(account, &stored) {
                for row in contribution.rows() {
                    let series = row.series.strip_prefix("fact/").unwrap_or(&row.series);
                    *found.entry(format!("{series} {}", row.motion)).or_default() += 1;
                }
            }
        }
        found
    }

    /// The events of this kind, in the order in which they happened.
    pub(super) async fn told(&self, kind: &str) -> Vec<Event> {
        let workspace = workspace();
        let mut snapshot = self.test.db.read().await.unwrap();
        let accounts = entities::accounts_after(&mut snapshot, &workspace.name, None, 10_000).await.unwrap();
        let stored = events::of_accounts(&mut snapshot, &workspace.name, &accounts).await.unwrap();
        let events = stored.into_iter().map(|one| one.event().unwrap());
        let mut told: Vec<Event> = events.filter(|event| event.kind == kind).collect();
        told.sort_by_key(|event| event.at);
        told
    }

    /// How often a form of this name was filled in, as it is counted.
    pub(super) async fn times_filled_in(&self, form: &str) -> usize {
        let fact = format!("\n[facts]\nfilled = {{ event = \"form\", form = \"{form}\" }}\n");
        let kpi = "\n[kpis]\nfilled = { label = \"Filled in\", count = \"filled\" }\n";
        let text = DEFINITIONS.replacen("\n[facts]\n", &fact, 1).replacen("\n[kpis]\n", kpi, 1);
        let found = self.facts_of(&workspace_of(&text)).await;
        found.iter().filter(|(name, _)| name.starts_with("filled ")).map(|(_, n)| *n).sum()
    }

    /// The latest value of a field of the deal.
    pub(super) async fn of_deal(&self, field: &str) -> Option<String> {
        let key = EntityKey::new(EntityKind::Deal, self.deal.to_string());
        let mut snapshot = self.test.db.read().await.unwrap();
        let found = events::of_entities(&mut snapshot, &workspace().name, SOURCE, &[key.number()]).await.unwrap();
        let mut events: Vec<Event> = found.into_iter().map(|one| one.event().unwrap()).collect();
        events.sort_by_key(|event| event.at);
        let mut values = events.iter().rev().filter_map(|event| event.set.get(&EntityKind::Deal)?.get(field));
        values.next().and_then(|value| value.as_text().map(str::to_owned))
    }

    /// How often it happened to businesses.
    pub(super) async fn count(&self, fact: &str) -> usize {
        self.facts().await.get(&format!("{fact} b2b")).copied().unwrap_or(0)
    }
}

#[tokio::test]
async fn a_call_counts_once_whenever_its_outcome_is_entered_and_whosever_it_becomes() {
    for test in both_databases().await {
        let desk = Desk::of(&test).await;
        let call = desk.log(Object::Call, &[("hs_call_direction", "OUTBOUND"), ("hubspot_owner_id", "1001")]);
        desk.poll().await;
        assert_eq!(desk.count("call-accepted").await, 0, "nobody knows yet how it went");
        desk.later(MS_PER_HOUR, |portal| portal.set(Object::Call, call, "hs_call_disposition", CONNECTED));
        desk.poll().await;
        assert_eq!((desk.count("call-accepted").await, desk.count("two-way-contact").await), (1, 1));
        // It becomes one of the deal too, and of a person without a company; then it was not so after all.
        let (deal, contact) = (desk.deal, desk.contact);
        desk.later(MS_PER_HOUR, |portal| portal.associate((Object::Call, call), (Object::Deal, deal)));
        desk.poll().await;
        assert_eq!(desk.count("call-accepted").await, 1);
        let family = desk.later(MS_PER_HOUR, |portal| {
            let family = portal.create(Object::Contact, &[("email", "family@x.example")]);
            portal.dissociate((Object::Call, call), (Object::Deal, deal));
            portal.dissociate((Object::Call, call), (Object::Contact, contact));
            portal.associate((Object::Call, call), (Object::Contact, family));
            family
        });
        desk.poll().await;
        assert_eq!(desk.count("call-accepted").await, 0, "it is a family's call: {:?}", desk.facts().await);
        assert_eq!(desk.facts().await["call-accepted b2c"], 1, "{}", test.kind);
        desk.later(MS_PER_HOUR, |portal| {
            portal.dissociate((Object::Call, call), (Object::Contact, family));
            portal.associate((Object::Call, call), (Object::Contact, contact));
            portal.set(Object::Call, call, "hs_call_disposition", NO_ANSWER);
        });
        desk.poll().await;
        assert_eq!(desk.facts().await.get("call-accepted b2c"), None);
        assert_eq!(desk.count("call-accepted").await, 0, "{}: it was not accepted after all", test.kind);
        assert_eq!(desk.poll().await.appended, 0, "nothing new");
    }
}

#[tokio::test]
async fn e_mails_tell_who_wrote_and_machines_write_no_follow_ups() {
    let test = shiftbell_tests::db::sqlite().await;
    let desk = Desk::of(&test).await;
    desk.log(Object::Email, &[("hs_email_direction", "EMAIL"), ("hs_email_subject", "Clowns for your bank")]);
    desk.log(Object::Email, &[("hs_email_direction", "INCOMING_EMAIL"), ("hs_email_subject", "Re: Clowns")]);
    desk.log(Object::Email, &[("hs_email_direction", "EMAIL"), ("hs_email_subject", "RE: Clowns for your bank")]);
    desk.log(Object::Email, &[("hs_email_direction", "EMAIL"), ("hs_sequence_id", "77"), ("hs_email_status", "SENT")]);
    let waiting = desk.log(Object::Email, &[("hs_email_direction", "EMAIL"), ("hs_email_status", "SCHEDULED")]);
    desk.poll().await;
    assert_eq!((desk.count("reply-received").await, desk.count("follow-up-done").await), (1, 1));
    assert_eq!(desk.count("human-reply").await, 2, "{:?}", desk.facts().await);
    desk.later(MS_PER_HOUR, |portal| portal.set(Object::Email, waiting, "hs_email_status", "SENT"));
    desk.poll().await;
    assert_eq!(desk.count("human-reply").await, 3, "it was sent");
}

#[tokio::test]
async fn a_meeting_is_confirmed_when_it_was_set_and_held_at_its_time() {
    for test in both_databases().await {
        let desk = Desk::of(&test).await;
        let start = desk.clock.now().plus_ms(2 * MS_PER_DAY);
        let ms = start.as_ms().to_string();
        let meeting = desk.log(
            Object::Meeting,
            &[("hs_meeting_start_time", &ms), ("hs_meeting_outcome", "SCHEDULED"), ("hubspot_owner_id", "1004")],
        );
        desk.log(Object::Meeting, &[("hs_meeting_start_time", &ms)]);
        desk.poll().await;
        assert_eq!((desk.count("meeting-due").await, desk.count("meeting-held").await), (0, 0));
        desk.later(2 * MS_PER_DAY, |portal| portal.set(Object::Meeting, meeting, "hs_meeting_outcome", "NO_SHOW"));
        desk.poll().await;
        assert_eq!((desk.count("meeting-due").await, desk.count("meeting-held").await), (1, 0));
        let again = desk.clock.now().plus_ms(MS_PER_DAY);
        desk.later(MS_PER_HOUR, |portal| {
            portal.set(Object::Meeting, meeting, "hs_meeting_start_time", &again.as_ms().to_string());
            portal.set(Object::Meeting, meeting, "hs_meeting_outcome", "RESCHEDULED");
        });
        desk.later(2 * MS_PER_DAY, |portal| portal.set(Object::Meeting, meeting, "hs_meeting_outcome", "COMPLETED"));
        desk.poll().await;
        assert_eq!((desk.count("meeting-due").await, desk.count("meeting-held").await), (2, 1));
        let told = desk.told("meeting").await;
        let times: Vec<(String, String)> = told
            .iter()
            .map(|event| (event.properties["status"].as_text().unwrap().to_owned(), event.at.to_string()))
            .collect();
        assert_eq!(times.len(), 4, "{times:?}");
        assert_eq!(times[1], ("no-show".to_owned(), start.to_string()), "{times:?}");
        assert_eq!(times[3], ("held".to_owned(), again.to_string()), "{times:?}");
        assert_eq!(desk.count("sql").await, 1, "{}: an AE confirmed a meeting", test.kind);
    }
}

#[tokio::test]
async fn a_task_is_due_when_its_time_comes_without_being_touched_and_not_when_it_was_put_off() {
    let test = shiftbell_tests::db::sqlite().await;
    let desk = Desk::of(&test).await;
    let in_days = |days: i64| desk.clock.now().plus_ms(days * MS_PER_DAY).as_ms().to_string();
    let (two, three, five) = (in_days(2), in_days(3), in_days(5));
    let kind = ("hs_task_type", "ONBOARDING");
    let task = desk.log(Object::Task, &[kind, ("hs_timestamp", &two), ("hs_task_status", "NOT_STARTED")]);
    let other = desk.log(Object::Task, &[kind, ("hs_timestamp", &two), ("hs_task_status", "NOT_STARTED")]);
    desk.poll().await;
    desk.later(MS_PER_DAY, |portal| portal.set(Object::Task, other, "hs_timestamp", &five));
    desk.poll().await;
    assert_eq!(desk.count("milestone-due").await, 0);
    desk.later(MS_PER_DAY + MS_PER_HOUR, |_| {});
    desk.poll().await;
    assert_eq!(desk.count("milestone-due").await, 1, "of its own accord: {three}");
    desk.later(MS_PER_HOUR, |portal| {
        for task in [task, other] {
            portal.set(Object::Task, task, "hs_task_status", "COMPLETED");
        }
    });
    desk.poll().await;
    desk.later(5 * MS_PER_DAY, |_| {});
    desk.poll().await;
    assert_eq!((desk.count("milestone-due").await, desk.count("milestone-reached").await), (1, 2));
}

#[tokio::test]
async fn what_is_deleted_in_the_portal_counts_no_more_without_any_webhook_until_it_is_restored() {
    for test in both_databases().await {
        let desk = Desk::of(&test).await;
        let call = desk.log(Object::Call, &[("hs_call_disposition", CONNECTED)]);
        desk.poll().await;
        assert_eq!(desk.count("call-accepted").await, 1);
        desk.later(MS_PER_HOUR, |portal| portal.delete(Object::Call, call, false));
        desk.poll().await;
        assert_eq!(desk.count("call-accepted").await, 0, "{}", test.kind);
        assert_eq!(desk.poll().await.appended, 0);
        let contact = desk.contact;
        desk.later(MS_PER_HOUR, |portal| {
            portal.restore(Object::Call, call);
            portal.associate((Object::Call, call), (Object::Contact, contact));
        });
        desk.poll().await;
        assert_eq!(desk.count("call-accepted").await, 1, "{}", test.kind);
    }
}

#[tokio::test]
async fn a_token_that_may_not_read_e_mails_reads_the_rest_and_says_what_it_lacks() {
    let test = shiftbell_tests::db::sqlite().await;
    let desk = Desk::of(&test).await;
    desk.log(Object::Call, &[("hs_call_disposition", CONNECTED)]);
    desk.log(Object::Email, &[("hs_email_direction", "INCOMING_EMAIL")]);
    let scopes: Vec<&str> = ALL_SCOPES.into_iter().filter(|scope| *scope != "sales-email-read").collect();
    desk.api.allow(&scopes);
    let round = desk.poll().await;
    assert_eq!(round.left_out.len(), 1);
    assert!(round.left_out[0].contains("`sales-email-read`"), "{:?}", round.left_out);
    assert_eq!((desk.count("call-accepted").await, desk.count("reply-received").await), (1, 0));
    assert!(round.is_complete);
}
