//! Lines and records of a text file (CSV): quotation marks are held to what they open and close.
//!
//! A record whose quotes do not fit is given back as one line that cannot be told apart, and reading goes on with the
//! next line: one lone quotation mark costs its own row, not its neighbour. A record of several lines comes with them: two
//! lone marks look like a quoted text, and whether there are rows in it only the header shows.

use std::collections::VecDeque;

/// Characters of one record at most.
const MOST_BYTES: usize = 1 << 20;
/// Lines of one record at most: a spreadsheet's cell has 253 of them.
const MOST_LINES: usize = 4_096;

/// One line, and whether something ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) is_ended: bool,
    /// It was longer than a record may be, and is cut.
    pub(super) is_cut: bool,
}

/// One record of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Its cells.
    Cells {
        cells: Vec<String>,
        /// Nothing ends it: the file does.
        is_open: bool,
        /// Its lines, where it has more than one.
        lines: Vec<String>,
    },
    /// A line whose quotation marks do not fit.
    BadQuotes(String),
    /// A line longer than a record may be.
    TooLong,
}

/// The records of a file, line by line.
pub(super) struct Records<L> {
    lines: L,
    delimiter: char,
    /// Lines that were read ahead for a record that then was none.
    ahead: VecDeque<Line>,
}

/// Where the cells of a record stand after some of its lines.
struct Split {
    cells: Vec<String>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Begin,
    /// In a cell without quotes.
    Bare,
    /// Between quotes; guarded when the cell began with `="`.
    Quoted { guarded: bool },
    /// Behind the closing quote.
    Closed,
}

impl<E, L: Iterator<Item = Result<Line, E>>> Records<L> {
    pub(super) fn new(lines: L, delimiter: char) -> Self {
        Self { lines, delimiter, ahead: VecDeque::new() }
    }

    fn line(&mut self, at: usize) -> Result<Option<&Line>, E> {
        while self.ahead.len() <= at {
            match self.lines.next().transpose()? {
                Some(line) => self.ahead.push_back(line),
                None => return Ok(None),
            }
        }
        Ok(self.ahead.get(at))
    }

    /// The next record; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Found>, E> {
        let delimiter = self.delimiter;
        let mut split = Split { cells: Vec::new(), state: State::Begin };
        let (mut used, mut bytes) = (0, 0);
        loop {
            let Some(line) = self.line(used)? else {
                if used == 0 {
                    return Ok(None);
                }
                // The file ends between two quotes.
                return Ok(Some(self.pass_over()));
            };
            used += 1;
            bytes += line.text.len();
            if line.is_cut {
                return Ok(Some(self.pass_over()));
            }
            let is_open = !line.is_ended;
            if !split.take(&line.text, delimiter) || bytes > MOST_BYTES || used > MOST_LINES {
                return Ok(Some(self.pass_over()));
            }
            match split.state {
                State::Quoted { .. } if is_open => return Ok(Some(self.pass_over())),
                State::Quoted { .. } => split.push('\n'),
                _ => {
                    let lines = self.ahead.drain(..used).map(|line| line.text);
                    let lines = if used > 1 { lines.collect() } else { Vec::new() };
                    return Ok(Some(Found::Cells { cells: split.cells, is_open, lines }));
                }
            }
        }
    }

    /// Passes over the first line alone: what is wrong with it says nothing of the next.
    fn pass_over(&mut self) -> Found {
        match self.ahead.pop_front() {
            Some(line) if !line.is_cut => Found::BadQuotes(line.text),
            _ => Found::TooLong,
        }
    }
}

/// The cells of a line by itself, as far as they can be told apart: up to where its quotes do not fit.
pub(super) fn cells_of(line: &str, delimiter: char) -> Vec<String> {
    let mut split = Split { cells: Vec::new(), state: State::Begin };
    if split.take(line, delimiter) && !matches!(split.state, State::Quoted { .. }) {
        return split.cells;
    }
    line.split(delimiter).map(|cell| cell.trim_matches(['"', ' ']).to_owned()).collect()
}

