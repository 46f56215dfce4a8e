//! A fact as a normalised event.

use std::collections::BTreeMap;

use serde_json::json;
use shiftbell_metrics::event::{Event, Properties, kinds};
use shiftbell_metrics::id::EntityKind::{self, Company, Contact, Deal, Subscription, Visitor};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::time::{Instant, MS_PER_DAY};
use shiftbell_metrics::value::Value;

use super::fact::{Change, Customer, Fact, Invoice, Step};
use super::names::{self, PRODUCTS, Who};

const SOFT_FORMS: [&str; 3] = ["party-ideas", "price-list", "newsletter"];
const PAGES: [&str; 5] = ["/", "/parties", "/corporate", "/prices", "/clowns"];
const CHANNELS: [&str; 3] = ["ads", "events", "sales"];

/// Writes a fact as an event with this number.
pub(super) fn written(number: u64, at_ms: i64, fact: &Fact) -> Event {
    let draft = Draft(Event {
        id: format!("demo-{number}"),
        kind: String::new(),
        at: Instant(at_ms),
        names: BTreeMap::new(),
        owner: None,
        set: BTreeMap::new(),
        properties: Properties::new(),
    });
    draft.of(fact).0
}

struct Draft(Event);

impl Draft {
    fn of(self, fact: &Fact) -> Draft {
        match *fact {
            Fact::Imported { contact, company, product } => self.imported(contact, company, product),
            Fact::Merged { contact, into } => {
                self.is(kinds::MERGED).contact(contact).with("into", Value::Text(format!("contact-{into}")))
            }
            Fact::Called { contact, who, is_accepted, is_follow_up } => self
                .is("call")
                .contact(contact)
                .by(who)
                .with("direction", text("out"))
                .with("outcome", text(if is_accepted { "accepted" } else { "no-answer" }))
                .with("automated", Value::Bool(false))
                .with("follow_up", Value::Bool(is_follow_up))
                .with("answered", Value::Bool(is_accepted)),
            Fact::Mailed { contact, who, is_incoming, is_automated, is_follow_up } => self
                .is("email")
                .contact(contact)
                .by(who)
                .with("direction", text(if is_incoming { "in" } else { "out" }))
                .with("automated", Value::Bool(is_automated))
                .with("follow_up", Value::Bool(is_follow_up))
                .with("answered", Value::Bool(is_incoming)),
            Fact::Visited { visitor, page } => {
                self.is("page_view").visitor(visitor).with("page", text(PAGES[usize::from(page) % PAGES.len()]))
            }
            Fact::Requested { contact, visitor, product, is_calendar, is_ownerless } => {
                let form = if is_calendar { "calendar-link" } else { "meeting-request" };
                let draft = self.form(contact, visitor, product, form);
                if is_ownerless { draft.sets(Contact, "owner", Value::Null) } else { draft }
            }
            Fact::SoftForm { contact, visitor, product, form } => self
                .form(contact, visitor, product, SOFT_FORMS[usize::from(form) % SOFT_FORMS.len()])
                .sets_person(contact, None),
            Fact::MeetingConfirmed { contact, ae } => self.meeting(contact, ae, "confirmed").with("by", text("ae")),
            Fact::MeetingDue { contact, ae, is_held } => self
                .meeting(contact, ae, if is_held { "held" } else { "no-show" })
                .with("answered", Value::Bool(is_held)),
            Fact::Disqualified { contact } => {
                self.is("contact").contact(contact).sets(Contact, "status", text("disqualified"))
            }
            Fact::Deal { deal, company, who, step } => {
                self.named(Deal, format!("deal-{deal}")).by(who).deal(deal, company, who, step)
            }
            Fact::CompanyKnown { company, who } => self.is("company").company(company).sets_company(company, who),
            Fact::Plan { subscription, of, monthly_minor, change } => {
                self.customer(of).plan(subscription, of, monthly_minor, change)
            }
            Fact::Invoiced { subscription, of, amount_minor, says } => self
                .is("invoice")
                .named(Subscription, format!("sub-{subscription}"))
                .customer(of)
                .with(
                    "status",
                    text(match says {
                        Invoice::Paid => "paid",
                        Invoice::Failed => "payment_failed",
                    }),
                )
                .with("amount", money(amount_minor)),
            Fact::ShowHeld { of, show } => {
                self.is("show_held").customer(of).with("show", Value::Text(format!("show-{show}")))
            }
            Fact::Milestone { company, number, is_done } => self
                .is("task")
                .company(company)
                .by(Who::csm_of(company))
                .with("kind", text("onboarding"))
                .with("milestone", Value::Number(number.into()))
                .with("status", text(if is_done { "done" } else { "due" })),
            Fact::CustomerCalled { company, is_answered } => self
                .is("call")
                .company(company)
                .by(Who::csm_of(company))
                .with("direction", text("out"))
                .with("automated", Value::Bool(false))
                .with("outcome", text(if is_answered { "accepted" } else { "no-answer" }))
                .with("answered", Value::Bool(is_answered)),
            Fact::Referred { of } => self.is("referral").customer(of),
            Fact::Scored { contact, score } => {
                self.is("contact").contact(contact).sets(Contact, "lead_score", Value::Number(score.into()))
            }
            Fact::CheckoutStarted { contact, product } => {
                self.is("checkout").contact(contact).with("product", text(PRODUCTS[usize::from(product)]))
            }
            Fact::CheckoutExpired { contact } => self.is("checkout_expired").contact(contact),
            Fact::Ordered { order, contact, product, amount_minor } => self
                .order(order, product, "created")
                .contact(contact)
                .with("amount", money(amount_minor))
                .sets(Deal, "kind", text("order"))
                .sets(Deal, "product", text(PRODUCTS[usize::from(product)]))
                .sets(Deal, "amount", money(amount_minor)),
            Fact::OrderPaid { order, contact, product, amount_minor } => {
                self.order(order, product, "paid").contact(contact).with("amount", money(amount_minor))
            }
            Fact::Spent { is_business, channel, amount_minor } => self.spent(is_business, channel, amount_minor),
        }
    }

