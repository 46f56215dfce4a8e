//! Amounts as people write them.

use rust_decimal::Decimal;
use shiftbell_metrics::money::{Currency, Money};

use crate::parsed::shortened;

/// Money out of a cell such as `$1,200.50`, `1.200,50 EUR` or `(300)`, which is negative.
///
/// # Errors
/// A sentence, if it is no amount, or if a separator could be read in two ways.
pub(super) fn money(text: &str, code: &str, decimal: char) -> Result<Money, String> {
    let currency = Currency::from_code(code)
        .ok_or_else(|| format!("`{}` is no ISO 4217 currency code, such as USD or EUR", shortened(code)))?;
    let wrong = || {
        format!(
            "`{}` is no amount with `{decimal}` before the cents; set `decimal` in the mapping if it is the other way",
            shortened(text)
        )
    };
    let amount = number(text, currency.code(), decimal).ok_or_else(wrong)?;
    Money::from_major(amount, currency).ok_or_else(|| format!("`{}` is too large", shortened(text)))
}

fn number(text: &str, code: &str, decimal: char) -> Option<Decimal> {
    let text = text.trim();
    let (text, is_negative) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let plain: String = text
        .replace(code, "")
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '$' | '\u{20ac}' | '\u{a3}' | '\u{a5}' | '\u{20b9}' | '\''))
        .collect();
    let thousands = if decimal == '.' { ',' } else { '.' };
    let (whole, cents) = plain.split_once(decimal).unwrap_or((&plain, ""));
    let groups: Vec<&str> = whole.split(thousands).collect();
    let is_grouped = groups.len() == 1 || groups.iter().skip(1).all(|group| group.len() == 3);
    if !is_grouped || !cents.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let joined = groups.concat();
    let amount: Decimal =
        if cents.is_empty() { joined.parse().ok()? } else { format!("{joined}.{cents}").parse().ok()? };
    Some(if is_negative { -amount } else { amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_and_never_guessed() {
        let minor = |text: &str, decimal: char| money(text, "USD", decimal).ok().map(|money| money.minor);
        assert_eq!(minor("$1,200.50", '.'), Some(120_050));
        assert_eq!(minor("1.200,50", ','), Some(120_050));
        assert_eq!(minor("1 200", '.'), Some(120_000));
        assert_eq!(minor("(300) ", '.'), Some(-30_000));
        assert_eq!(minor("-300.1 USD", '.'), Some(-30_010));
        assert_eq!(minor("1,20", '.'), None); // cents or not?
        assert_eq!(minor("1.200,50", '.'), None);
        assert_eq!(minor("", '.'), None);
        assert_eq!(minor("twelve", '.'), None);
        assert!(money("1", "XYZ", '.').unwrap_err().contains("XYZ"));
    }
}
