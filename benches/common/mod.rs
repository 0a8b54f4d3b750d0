//! What the benches share.

pub(crate) mod bare;
pub(crate) mod database;
pub(crate) mod items;
pub(crate) mod load;
pub(crate) mod machine;
pub(crate) mod plans;
#[path = "../../tests/it/support/postgres.rs"]
pub(crate) mod postgres;
pub(crate) mod rows;
pub(crate) mod server;
pub(crate) mod tables;
pub(crate) mod truth;

/// What can go wrong in a bench ends it.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A number from the environment.
pub(crate) fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
