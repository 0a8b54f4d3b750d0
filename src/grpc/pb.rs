//! What `make proto` made of `proto/`: the messages, the clients and the servers of `triage.v1`.
//!
//! Clients are public for tests, benches and examples; nothing outside `grpc` names a message of this module.

use std::fmt;

#[expect(
    clippy::allow_attributes,
    clippy::default_trait_access,
    clippy::doc_markdown,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::too_many_lines,
    reason = "generated: the proto files are what is written with care"
)]
mod generated {
    include!("generated/triage.v1.rs");
}
pub use generated::*;

/// The encoded descriptor set of `triage.v1` and all it imports, with comments: for reflection and for tests.
pub const DESCRIPTORS: &[u8] = include_bytes!("generated/triage.v1.binpb");

/// `Debug` ends up in logs and panics, where personal fields and texts never belong: no message shows what it holds. The
/// generated list names all there are.
macro_rules! silent {
    ($($message:path),+ $(,)?) => { $(
        impl fmt::Debug for $message {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($message), "(hidden)"))
            }
        }
    )+ };
}
include!("generated/silent.rs");
