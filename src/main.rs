//! The `triage` command.

use std::process::ExitCode;

/// A batch makes many small values on one thread and frees them on another; the system's allocator took a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    triage::cli::main()
}
