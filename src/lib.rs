//! triage (分诊): takes in 12315 complaints and reports for a market-supervision bureau, scores complaints for
//! suspected professional-claimant patterns, and routes every item to a unit by competence, then by load.
//!
//! This page says where things are. One crate, one binary; a room is a top-level module.
//!
//! # Rooms
//!
//! ```text
//! domain     the words, as types that cannot be wrong                  pure
//! audit      the chain of the trail, its signed heads, what a verification finds         pure
//! statute    working days, rule sets, deadlines, the states of a file  pure
//! features   what is observed of a complaint, as of its receive time   pure
//! routing    bureau file, competence, load, policies, the order of the pull                pure
//! model      the fitted classifier: artefact, card, score, reasons; the baseline a bureau starts with
//! whatif     a recorded period played again under another policy, roster or map                pure
//! page       the frame of every page that is printed                                   pure
//! evidence   the sheet of one complaint: what its score and routing are based on           pure
//! figures    what came in within a period and what became of it, counted; as tables, page and workbook   pure
//! compare    our routing beside the units that really handled imported rows: agreement, differences, loads           pure
//! dossier    the reconsideration file of one file: all that was done, with proof           pure
//! exchange   Excel and CSV as bureaus have them, read row by row
//! draft      a bureau file from what an office has: its own table of staff, what past exports sent where           pure
//! simulate   a made-up district: agents, their items, what officers did with them
//! identity   key hashes and sealed values, each by one of several keys, signing, what callers show; the key file
//! stored     what is kept as JSON: its frozen form, apart from the domain's types                  pure
//! store      two databases, one SQL text: the only room that knows sqlx
//! ledger     one batch = one transaction = events in order; everything made again by another identity key (`rekey`)
//! intake     submissions come in, are sent again, amended, withdrawn, urged; wrong links are cut
//! queue      units pull, sign for, decide, close, return, note acts of the law; what that does to the clocks; reviews; escalation
//! lane       the batching loop: one ordered stream of work per bureau
//! engine     one batch from start to commit: which request is which, runs of one kind, stored answers, who waits
//! service    everything a known caller may ask, whatever the wire
//! import     an export's rows through the ledger, run by run; the open queue brought to the model in use
//! grpc       the wire, and our own client: the only room that knows tonic and prost
//! training   examples from the ledger, steps and pairs chosen, the linfa fit, calibration, hold-out, report
//! replay     the event log applied again, every decision compared
//! config     what an operator may set, in one table
//! app cli lifecycle telemetry clock    composition, commands, signals, logs, time
//! ```
//!
//! # One complaint's way
//!
//! `grpc::auth` finds the caller of the token, or of the certificate that is shown without one, and checks its role; `grpc::intake` converts the message with `grpc::convert` (all
//! violations at once) and passes a [`domain::command::Command`] to [`service::Service::act`]. There it is made ready
//! (key hashes, digest) and enters its bureau's `lane`, which takes what waited while the last commit ran.
//! `engine::settle` opens a [`ledger`] batch - the lock, the head, bureau file, champion - and gives each run of
//! submissions to `intake`: numbers known before, the past read ahead, then in order the template of the text,
//! [`features::observe`] - the cluster walked, look-alikes recognised -,
//! [`model::suspicion()`], [`routing::route`], and the rows to be written. One commit, then the replies.
//! `queue` does the units' verbs in the same lane; `grpc::convert::view` shows what the service read back.
//!
//! A row of an export comes in by another door: [`exchange::Sheet`] reads it, [`import::Importer`] settles it as a
//! [`domain::command::Command::Import`], beside a server as a second process would. A row that has ended leaves two
//! events, its receipt and its outcome: it is history and label, never work. So does an open row that the platform has
//! accepted or filed; that one is work, and not to be decided once more.
//!
//! # Promises
//!
//! What holds today, each with a test that goes red when it is broken (`tests/it`, `src/store/tests.rs`).
//! "promise 5" in a comment means number 5 here.
//!
//! **1. Acknowledged is durable.** A reply is sent only after its commit. A database that could
//! forget a commit (`synchronous` below FULL, `synchronous_commit` off) is refused. Every wait for it has an end, and a
//! connection whose state is not known is closed: whatever became of one call, the next one works.
//!
//! **2. Once.** (bureau, registration number) is unique. A number sent again is compared field by field with the
//! merged known facts; every writing verb carries a `request_id`, unique per caller, and a repeat gets the
//! stored answer.
//!
//! **3. Two files.** Complaint (投诉) and report (举报) of one submission are two files with their own units and
//! status. A unit sees the part of its own file only.
//!
//! **4. The score touches complaints only.** A report is routed first, on report load and report competence alone:
//! [`routing::Incoming::Report`] has no place for a band, [`routing::LoadBasis::LAWFUL`] no place for complaints.
//! A score decides nothing: a person does, and writes the reason.
//!
//! **5. Same history, same answer.** Every event has a sequence and a time read once per batch and never
//! decreasing, but at the confirmation of a clock ([`domain::command::Command::AcceptClock`]), which may bring it back and is
//! itself an event: from it on the time is its own and what follows. n items at once give what n items one by one give,
//! however a history is cut into batches: what a batch has read ahead changes with every event of it. [`replay`] compares row
//! by row, bit for bit; what rests on facts that were purged since ([`domain::purge`]) is taken over and counted. A clock that cannot be right ([`domain::trust`]) is not written by.
//!
//! **6. A decision can be shown again.** Vector, schema hash, model, score, band, reasons with record numbers, rules
//! and candidates with their loads are stored whole. A later score, of an amendment (补充) or by another model (重评), is an
//! event of its own beside the first.
//!
//! **7. One owner, one holder.** A pull is a lease with a fencing token, signing for it a holding with a version
//! token; a late or foreign answer is refused, an expired lease is offered again. What nobody signs for in 4 working hours
//! is reported to the manager, in 8 it goes to reception.
//!
//! **8. Competence before load.** An unknown place goes to reception with the candidates seen; a returned file goes
//! back to reception, never sideways.
//!
//! **9. Nobody is starved.** What is nearly overdue first; then complainant clusters take turns, each with the count of what its queue
//! had given out ([`routing::fair_queue`]): between two files of one cluster everybody who waited is served once.
//!
//! **10. One champion per bureau**, read inside the batch's transaction; a model that does not verify is refused.
//! The first event of a bureau puts the baseline to use, and every score of it says that it is made from simulated
//! complaints.
//! (In one process; other processes read it with their next batch.)
//!
//! **11. Who may see what.** Every call has a known caller and an operation that its role may ask for ([`service::Operation`]), or is denied. Which
//! files he may know of is one value ([`domain::sight::Sight`]), asked by whatever reads, lists or acts on files. Natural
//! persons' fields and all texts are sealed at rest and absent from logs; looks and searches are recorded. A sealed value names its key and opens in its
//! place alone; keys that seal change while the service goes on. When its time to be kept is over, what was sealed of a file is gone and nobody
//! finds it by a person, what happened stays; a person is given what is held on that person, and nobody else is.
//!
//! **12. The trail holds.** Every change and every look is a row of the [`audit`], chained in its bureau. The head of the chain is signed and
//! written outside the database; `triage audit verify` names what was changed, removed, put in, moved or cut, and what is not
//! anchored yet. A look whose row cannot be written is refused.
//!
//! **13. Overload is an answer.** Lanes, batches, pages, texts, lists and streams are bounded, and so are the bytes in flight
//! of the whole process (`grpc::budget`). No caller, and not all streams together, can take the room of another.
//!
//! **14. Bad input is named**, every wrong field at once.
//!
//! **15. A missing calendar year refuses nothing.** Its terms are counted on plain weekends, marked provisional, and
//! computed again when the bureau file brings the year.
//!
//! **16. No register of persons.** No list or sort by suspicion; no feature reads a report or a remedy. Clusters are
//! not stored: a complaint's links stand with its own decision.
//!
//! # Walls
//!
//! Checked by `tests/it/tidy.rs`: the pure rooms do no I/O, hold no clock and never log; `sqlx` stays in `store`,
//! tonic and prost in `grpc`, linfa in `model` and `training`, time in `clock`; imports go down only; files stay
//! under 500 lines, functions of at most 60 lines; nothing panics outside tests.

pub mod app;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod compare;
pub mod config;
pub mod domain;
pub mod dossier;
pub mod draft;
mod engine;
pub mod evidence;
pub mod exchange;
pub mod features;
pub mod figures;
pub mod grpc;
pub mod identity;
pub mod import;
mod intake;
mod lane;
pub mod ledger;
pub mod lifecycle;
pub mod model;
mod page;
mod queue;
pub mod replay;
pub mod routing;
pub mod service;
pub mod simulate;
pub mod statute;
pub mod store;
mod stored;
pub mod telemetry;
pub mod training;
pub mod whatif;
