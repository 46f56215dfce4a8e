//! Forms as browsers and Slack send them.

/// Reads `application/x-www-form-urlencoded`. Never fails: what is no valid escape stands for itself, what is no valid UTF-8 is
/// replaced.
pub(super) fn read_form(body: &[u8]) -> Vec<(String, String)> {
    body.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            (unescape(halves.next().unwrap_or_default()), unescape(halves.next().unwrap_or_default()))
        })
        .collect()
}

/// The first field of this name that is not empty.
pub(super) fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

fn unescape(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = if first == b'%' { after.get(..2).and_then(|digits| hex::decode(digits).ok()) } else { None };
        match escaped {
            Some(byte) => {
                bytes.extend(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_read_and_broken_ones_stand_for_themselves() {
        let form = read_form(b"text=mql+conversion%20%2B1&&empty=&lone&broken=100%&also=%zz&umlaut=%C3%BC");
        assert_eq!(field(&form, "text"), Some("mql conversion +1"));
        assert_eq!(field(&form, "empty"), None);
        assert_eq!(field(&form, "lone"), None);
        assert_eq!(field(&form, "broken"), Some("100%"));
        assert_eq!(field(&form, "also"), Some("%zz"));
        assert_eq!(field(&form, "umlaut"), Some("ü"));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            read_form(&body);
        }
    }
}
