//! Logs: structured, to standard error, without personal data.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging: lines for people on a terminal, JSON otherwise. `RUST_LOG` sets what is said, else `otherwise`.
pub fn start(otherwise: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
    // A log that nobody reads any more is no reason to stop: complaining of it on a closed standard error would panic.
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    // A second start (in tests) keeps the first.
    let _ = if std::io::stderr().is_terminal() { logs.try_init() } else { logs.json().try_init() };
}
