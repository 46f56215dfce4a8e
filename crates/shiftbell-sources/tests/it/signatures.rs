//! Signatures, against the vectors of the systems that make them.

use serde::Deserialize;
use shiftbell_metrics::time::Instant;
use shiftbell_sources::{
    Kind, Refused, Request, Secret, SignatureUsed, SourceSettings, check_secret, delivery_key, verify,
};

#[derive(Deserialize)]
struct Vectors {
    hubspot: Vec<HubSpot>,
    standard_webhooks: Vec<StandardWebhooks>,
    generic_sha256_hex: Vec<Sha256>,
}

#[derive(Deserialize)]
struct HubSpot {
    version: String,
    secret: String,
    method: String,
    uri: Option<String>,
    body: String,
    timestamp: Option<String>,
    signature: String,
}

#[derive(Deserialize)]
struct StandardWebhooks {
    secret: String,
    id: String,
    timestamp: i64,
    body: String,
    signature: String,
}

#[derive(Deserialize)]
struct Sha256 {
    secret: String,
    body: String,
    header: String,
    signature: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../fixtures/signature_vectors.json")).unwrap()
}

/// A request as it would arrive, and everything one may want to spoil in it.
#[derive(Clone)]
struct Sent {
    kind: Kind,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    secrets: Vec<String>,
    settings: SourceSettings,
    now: Instant,
}

impl Sent {
    fn verify(&self) -> Result<SignatureUsed, Refused> {
        let secrets: Vec<Secret> = self.secrets.iter().map(Secret::new).collect();
        self.with_request(|request| verify(self.kind, request, &secrets, &self.settings, self.now))
    }