    fn imported(self, contact: u64, company: u64, product: u8) -> Draft {
        let bdr = Who::bdr_of(company);
        self.is("contact_created")
            .contact(contact)
            .company(company)
            .by(bdr)
            .with("how", text("import"))
            .sets_person(contact, Some(company))
            .sets(Contact, "owner", text(bdr.email()))
            .sets(Contact, "product", text(PRODUCTS[usize::from(product)]))
            .sets_company(company, bdr)
    }

    fn form(self, contact: u64, visitor: u64, product: u8, form: &'static str) -> Draft {
        self.is("form").contact(contact).visitor(visitor).with("form", text(form)).sets(
            Contact,
            "product",
            text(PRODUCTS[usize::from(product)]),
        )
    }

    fn meeting(self, contact: u64, ae: Who, status: &'static str) -> Draft {
        self.is("meeting")
            .contact(contact)
            .by(ae)
            .with("status", text(status))
            .with("direction", text("out"))
            .with("automated", Value::Bool(false))
    }

    fn deal(self, deal: u64, company: u64, who: Who, step: Step) -> Draft {
        match step {
            Step::Opened { contact, product } => self
                .is("deal")
                .contact(contact)
                .company(company)
                .with("change", text("created"))
                .sets(Deal, "name", Value::Text(format!("{} {deal}", names::company(company))))
                .sets(Deal, "owner", text(who.email()))
                .sets(Deal, "product", text(PRODUCTS[usize::from(product)]))
                .sets(Deal, "kind", text("new"))
                .sets(Deal, "stage", text("discovery")),
            Step::Bant { list_minor, amount_minor } => self
                .is("deal")
                .sets(Deal, "bant", text("met"))
                .sets(Deal, "stage", text("proposal"))
                .sets(Deal, "annual_list_amount", money(list_minor))
                .sets(Deal, "annual_amount", money(amount_minor)),
            Step::Touched { new_contact, is_complete } => {
                let next = Instant(self.0.at.as_ms() + 8 * MS_PER_DAY);
                let draft = match new_contact {
                    Some(contact) => self.contact(contact).company(company),
                    None => self,
                };
                draft
                    .is("email")
                    .with("direction", text("out"))
                    .with("automated", Value::Bool(false))
                    .with("answered", Value::Bool(true))
                    .sets(Deal, "next_step_at", Value::Text(next.to_string()))
                    .sets(Deal, "evidence", text(if is_complete { "complete" } else { "partial" }))
            }
            Step::Won { amount_minor } => {
                self.is("deal").sets(Deal, "stage", text("won")).sets(Deal, "annual_amount", money(amount_minor))
            }
            Step::Lost => self.is("deal").sets(Deal, "stage", text("lost")),
            Step::RenewalOpened => self
                .is("deal")
                .company(company)
                .with("change", text("created"))
                .sets(Deal, "name", Value::Text(format!("{} renewal", names::company(company))))
                .sets(Deal, "kind", text("renewal"))
                .sets(Deal, "owner", text(who.email())),
            Step::RenewalSigned => self.is("deal").sets(Deal, "stage", text("renewed")),
        }
    }

