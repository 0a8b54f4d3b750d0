//! Questions to a person at the terminal.

use std::io::{self, BufRead as _, ErrorKind, IsTerminal as _, Write as _};
use std::thread;

use tokio::sync::oneshot;

use super::Asked;
use crate::lifecycle::Lifecycle;

/// Whether somebody is there to answer.
pub(super) fn can_ask(asked: &Asked) -> bool {
    !asked.json && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks until it is answered: a bare Enter is no answer. A terminal that is closed says no word either, nor does a signal; `unanswered`
/// is what is told of that.
pub(super) async fn ask(life: &Lifecycle, question: &str, unanswered: &str) -> io::Result<bool> {
    loop {
        let mut terminal = io::stderr();
        terminal.write_all(question.as_bytes())?;
        terminal.flush()?;
        let answer = tokio::select! {
            biased;
            () = life.stopping() => {
                return Err(io::Error::new(ErrorKind::Interrupted, format!("已中断：{unanswered}")));
            }
            answer = line() => answer?,
        };
        match answer.as_deref().map(str::trim).map(str::to_lowercase).as_deref() {
            Some("y" | "yes" | "是") => return Ok(true),
            Some("n" | "no" | "否") => return Ok(false),
            Some(_) => {}
            None => return Err(io::Error::other(unanswered.to_owned())),
        }
    }
}

/// A line of the terminal; none at its end. It is waited for by a thread of its own, which keeps nobody from ending the program.
async fn line() -> io::Result<Option<String>> {
    let (answered, line) = oneshot::channel();
    thread::Builder::new().name("question".to_owned()).spawn(move || {
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        // Who asked may have been interrupted.
        let _ = answered.send(read.map(|bytes| (bytes > 0).then_some(answer)));
    })?;
    line.await.unwrap_or(Ok(None))
}
