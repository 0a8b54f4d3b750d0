//! Questions to a person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::Asked;

/// Whether somebody is there to answer.
pub(super) fn can_ask(asked: &Asked) -> bool {
    !asked.json && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks until it is answered: a bare Enter is no answer. A terminal that is closed says no word either, and `unanswered` is
/// what is told of that.
pub(super) fn ask(question: &str, unanswered: &str) -> io::Result<bool> {
    loop {
        let mut terminal = io::stderr();
        terminal.write_all(question.as_bytes())?;
        terminal.flush()?;
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer)? == 0 {
            return Err(io::Error::other(unanswered.to_owned()));
        }
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" | "是" => return Ok(true),
            "n" | "no" | "否" => return Ok(false),
            _ => {}
        }
    }
}
