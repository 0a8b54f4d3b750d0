//! The one integration binary: modules by behaviour, every behaviour on both databases.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails there")]
#![expect(clippy::print_stderr, reason = "a long test says what it did")]

mod bad_requests;
mod bench;
mod crowd;
mod daily_life;
mod demo;
mod evidence;
mod flood;
mod history_proofs;
mod imports;
mod kill;
mod leases;
mod life;
mod links;
mod models;
mod overload;
mod pages;
mod queues;
mod repeats;
mod replays;
mod support;
mod terminal;
mod tidy;
mod two_files;
mod waiting;
