//! The one integration binary: modules by behaviour, every behaviour on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod bad_requests;
mod daily_life;
mod history_proofs;
mod kill;
mod leases;
mod overload;
mod repeats;
mod support;
mod tidy;
mod two_files;
