//! Text files (CSV): the encoding and the delimiter are those by which the header is found, and the file is read line by
//! line, however long it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::{Decoder, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::records::{Found, Line, Records, cells_of};
use super::{MOST_BYTES, Named, SheetError};
use crate::exchange::cell::Cell;
use crate::exchange::mapping::Mapping;
use crate::exchange::sheet::{Collector, Misfit, Record, Sheet};

/// Bytes of a file in which its header is looked for.
const HEAD: usize = 1 << 20;
/// Bytes of a line that are kept.
const MOST_LINE: usize = 1 << 20;
const CHUNK: usize = 1 << 16;

/// How a text is written.
#[derive(Debug, Clone, Copy)]
struct Form {
    encoding: &'static Encoding,
    delimiter: char,
    /// What ends a line: of a file without line feeds, the carriage return.
    end: char,
}

pub(super) fn read(path: &Path, mapping: &Mapping) -> Result<Sheet, SheetError> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    let form = form(&head, mapping)?;
    let bounded = File::open(path)?.take(MOST_BYTES + 1);
    let mut lines = Lines::new(bounded, form);
    let mut collector = Collector::new(mapping);
    collect(&mut lines, form, &mut collector)?;
    if lines.input.limit() == 0 {
        return Err(SheetError::TooBig);
    }
    collector.finish()
}

/// A small text that people write in an editor of theirs (机构文件、对照表): UTF-8, UTF-16 with its mark, or GB18030.
pub fn read_text(path: &Path) -> io::Result<String> {
    const MOST: u64 = 16 << 20;
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("文件过大（超过 16 MB）"));
    }
    let encoding = match Encoding::for_bom(&bytes) {
        Some((marked, _)) => marked,
        None if std::str::from_utf8(&bytes).is_ok() => UTF_8,
        None => GB18030,
    };
    let (text, has_errors) = encoding.decode_with_bom_removal(&bytes);
    if has_errors {
        return Err(io::Error::other("文件含有乱码，请另存为 UTF-8"));
    }
    Ok(text.into_owned())
}

/// The form in which most columns of a header are found.
fn form(head: &[u8], mapping: &Mapping) -> Result<Form, SheetError> {
    let encodings: &[&'static Encoding] = match Encoding::for_bom(head) {
        Some((marked, _)) if marked == UTF_8 => &[UTF_8],
        Some((marked, _)) if marked == UTF_16LE => &[UTF_16LE],
        Some((marked, _)) if marked == UTF_16BE => &[UTF_16BE],
        _ if is_utf16(head) => &[UTF_16LE, UTF_16BE],
        _ => &[UTF_8, GB18030],
    };
    let mut best: Option<(usize, Form)> = None;
    for encoding in encodings.iter().copied() {
        let (text, _) = encoding.decode_with_bom_removal(head);
        let end = if text.contains('\n') { '\n' } else { '\r' };
        for delimiter in [',', '\t', ';', '|'] {
            let form = Form { encoding, delimiter, end };
            let mut collector = Collector::looking(mapping);
            let looked = collect(&mut Lines::new(head, form), form, &mut collector);
            if looked.is_ok() && collector.has_header() {
                let columns = collector.columns();
                if best.is_none_or(|(most, _)| columns > most) {
                    best = Some((columns, form));
                }
            }
        }
    }
    let is_noise = || encodings.iter().all(|encoding| encoding.decode_with_bom_removal(head).1);
    match best {
        Some((_, form)) => Ok(form),
        None if is_noise() => Err(Named::Binary.into()),
        None => Err(SheetError::NoHeader),
    }
}

/// Every second byte of many is zero: digits and signs of UTF-16.
pub(super) fn is_utf16(head: &[u8]) -> bool {
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    even.max(odd) * 20 > head.len() && even.min(odd) * 10 < even.max(odd)
}

/// Gives a collector the rows of a text, until it has enough.
fn collect<R: Read>(
    lines: &mut Lines<R>,
    form: Form,
    collector: &mut Collector<'_>,
) -> Result<(), SheetError> {
    let mut records = Records::new(lines, form.delimiter);
    let mut number = 0;
    while let Some(found) = records.next()? {
        let cells = |line: &str| -> Vec<Cell> {
            cells_of(line, form.delimiter).iter().map(|cell| Cell::of_text(cell)).collect()
        };
        let counted = Record { counted: true, ..Record::default() };
        let records = match found {
            Found::Cells { lines, .. }
                if lines.iter().skip(1).any(|line| collector.is_like_a_row(&cells(line))) =>
            {
                let swallowed = |line: &String| Record {
                    cells: cells(line),
                    misfit: Some(Misfit::Swallowed),
                    ..Record::default()
                };
                lines.iter().map(swallowed).collect()
            }
            Found::Cells { cells, is_open, .. } => {
                vec![Record {
                    cells: cells.iter().map(|cell| Cell::of_text(cell)).collect(),
                    is_open,
                    ..counted
                }]
            }
            Found::BadQuotes(line) => {
                vec![Record { cells: cells(&line), misfit: Some(Misfit::Quote), ..counted }]
            }
            Found::TooLong => vec![Record { misfit: Some(Misfit::TooLong), ..counted }],
        };
        for record in records {
            number += 1;
            collector.push(Record { number, ..record })?;
        }
        if collector.has_enough() {
            break;
        }
    }
    Ok(())
}

/// The lines of a text of some encoding.
struct Lines<R> {
    input: R,
    decoder: Decoder,
    end: char,
    /// What was decoded and is not given yet, from `at` on.
    text: String,
    at: usize,
    is_over: bool,
}

impl<R: Read> Lines<R> {
    fn new(input: R, form: Form) -> Self {
        let decoder = form.encoding.new_decoder_with_bom_removal();
        Self { input, decoder, end: form.end, text: String::new(), at: 0, is_over: false }
    }

    /// Decodes some more of the input behind what is there.
    fn more(&mut self) -> io::Result<()> {
        self.text.drain(..self.at);
        self.at = 0;
        let mut bytes = vec![0; CHUNK];
        let read = self.input.read(&mut bytes)?;
        self.is_over = read == 0;
        let most = self.decoder.max_utf8_buffer_length(read).unwrap_or(CHUNK * 4);
        self.text.reserve(most.max(16));
        // The room is enough for all of it.
        let _ = self.decoder.decode_to_string(&bytes[..read], &mut self.text, self.is_over);
        Ok(())
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        let mut kept = String::new();
        let mut is_cut = false;
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find(self.end);
            let piece = &rest[..end.unwrap_or(rest.len())];
            if kept.len() + piece.len() <= MOST_LINE {
                kept.push_str(piece);
            } else {
                is_cut = true;
            }
            self.at += piece.len();
            if end.is_some() {
                self.at += self.end.len_utf8();
                if kept.ends_with('\r') {
                    kept.pop();
                }
                return Ok(Some(Line { text: kept, is_ended: true, is_cut }));
            }
            if self.is_over {
                let is_line = !kept.is_empty() || is_cut;
                return Ok(is_line.then_some(Line { text: kept, is_ended: false, is_cut }));
            }
            self.more()?;
        }
    }
}

impl<R: Read> Iterator for &mut Lines<R> {
    type Item = Result<Line, SheetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line().map_err(SheetError::from).transpose()
    }
}
