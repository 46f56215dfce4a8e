//! Test support: databases, fake servers and the whole program on loopback.

pub mod db;
