//! Uploaded files.

use serde_json::{Map, Value, json};

use super::methods::{Answer, Args, Error, text};
use super::team::{File, Kind, Team};

pub(super) fn upload_url(team: &mut Team, args: &Args) -> Answer {
    let length = text(args, "length").parse().map_err(|_| Error("invalid_arguments"))?;
    if text(args, "filename").is_empty() || length == 0 {
        return Err(Error("invalid_arguments"));
    }
    let id = format!("F{}", team.next());
    team.files.insert(id.clone(), File { length, ..File::default() });
    Ok(json!({ "upload_url": format!("{}/upload/{id}", team.url), "file_id": id }))
}

/// Takes the bytes; `false` if they are not those that were announced.
pub(super) fn receive(team: &mut Team, id: &str, bytes: &[u8]) -> bool {
    match team.files.get_mut(id) {
        Some(file) if file.length == bytes.len() => {
            file.bytes = bytes.to_vec();
            true
        }
        _ => false,
    }
}

pub(super) fn complete(team: &mut Team, args: &Args) -> Answer {
    let files = args.get("files").and_then(Value::as_array).ok_or(Error("invalid_arguments"))?;
    for given in files {
        let file = given["id"].as_str().and_then(|id| team.files.get_mut(id)).ok_or(Error("file_not_found"))?;
        if file.bytes.is_empty() {
            return Err(Error("file_not_found"));
        }
        file.is_complete = true;
    }
    Ok(json!({ "files": files }))
}

/// `mimetype` and `shares` are empty until Slack has looked at the file.
pub(super) fn look(team: &mut Team, args: &Args) -> Answer {
    let looks_until_ready = team.looks_until_ready;
    let id = text(args, "file");
    let (is_ready, shared) = {
        let file = team.files.get_mut(id).ok_or(Error("file_not_found"))?;
        file.looks += 1;
        (file.looks >= looks_until_ready, file.shares.clone())
    };
    let mut shares = json!({});
    for (channel, ts) in shared {
        let is_public = team.channel(&channel).is_some_and(|it| it.kind == Kind::Public);
        let kind = if is_public { "public" } else { "private" };
        if shares[kind].is_null() {
            shares[kind] = Value::Object(Map::new());
        }
        if shares[kind][&channel].is_null() {
            shares[kind][&channel] = json!([]);
        }
        shares[kind][&channel].as_array_mut().expect("a list").push(json!({ "ts": ts }));
    }
    let mimetype = if is_ready { "image/png" } else { "" };
    Ok(json!({ "file": { "id": id, "mimetype": mimetype, "shares": shares } }))
}
