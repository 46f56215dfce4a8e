//! Exact money: whole minor units of a currency that ISO 4217 knows.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    pub const USD: Currency = Currency(*b"USD");

    /// The currency with this code, in upper or lower case.
    pub fn from_code(code: &str) -> Option<Currency> {
        let upper = code.trim().to_ascii_uppercase();
        iso_currency::Currency::from_code(&upper)?;
        Some(Currency(upper.as_bytes().try_into().ok()?))
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits behind the point: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u32 {
        iso_currency::Currency::from_code(self.code()).and_then(|c| c.exponent()).unwrap_or(2).into()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Currency, String> {
        Currency::from_code(&code).ok_or_else(|| format!("`{code}` is no ISO 4217 currency code, such as USD or EUR"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount of money in minor units (cents), never rounded again after it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Money from an amount in major units, rounded half to even to the currency's minor unit.
    ///
    /// `None` if it does not fit (more than about 9 x 10^18 minor units).
    /// ```
    /// use shiftbell_metrics::money::{Currency, Money};
    /// let amount = "1200.00".parse().unwrap();
    /// assert_eq!(Money::from_major(amount, Currency::USD), Some(Money::new(120_000, Currency::USD)));
    /// ```
    pub fn from_major(amount: Decimal, currency: Currency) -> Option<Money> {
        let scaled = amount.checked_mul(Decimal::from(10_i64.pow(currency.digits())))?;
        Some(Money { minor: scaled.round().to_i64()?, currency })
    }

    /// The amount in major units, exact.
    pub fn major(self) -> Decimal {
        Decimal::new(self.minor, self.currency.digits())
    }
}
