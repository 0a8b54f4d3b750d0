//! The `triage` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    triage::cli::main()
}