impl Split {
    /// Takes a line; false when its quotes do not fit.
    fn take(&mut self, line: &str, delimiter: char) -> bool {
        let mut chars = line.chars().peekable();
        if self.state == State::Begin {
            self.cells.push(String::new());
        }
        while let Some(c) = chars.next() {
            match (self.state, c) {
                (State::Begin, '"') => self.state = State::Quoted { guarded: false },
                (State::Begin, '=') if chars.peek() == Some(&'"') => {
                    chars.next();
                    self.push('=');
                    self.push('"');
                    self.state = State::Quoted { guarded: true };
                }
                (State::Quoted { .. }, '"') if chars.peek() == Some(&'"') => {
                    chars.next();
                    self.push('"');
                }
                (State::Quoted { guarded }, '"') => {
                    if guarded {
                        self.push('"');
                    }
                    self.state = State::Closed;
                }
                (State::Quoted { .. }, c) => self.push(c),
                (State::Closed, ' ' | '\t' | '\r') if c != delimiter => {}
                (State::Closed | State::Begin | State::Bare, c) if c == delimiter => {
                    self.cells.push(String::new());
                    self.state = State::Begin;
                }
                (State::Closed, _) => return false,
                // Some writers set a blank before the quote.
                (State::Begin, ' ') => {}
                (State::Begin | State::Bare, c) => {
                    self.push(c);
                    self.state = State::Bare;
                }
            }
        }
        true
    }

    fn push(&mut self, c: char) {
        if let Some(cell) = self.cells.last_mut() {
            cell.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn records(text: &str) -> Vec<Option<Vec<String>>> {
        let mut rest = text;
        let mut lines = Vec::new();
        while !rest.is_empty() {
            let (line, behind, is_ended) = match rest.split_once('\n') {
                Some((line, behind)) => (line, behind, true),
                None => (rest, "", false),
            };
            lines.push(Ok::<_, ()>(Line { text: line.to_owned(), is_ended, is_cut: false }));
            rest = behind;
        }
        let mut records = Records::new(lines.into_iter(), ',');
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            found.push(if let Found::Cells { cells, .. } = record { Some(cells) } else { None });
        }
        found
    }

    #[rstest]
    #[case::plain("a,b\nc,\n", &[Some(&["a", "b"][..]), Some(&["c", ""])])]
    #[case::quoted("\"a,1\",\"b\"\"c\"\"\"\n", &[Some(&["a,1", "b\"c\""][..])])]
    #[case::lines("\"a\nb\",c\nd,e", &[Some(&["a\nb", "c"][..]), Some(&["d", "e"])])]
    #[case::inside("他说\"好\",b\n", &[Some(&["他说\"好\"", "b"][..])])]
    #[case::guard("=\"0123\",=\"a,b\"\n", &[Some(&["=\"0123\"", "=\"a,b\""][..])])]
    #[case::blanks("\"a\" , \"b\"\n", &[Some(&["a", "b"][..])])]
    #[case::lone("1,\"x,y\n2,\"z\",w\n3,\"v\",u\n", &[None, Some(&["2", "z", "w"][..]), Some(&["3", "v", "u"])])]
    #[case::never_closed("1,\"x\n2,y\n", &[None, Some(&["2", "y"][..])])]
    #[case::backslash("1,\"他说\\\"不退\\\"，要赔\",c\n2,b,c\n", &[None, Some(&["2", "b", "c"][..])])]
    #[case::two_lone("1,\"x,y\n2,z\",w\n3,v,u\n", &[Some(&["1", "x,y\n2,z", "w"][..]), Some(&["3", "v", "u"])])]
    #[case::behind_the_quote("1,\"a\"b,c\n", &[None])]
    #[case::blank_line("a\n\nb\n", &[Some(&["a"][..]), Some(&[""]), Some(&["b"])])]
    fn quotes_are_held_to_what_they_close(#[case] text: &str, #[case] found: &[Option<&[&str]>]) {
        let records = records(text);
        let records: Vec<Option<Vec<&str>>> = records
            .iter()
            .map(|cells| cells.as_ref().map(|cells| cells.iter().map(String::as_str).collect()))
            .collect();
        let found: Vec<Option<Vec<&str>>> = found.iter().map(|cells| cells.map(<[&str]>::to_vec)).collect();
        assert_eq!(records, found);
    }

    proptest! {
        /// What a careful program writes is read as it was.
        #[test]
        fn what_is_written_with_quotes_is_read_again(
            rows in proptest::collection::vec(proptest::collection::vec("[a,\"\n 好=]{0,6}", 2..5), 1..6),
        ) {
            let mut text = String::new();
            for row in &rows {
                let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                text.push_str(&cells.join(","));
                text.push('\n');
            }
            let found: Vec<Vec<String>> = records(&text).into_iter().flatten().collect();
            prop_assert_eq!(found, rows);
        }

        /// Whatever the quotes, each line is in one record.
        #[test]
        fn no_line_is_lost(text in "([a,\"\n]|=\"){0,40}") {
            let lines = text.matches('\n').count() + usize::from(!text.is_empty() && !text.ends_with('\n'));
            let in_record = |record: &Option<Vec<String>>| {
                1 + record.iter().flatten().map(|cell| cell.matches('\n').count()).sum::<usize>()
            };
            prop_assert_eq!(records(&text).iter().map(in_record).sum::<usize>(), lines);
        }
    }
}
