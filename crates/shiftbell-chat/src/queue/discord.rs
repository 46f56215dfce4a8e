//! Discord's pace: the buckets that its answers name, a global rate, and a stop before the ban for invalid requests.

use std::collections::{HashMap, VecDeque};

use shiftbell_metrics::time::Instant;

use super::{Rate, Steady, Turn};

/// <https://docs.discord.com/developers/topics/rate-limits#global-rate-limit>
const GLOBAL: Rate = Rate { every_ms: 20, burst: 50 };

/// 10,000 answers of 401, 403 or 429 in 10 minutes ban the address; we stop well before.
/// <https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans>
const INVALID_MAX: usize = 5_000;
const INVALID_WINDOW_MS: i64 = 10 * 60_000;

/// The answer was on its way while the bucket's time ran, so its reset is taken a little later.
const RESET_MARGIN_MS: i64 = 100;

const ROUTES_REMEMBERED: usize = 4_096;

/// What an answer says about limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitHeaders {
    /// `X-RateLimit-Bucket`
    pub bucket: Option<String>,
    /// `X-RateLimit-Remaining`
    pub remaining: Option<u32>,
    /// `X-RateLimit-Reset-After`, in milliseconds
    pub reset_after_ms: Option<i64>,
    /// `X-RateLimit-Global`
    pub is_global: bool,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    remaining: u32,
    resets_at: Instant,
}

/// The pace towards Discord for one bot.
#[derive(Clone, Debug)]
pub struct DiscordQueue {
    global: Steady,
    global_pause_until: Instant,
    /// Route (method, path with its major parameter) to the bucket that it was last seen in.
    buckets_by_route: HashMap<String, String>,
    /// Bucket and major parameter.
    buckets: HashMap<String, Bucket>,
    invalid_at: VecDeque<Instant>,
}

impl Default for DiscordQueue {
    fn default() -> DiscordQueue {
        DiscordQueue {
            global: Steady::UNUSED,
            global_pause_until: Instant::EARLIEST,
            buckets_by_route: HashMap::new(),
            buckets: HashMap::new(),
            invalid_at: VecDeque::new(),
        }
    }
}

impl DiscordQueue {
    /// Asks for a place for one request on `route`, for example `POST /channels/1/messages`.
    pub fn may_send(&mut self, route: &str, now: Instant) -> Turn {
        if now < self.global_pause_until {
            return Turn::WaitUntil(self.global_pause_until);
        }
        self.forget_old(now);
        if self.invalid_at.len() >= INVALID_MAX
            && let Some(first) = self.invalid_at.front()
        {
            return Turn::WaitUntil(first.plus_ms(INVALID_WINDOW_MS));
        }
        if let Turn::WaitUntil(at) = self.global.next(GLOBAL, now) {
            return Turn::WaitUntil(at);
        }
        if let Some(bucket) = self.buckets_by_route.get(route).and_then(|key| self.buckets.get_mut(key))
            && now < bucket.resets_at
        {
            if bucket.remaining == 0 {
                return Turn::WaitUntil(bucket.resets_at);
            }
            bucket.remaining -= 1;
        }
        self.global.take(GLOBAL, now);
        Turn::Go
    }

    /// Records what an answer said. `major` is the channel, guild or webhook: the same bucket counts apart for each.
    pub fn answered(&mut self, route: &str, major: &str, status: u16, limits: &LimitHeaders, now: Instant) {
        if matches!(status, 401 | 403 | 429) {
            self.invalid_at.push_back(now);
        }
        let (Some(bucket), Some(reset_after_ms)) = (&limits.bucket, limits.reset_after_ms) else { return };
        let key = format!("{bucket}:{major}");
        let resets_at = now.plus_ms(reset_after_ms + RESET_MARGIN_MS);
        self.buckets.insert(key.clone(), Bucket { remaining: limits.remaining.unwrap_or(0), resets_at });
        self.buckets_by_route.insert(route.to_owned(), key);
    }

    /// Discord answered 429: nothing on this route, or nothing at all, before `until`.
    pub fn slow_down(&mut self, route: &str, is_global: bool, until: Instant) {
        if is_global {
            self.global_pause_until = self.global_pause_until.max(until);
            return;
        }
        let key = self.buckets_by_route.entry(route.to_owned()).or_insert_with(|| route.to_owned()).clone();
        self.buckets.insert(key, Bucket { remaining: 0, resets_at: until });
    }

    fn forget_old(&mut self, now: Instant) {
        while self.invalid_at.front().is_some_and(|at| now.since(*at) >= INVALID_WINDOW_MS) {
            self.invalid_at.pop_front();
        }
        if self.buckets_by_route.len() >= ROUTES_REMEMBERED {
            self.buckets.retain(|_, bucket| now < bucket.resets_at);
            let buckets = &self.buckets;
            self.buckets_by_route.retain(|_, key| buckets.contains_key(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "POST /channels/1/messages";

    fn limits(remaining: u32, reset_after_ms: i64) -> LimitHeaders {
        let (bucket, reset_after_ms) = (Some("abc".to_owned()), Some(reset_after_ms));
        LimitHeaders { bucket, remaining: Some(remaining), reset_after_ms, is_global: false }
    }

    #[test]
    fn a_used_up_bucket_waits_for_its_reset_and_only_for_its_channel() {
        let mut queue = DiscordQueue::default();
        let now = Instant(0);
        queue.answered(ROUTE, "1", 200, &limits(1, 2_000), now);
        assert_eq!(queue.may_send(ROUTE, now), Turn::Go);
        assert_eq!(queue.may_send(ROUTE, now), Turn::WaitUntil(Instant(2_100)));
        assert_eq!(queue.may_send("POST /channels/2/messages", now), Turn::Go);
        assert_eq!(queue.may_send(ROUTE, Instant(2_100)), Turn::Go);
    }

    #[test]
    fn a_global_429_stops_everything() {
        let mut queue = DiscordQueue::default();
        queue.slow_down(ROUTE, true, Instant(700));
        assert_eq!(queue.may_send("GET /users/1", Instant(0)), Turn::WaitUntil(Instant(700)));
        assert_eq!(queue.may_send("GET /users/1", Instant(700)), Turn::Go);
    }

    #[test]
    fn a_429_of_a_route_never_seen_stops_that_route() {
        let mut queue = DiscordQueue::default();
        queue.slow_down(ROUTE, false, Instant(700));
        assert_eq!(queue.may_send(ROUTE, Instant(0)), Turn::WaitUntil(Instant(700)));
        assert_eq!(queue.may_send("GET /users/1", Instant(0)), Turn::Go);
    }

    #[test]
    fn fifty_a_second_in_all() {
        let mut queue = DiscordQueue::default();
        let sent = (0..200).filter(|n| queue.may_send(&format!("GET /users/{n}"), Instant(0)) == Turn::Go).count();
        assert_eq!(sent, 50);
        let sent = (0..200).filter(|n| queue.may_send(&format!("GET /users/{n}"), Instant(1_000)) == Turn::Go).count();
        assert_eq!(sent, 50);
    }

    #[test]
    fn too_many_invalid_requests_stop_before_discord_bans_the_address() {
        let mut queue = DiscordQueue::default();
        for n in 0..5_000 {
            queue.answered(ROUTE, "1", 403, &LimitHeaders::default(), Instant(n));
        }
        assert_eq!(queue.may_send(ROUTE, Instant(5_000)), Turn::WaitUntil(Instant(600_000)));
        assert_eq!(queue.may_send(ROUTE, Instant(600_000)), Turn::Go);
    }
}
