use super::*;
use shiftbell_metrics::definitions::FieldName;

fn fact(event: Option<&str>, state: &[(&str, &str)]) -> Fact {
    let field = FieldName::written;
    Fact {
        name: "it".into(),
        events: event.map(str::to_owned).into_iter().collect(),
        properties: Vec::new(),
        state: state.iter().map(|(name, value)| (field(name), vec![Value::text(*value)])).collect(),
        when: None,
        by: Vec::new(),
        nth: None,
        stage: None,
        mrr: None,
    }
}

fn map(lines: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    lines.iter().map(|(key, words)| ((*key).to_owned(), words.iter().map(|&word| word.to_owned()).collect())).collect()
}

const WEEK: (Instant, Instant) = (Instant(1_000), Instant(2_000));

#[test]
fn a_stage_is_found_by_its_label_and_counted_as_it_is_today() {
    let map = map(&[("deal.stage.offer", &["Contract sent"])]);
    let stages = [("1f4f".to_owned(), "Contract Sent".to_owned()), ("closedwon".to_owned(), "Contract won".to_owned())];
    let known = Known { map: &map, stages: &stages, owners: &[] };
    let found = count(&fact(Some("deal"), &[("deal.stage", "offer")]), known, WEEK, None).unwrap();
    assert_eq!((found.what.as_str(), found.why), ("deals in Contract Sent today", Differs::StageOfToday));
    let request = found.request("v3");
    assert_eq!((request.path.as_str(), request.is_search), ("/crm/v3/objects/deals/search", true));
    let filters = json!([{"propertyName": "dealstage", "operator": "IN", "values": ["1f4f"]}]);
    assert_eq!(request.body.unwrap()["filterGroups"][0]["filters"], filters);
    assert_eq!(found.request("2026-09").path, "/crm/objects/2026-09/deals/search");
}

#[test]
fn what_was_won_is_counted_by_its_close_date() {
    let none = BTreeMap::new();
    let stages = [("closedwon".to_owned(), "Contract won".to_owned())];
    let known = Known { map: &none, stages: &stages, owners: &[("ann@clowns.example".into(), "7".into())] };
    let found = count(&fact(None, &[("deal.stage", "won")]), known, WEEK, Some("Ann@clowns.example")).unwrap();
    assert_eq!(found.what, "deals in Contract won with a close date in these days");
    let body = found.request("v3").body.unwrap();
    assert_eq!(
        body["filterGroups"][0]["filters"],
        json!([
            {"propertyName": "dealstage", "operator": "IN", "values": ["closedwon"]},
            {"propertyName": "closedate", "operator": "BETWEEN", "value": "1000", "highValue": "1999"},
            {"propertyName": "hubspot_owner_id", "operator": "IN", "values": ["7"]},
        ])
    );
    assert_eq!(
        count(&fact(None, &[("deal.stage", "won")]), known, WEEK, Some("bob@clowns.example")),
        None,
        "unknown owner"
    );
}

#[test]
fn what_hubspot_cannot_count_is_not_asked() {
    let none = BTreeMap::new();
    let known = Known { map: &none, stages: &[], owners: &[] };
    let asked = |fact: &Fact| count(fact, known, WEEK, None);
    assert!(asked(&fact(Some("contact_created"), &[])).is_some());
    assert_eq!(asked(&fact(Some("page_view"), &[])), None);
    assert_eq!(asked(&fact(Some("deal"), &[("deal.bant", "met")])), None);
    assert_eq!(asked(&Fact { nth: Some(2), ..fact(Some("meeting"), &[]) }), None);
    assert_eq!(asked(&Fact { by: vec!["ae".into()], ..fact(Some("meeting"), &[]) }), None);
    assert_eq!(asked(&fact(None, &[])), None);
}

#[test]
fn only_a_clear_answer_is_a_figure() {
    let read = |status, body: &[u8]| total(&Answer { status, header: &|_| None, body });
    assert_eq!(read(200, br#"{"total": 41, "results": []}"#), Some(41));
    for (status, body) in
        [(200, &b"{}"[..]), (200, b"<html>"), (200, br#"{"total": -1}"#), (403, br#"{"total": 41}"#), (0, b"")]
    {
        assert_eq!(read(status, body), None, "{status}");
    }
}