    fn plan(self, subscription: u64, of: Customer, monthly_minor: i64, change: Change) -> Draft {
        let draft = self.is("subscription").named(Subscription, format!("sub-{subscription}"));
        let items = || {
            let plan = if matches!(of, Customer::Company(_)) { "shows" } else { "member" };
            let amount = Money::new(monthly_minor, Currency::USD).major().to_string();
            let amount = json!({"amount": amount, "currency": "USD"});
            Value::Json(json!([{"plan": plan, "amount": amount, "interval": "month", "quantity": 1}]))
        };
        match change {
            Change::Started { renews_ms } => draft
                .sets_keeper(of)
                .renews(renews_ms)
                .with("change", text("started"))
                .sets(Subscription, "status", text("active"))
                .sets(Subscription, "monthly_amount", money(monthly_minor))
                .sets(Subscription, "items", items()),
            Change::Raised => draft
                .with("change", text("updated"))
                .sets(Subscription, "monthly_amount", money(monthly_minor))
                .sets(Subscription, "items", items()),
            Change::Renewed { renews_ms } => draft.with("change", text("renewed")).renews(renews_ms),
            Change::CancelScheduled { ends_ms } => {
                let ends_at = Value::Text(Instant(ends_ms).to_string());
                draft
                    .with("change", text("cancel_scheduled"))
                    .with("reason", text("too few events used"))
                    .with("ends_at", ends_at.clone())
                    .with("amount", money(monthly_minor))
                    .sets(Subscription, "status", text("leaving"))
                    .sets(Subscription, "ends_at", ends_at)
            }
            Change::Ended => draft.with("change", text("ended")).sets(Subscription, "status", text("ended")),
        }
    }

    fn renews(self, renews_ms: Option<i64>) -> Draft {
        match renews_ms {
            Some(renews_ms) => self.sets(Subscription, "renews_at", Value::Text(Instant(renews_ms).to_string())),
            None => self,
        }
    }

    /// A customer is kept by a customer success manager; until then its company was with a BDR.
    fn sets_keeper(self, of: Customer) -> Draft {
        match of {
            Customer::Company(company) => self.sets(Company, "owner", text(Who::csm_of(company).email())),
            Customer::Family(_) => self,
        }
    }

    fn order(self, order: u64, product: u8, status: &'static str) -> Draft {
        self.is("order")
            .named(Deal, format!("order-{order}"))
            .with("status", text(status))
            .with("product", text(PRODUCTS[usize::from(product)]))
    }

    /// Cost belongs to a motion through a company that stands for the motion's marketing and sales.
    fn spent(self, is_business: bool, channel: u8, amount_minor: i64) -> Draft {
        let (id, segment) = if is_business { ("cost-b2b", "business") } else { ("cost-b2c", "own") };
        self.is("spend")
            .named(Company, id.to_owned())
            .with("channel", text(CHANNELS[usize::from(channel) % CHANNELS.len()]))
            .with("amount", money(amount_minor))
            .sets(Company, "segment", text(segment))
    }

    fn sets_person(self, contact: u64, company: Option<u64>) -> Draft {
        let domain = names::domain(contact, company);
        let (first, last) = (names::first_name(contact), names::last_name(contact));
        let email = format!("{}.{}{contact}@{domain}", first.to_lowercase(), last.to_lowercase());
        self.sets(Contact, "name", Value::Text(format!("{first} {last}")))
            .sets(Contact, "email", Value::Text(email))
            .sets(Contact, "email_domain", Value::Text(domain))
            .sets(Contact, "source", text(names::source(contact, company.is_some())))
            .sets(Contact, "country", text(names::country(company.unwrap_or(contact))))
    }

    fn sets_company(self, company: u64, who: Who) -> Draft {
        self.sets(Company, "name", Value::Text(names::company(company)))
            .sets(Company, "segment", text("business"))
            .sets(Company, "industry", text(names::industry(company)))
            .sets(Company, "country", text(names::country(company)))
            .sets(Company, "owner", text(who.email()))
    }

    fn is(mut self, kind: &str) -> Draft {
        kind.clone_into(&mut self.0.kind);
        self
    }

    fn named(mut self, kind: EntityKind, id: String) -> Draft {
        self.0.names.insert(kind, id);
        self
    }

    fn contact(self, contact: u64) -> Draft {
        self.named(Contact, format!("contact-{contact}"))
    }

    fn company(self, company: u64) -> Draft {
        self.named(Company, format!("company-{company}"))
    }

    fn visitor(self, visitor: u64) -> Draft {
        self.named(Visitor, format!("visitor-{visitor}"))
    }

    fn customer(self, of: Customer) -> Draft {
        match of {
            Customer::Company(company) => self.company(company).by(Who::csm_of(company)),
            Customer::Family(contact) => self.contact(contact),
        }
    }

    fn by(mut self, who: Who) -> Draft {
        self.0.owner = Some(who.email().to_owned());
        self
    }

    fn with(mut self, name: &str, value: Value) -> Draft {
        self.0.properties.insert(name.to_owned(), value);
        self
    }

    fn sets(mut self, of: EntityKind, name: &str, value: Value) -> Draft {
        self.0.set.entry(of).or_default().insert(name.to_owned(), value);
        self
    }
}

fn text(word: &'static str) -> Value {
    Value::text(word)
}

fn money(minor: i64) -> Value {
    Value::Money(Money::new(minor, Currency::USD))
}
