//! Instants, days and zones. The core has no clock: every instant is a parameter.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub const MS_PER_SECOND: i64 = 1_000;
pub const MS_PER_MINUTE: i64 = 60 * MS_PER_SECOND;
pub const MS_PER_HOUR: i64 = 60 * MS_PER_MINUTE;
pub const MS_PER_DAY: i64 = 24 * MS_PER_HOUR;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    pub const EARLIEST: Instant = Instant(i64::MIN);
    pub const LATEST: Instant = Instant(i64::MAX);

    pub fn as_ms(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 (`2026-08-01T09:30:00Z`, any offset); finer than a millisecond is cut off.
    pub fn parse(text: &str) -> Option<Instant> {
        text.trim().parse::<jiff::Timestamp>().ok().map(|t| Instant(t.as_millisecond()))
    }

    /// Reads the date in the head of an HTTP answer: `Thu, 19 Nov 2026 19:05:00 GMT`.
    pub fn of_http_date(text: &str) -> Option<Instant> {
        jiff::fmt::rfc2822::parse(text.trim()).ok().map(|zoned| Instant::from(zoned.timestamp()))
    }

    pub fn plus_ms(self, ms: i64) -> Instant {
        Instant(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; negative if `earlier` is later.
    pub fn since(self, earlier: Instant) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn to_timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Instant {
    fn from(timestamp: jiff::Timestamp) -> Instant {
        Instant(timestamp.as_millisecond())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_timestamp())
    }
}

/// A day of a local calendar: days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Day {
    pub fn from_date(date: Date) -> Day {
        Day((date - Date::constant(1970, 1, 1)).get_days())
    }

    pub fn date(self) -> Date {
        Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(self.0.clamp(-4_371_000, 2_932_000)))
    }

    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

/// An IANA time zone with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    tz: TimeZone,
}

impl Zone {
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), tz: TimeZone::UTC }
    }

    /// The zone with this IANA name, from the database that is built in.
    pub fn named(name: &str) -> Option<Zone> {
        let tz = jiff::tz::db().get(name).ok()?;
        Some(Zone { name: tz.iana_name().unwrap_or(name).to_owned(), tz })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn tz(&self) -> &TimeZone {
        &self.tz
    }

    /// The local day on which this instant falls.
    pub fn day_of(&self, at: Instant) -> Day {
        Day::from_date(self.tz.to_datetime(at.to_timestamp()).date())
    }

    /// The first instant of a local day. Where midnight is skipped by a change of clocks, the first instant that exists.
    pub fn start_of(&self, day: Day) -> Instant {
        match self.tz.to_ambiguous_zoned(day.date().to_datetime(jiff::civil::Time::midnight())).compatible() {
            Ok(zoned) => Instant::from(zoned.timestamp()),
            Err(_) => Instant(i64::from(day.0) * MS_PER_DAY),
        }
    }

    /// The local date and time of this instant.
    pub fn local(&self, at: Instant) -> jiff::civil::DateTime {
        self.tz.to_datetime(at.to_timestamp())
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zone, D::Error> {
        let name = String::deserialize(deserializer)?;
        Zone::named(&name).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no time zone")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_starts_where_midnight_exists() {
        let sao_paulo = Zone::named("America/Sao_Paulo").unwrap();
        let day = Day::from_date(jiff::civil::date(2018, 11, 4)); // clocks went from 00:00 to 01:00
        assert_eq!(sao_paulo.day_of(sao_paulo.start_of(day)), day);
        assert_eq!(sao_paulo.start_of(day).to_string(), "2018-11-04T03:00:00Z");
    }

    #[test]
    fn days_and_dates_agree() {
        for days in [-1, 0, 1, 20_000] {
            assert_eq!(Day::from_date(Day(days).date()), Day(days));
        }
    }
}