    fn with_request<T>(&self, act: impl FnOnce(&Request<'_>) -> T) -> T {
        let header = |name: &str| {
            self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        act(&Request { method: &self.method, url: &self.url, header: &header, body: self.body.as_bytes() })
    }

    fn but(&self, spoil: impl FnOnce(&mut Sent)) -> Result<SignatureUsed, Refused> {
        let mut spoilt = self.clone();
        spoil(&mut spoilt);
        spoilt.verify()
    }

    fn set(&mut self, header: &str, value: &str) {
        self.headers.retain(|(key, _)| key != header);
        self.headers.push((header.to_owned(), value.to_owned()));
    }
}

fn hubspot(version: &str) -> Sent {
    let vector = vectors().hubspot.into_iter().find(|v| v.version == version).unwrap();
    let headers = match &vector.timestamp {
        Some(at) => vec![("X-HubSpot-Signature-v3", vector.signature.as_str()), ("X-HubSpot-Request-Timestamp", at)],
        None => vec![("X-HubSpot-Signature", vector.signature.as_str()), ("X-HubSpot-Signature-Version", version)],
    };
    Sent {
        kind: Kind::HubSpot,
        method: vector.method.clone(),
        url: vector.uri.clone().unwrap_or_default(),
        headers: headers.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        body: vector.body.clone(),
        secrets: vec![vector.secret.clone()],
        settings: SourceSettings::default(),
        now: Instant(1_700_000_060_000),
    }
}

fn standard() -> Sent {
    let vector = vectors().standard_webhooks.remove(0);
    Sent {
        kind: Kind::Generic,
        method: "POST".to_owned(),
        url: "https://revops.example.com/hooks/acme/website".to_owned(),
        headers: vec![
            ("webhook-id".to_owned(), vector.id),
            ("webhook-timestamp".to_owned(), vector.timestamp.to_string()),
            ("webhook-signature".to_owned(), vector.signature),
        ],
        body: vector.body,
        secrets: vec![vector.secret],
        settings: SourceSettings::default(),
        now: Instant((vector.timestamp + 60) * 1_000),
    }
}

fn is_wrong(result: &Result<SignatureUsed, Refused>) -> bool {
    matches!(result, Err(Refused::WrongSignature { .. }))
}

#[test]
fn every_vector_of_hubspot_is_accepted_with_its_version() {
    assert_eq!(hubspot("v1").verify(), Ok(SignatureUsed::HubSpotV1));
    assert_eq!(hubspot("v2").verify(), Ok(SignatureUsed::HubSpotV2));
    assert_eq!(hubspot("v3").verify(), Ok(SignatureUsed::HubSpotV3));
}

#[test]
fn nothing_of_a_hubspot_request_can_be_changed() {
    for version in ["v1", "v2", "v3"] {
        let sent = hubspot(version);
        assert!(is_wrong(&sent.but(|s| s.secrets = vec!["another".to_owned()])), "{version}: secret");
        assert!(is_wrong(&sent.but(|s| s.body.push(' '))), "{version}: a byte more");
        if !sent.body.is_empty() {
            assert!(is_wrong(&sent.but(|s| s.body.truncate(s.body.len() - 1))), "{version}: a byte less");
        }
        if version != "v1" {
            assert!(is_wrong(&sent.but(|s| s.method = "PUT".to_owned())), "{version}: method");
            assert!(is_wrong(&sent.but(|s| s.url = s.url.replace("https", "http"))), "{version}: url");
        }
        let (header, signature) = sent.headers[0].clone();
        assert!(is_wrong(&sent.but(|s| s.set(&header, &signature.to_uppercase()))), "{version}: upper case");
        assert!(is_wrong(&sent.but(|s| s.set(&header, &signature[..signature.len() - 2]))), "{version}: cut off");
        assert!(is_wrong(&sent.but(|s| s.set(&header, ""))), "{version}: empty");
    }
}

#[test]
fn a_time_in_the_wrong_unit_or_form_is_refused() {
    for timestamp in
        ["1700000000", "1700000000000.0", "-170000000000", "17000000000000", "", "170000000000x", "\u{661}70000000000"]
    {
        let result = hubspot("v3").but(|s| s.set("X-HubSpot-Request-Timestamp", timestamp));
        assert!(matches!(result, Err(Refused::MalformedTimestamp { .. })), "{timestamp}: {result:?}");
    }
    let result = standard().but(|s| s.set("webhook-timestamp", "1614265330000"));
    assert!(matches!(result, Err(Refused::MalformedTimestamp { .. })));
}

#[test]
fn five_minutes_are_accepted_in_both_directions_and_not_a_millisecond_more() {
    let at = |ms: i64| hubspot("v3").but(|s| s.now = Instant(1_700_000_000_000 + ms));
    assert_eq!(at(300_000), Ok(SignatureUsed::HubSpotV3));
    assert_eq!(at(-300_000), Ok(SignatureUsed::HubSpotV3));
    assert_eq!(at(300_001), Err(Refused::StaleTimestamp { seconds: 300 }));
    assert_eq!(at(-300_001), Err(Refused::FutureTimestamp { seconds: 300 }));
}

#[test]
fn a_present_v3_is_never_replaced_by_an_older_signature() {
    let mut sent = hubspot("v1");
    sent.set("X-HubSpot-Signature-v3", "AAAA");
    sent.set("X-HubSpot-Request-Timestamp", "1700000000000");
    assert!(is_wrong(&sent.verify()));
    let refused = hubspot("v1").but(|s| s.settings.is_v3_required = true).unwrap_err();
    assert_eq!(refused.status(), 401);
    assert!(refused.to_string().contains("v3_required"), "{refused}");
}

#[test]
fn missing_headers_and_unknown_versions_are_named() {
    let none = hubspot("v3").but(|s| s.headers.clear());
    assert_eq!(none, Err(Refused::MissingHeader { header: "X-HubSpot-Signature-v3" }));
    let no_time = hubspot("v3").but(|s| s.headers.truncate(1));
    assert_eq!(no_time, Err(Refused::MissingHeader { header: "X-HubSpot-Request-Timestamp" }));
    let no_version = hubspot("v2").but(|s| s.headers.truncate(1));
    assert_eq!(no_version, Err(Refused::MissingHeader { header: "X-HubSpot-Signature-Version" }));
    let v9 = hubspot("v2").but(|s| s.set("X-HubSpot-Signature-Version", "v9"));
    assert_eq!(v9, Err(Refused::UnknownVersion { found: "v9".to_owned() }));
}

#[test]
fn standard_webhooks_are_accepted_also_while_a_secret_is_replaced() {
    let sent = standard();
    assert_eq!(sent.verify(), Ok(SignatureUsed::StandardWebhooks));
    let right = sent.headers[2].1.clone();
    let rotated = sent.but(|s| s.set("webhook-signature", &format!("v1a,xyz v1,AAAA {right}")));
    assert_eq!(rotated, Ok(SignatureUsed::StandardWebhooks));
    let old_secret = sent.but(|s| s.secrets.insert(0, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()));
    assert_eq!(old_secret, Ok(SignatureUsed::StandardWebhooks));
}

#[test]
fn nothing_of_a_standard_webhook_can_be_changed() {
    let sent = standard();
    assert!(is_wrong(&sent.but(|s| s.set("webhook-id", "msg_other"))));
    assert!(is_wrong(&sent.but(|s| s.body.push('\n'))));
    assert!(is_wrong(&sent.but(|s| s.set("webhook-timestamp", "1614265331"))));
    assert!(is_wrong(&sent.but(|s| s.secrets = vec!["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()])));
    let other_scheme = sent.but(|s| s.set("webhook-signature", "v1a,AAAA"));
    assert!(matches!(other_scheme, Err(Refused::MalformedSignature { .. })));
    let bad_secret = sent.but(|s| s.secrets = vec!["whsec_not base64".to_owned()]);
    assert!(matches!(bad_secret, Err(Refused::NoSecret { .. })));
    let later = sent.but(|s| s.now = Instant(s.now.0 + 300_000));
    assert_eq!(later, Err(Refused::StaleTimestamp { seconds: 360 }));
}

#[test]
fn the_plain_hub_signature_needs_to_be_asked_for() {
    let vector = vectors().generic_sha256_hex.remove(0);
    let mut sent = standard();
    (sent.body, sent.secrets) = (vector.body, vec![vector.secret]);
    sent.headers = vec![(vector.header, vector.signature)];
    assert!(matches!(sent.verify(), Err(Refused::MissingHeader { header: "webhook-id" })));
    sent.settings.is_plain_sha256 = true;
    assert_eq!(sent.verify(), Ok(SignatureUsed::Sha256Hex));
    assert!(is_wrong(&sent.but(|s| s.body.push('!'))));
    assert!(matches!(sent.but(|s| s.headers[0].1.insert(0, 'x')), Err(Refused::MalformedSignature { .. })));
    let upper = sent.but(|s| s.headers[0].1 = s.headers[0].1.to_uppercase().replace("SHA256", "sha256"));
    assert!(is_wrong(&upper));
}

#[test]
fn without_a_secret_nothing_is_believed() {
    for secrets in [vec![], vec![String::new()]] {
        for sent in [hubspot("v1"), standard()] {
            let result = sent.but(|s| s.secrets.clone_from(&secrets));
            assert!(matches!(result, Err(Refused::NoSecret { .. })), "{result:?}");
        }
    }
    // The v1 signature of an empty secret is the hash of the body, which anybody can make.
    let mixed = hubspot("v1").but(|s| {
        s.secrets = vec![String::new(), "right".to_owned()];
        let forged = shiftbell_sources::hubspot::signature::sign_v1(&Secret::new(""), s.body.as_bytes());
        s.set("X-HubSpot-Signature", &forged);
    });
    assert!(is_wrong(&mixed));
    let file = hubspot("v1").but(|s| s.kind = Kind::File);
    assert_eq!(file, Err(Refused::NotReceived));
}

#[test]
fn what_is_signed_here_is_believed_here() {
    let mut sent = standard();
    let secret = Secret::new(sent.secrets[0].as_str());
    sent.body = "{}".to_owned();
    let signature = shiftbell_sources::generic::signature::sign(
        &secret,
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        Instant(1_614_265_330_500),
        b"{}",
    );
    sent.set("webhook-signature", &signature.unwrap());
    assert_eq!(sent.verify(), Ok(SignatureUsed::StandardWebhooks));
}

#[test]
fn a_secret_is_checked_before_it_is_needed_and_never_printed() {
    let settings = SourceSettings::default();
    assert!(check_secret(Kind::Generic, &Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &settings).is_ok());
    assert!(check_secret(Kind::Generic, &Secret::new("hello"), &settings).unwrap_err().contains("whsec_"));
    assert!(
        check_secret(Kind::HubSpot, &Secret::new("pat-na1-0000"), &settings).unwrap_err().contains("client secret")
    );
    assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(...)");
}

#[test]
fn a_delivery_sent_again_has_the_same_key() {
    let sent = standard();
    let key = |sent: &Sent| sent.with_request(|request| delivery_key(sent.kind, request));
    let mut again = sent.clone();
    again.set("webhook-timestamp", "1614265999");
    assert_eq!(key(&sent), key(&again));
    again.set("webhook-id", "msg_other");
    assert_ne!(key(&sent), key(&again));
    assert_ne!(key(&hubspot("v1")), key(&hubspot("v2")));
}
