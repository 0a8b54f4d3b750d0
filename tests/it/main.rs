//! The one integration binary: modules by behaviour, every behaviour on both databases.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails there")]
#![expect(clippy::print_stderr, reason = "a long test says what it did")]

mod acts;
mod administration;
mod bad_requests;
mod bench;
mod checks;
mod clocks;
mod compare;
mod connections;
mod contract;
mod crowd;
mod daily_life;
mod dangers;
mod dates;
mod demo;
mod dossiers;
mod drafts;
mod evidence;
mod faults;
mod feed;
mod figures;
mod fixtures;
mod flood;
mod glossary;
mod history_proofs;
mod imports;
mod integrate;
mod invisible;
mod kill;
mod leases;
mod life;
mod links;
mod lists;
mod models;
mod opening;
mod orders;
mod overload;
mod pages;
mod queues;
mod recusals;
mod repeats;
mod replays;
mod settings;
mod spans;
mod support;
mod terminal;
mod terms;
mod tidy;
mod tls;
mod trial;
mod two_files;
mod unseen;
mod vignettes;
mod waiting;
