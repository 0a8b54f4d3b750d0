//! What the words of complaints say: one text a line on standard input, one reading a line on standard output.
//!
//! `cargo bench --bench signals < texts.txt`, to measure the reading on texts that are read by hand.

use std::io::{BufRead, IsTerminal, Write};

use triage::domain::submission::Part;
use triage::features::Signals;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if std::io::stdin().is_terminal() {
        return writeln!(out, "texts are read from standard input, one a line");
    }
    for text in std::io::stdin().lock().lines() {
        let part: Part = serde_json::from_value(serde_json::json!({ "text": text? }))?;
        writeln!(out, "{:?}", Signals::of(&part))?;
    }
    Ok(())
}
