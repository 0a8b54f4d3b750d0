//! Heads of the chain outside the database (链头): one signed JSON line each, in a file that is only added to.

use serde::{Deserialize, Serialize};

use super::Hash;

/// Version of a line.
const VERSION: u32 = 1;

/// A line of the file, as it is written. Whoever has the public key can check it: the signature (Ed25519) is over [`Line::message`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Version of this form.
    pub version: u32,
    /// Which line of its file it is, from 1 on.
    pub line: u64,
    /// The bureau.
    pub bureau: i64,
    /// Number of the newest row of its trail.
    pub number: i64,
    /// That row's hash, in hex.
    pub hash: String,
    /// Number of the last row from before there was a chain.
    pub before: i64,
    /// When it was written: `2026-06-01T09:00:00+08:00`.
    pub time: String,
    /// The first bytes of the public key, in hex: whose signature it is.
    pub key: String,
    /// The signature, in hex.
    pub signature: String,
}

/// What signs heads, and tells whether it did. The keys are `identity`'s.
pub trait Signer {
    /// The public key.
    fn public(&self) -> [u8; 32];
    /// A signature.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
    /// Whether a signature is this key's.
    fn signed(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// A head that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The bureau.
    pub bureau: i64,
    /// Number of the newest row.
    pub number: i64,
    /// Its hash.
    pub hash: Hash,
    /// Number of the last row from before there was a chain.
    pub before: i64,
}

/// How a line names the key that signed it.
fn named(public: &[u8; 32]) -> String {
    hex::encode(&public[..8])
}

impl Line {
    /// A head as line `line` of its file, signed.
    pub fn signed(head: Head, line: u64, time: &str, signer: &impl Signer) -> Self {
        let mut made = Self {
            version: VERSION,
            line,
            bureau: head.bureau,
            number: head.number,
            hash: hex::encode(head.hash),
            before: head.before,
            time: time.to_owned(),
            key: named(&signer.public()),
            signature: String::new(),
        };
        made.signature = hex::encode(signer.sign(made.message().as_bytes()));
        made
    }

    /// What is signed.
    pub fn message(&self) -> String {
        let Self { version, line, bureau, number, hash, before, time, key, .. } = self;
        format!(
            "triage head {version}\nline {line}\nbureau {bureau}\nnumber {number}\nhash {hash}\nbefore {before}\ntime {time}\nkey {key}\n"
        )
    }

    fn head(&self) -> Option<Head> {
        let mut hash = Hash::default();
        hex::decode_to_slice(&self.hash, &mut hash).ok()?;
        Some(Head { bureau: self.bureau, number: self.number, hash, before: self.before })
    }
}

/// What is wrong with a file of heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A line cannot be read.
    Damaged,
    /// A line is signed with another key: it is another installation's.
    Foreign,
    /// A line says what was not signed.
    Forged,
    /// Lines are missing, repeated or out of order.
    Gap,
}

/// The heads of a file, as far as they can be believed.
#[derive(Debug, Default)]
pub struct Heads {
    /// Those of all bureaus, in the order of the file, with the time of each.
    pub heads: Vec<(Head, String)>,
    /// What is wrong, by the place of the line in the file, from 1 on.
    pub troubles: Vec<(usize, Trouble)>,
    /// Lines read.
    pub lines: usize,
    /// The last line has no end: it was being written when the machine went down, and was never a head.
    pub is_torn: bool,
}

impl Heads {
    /// Reads the text of a file.
    pub fn read(text: &[u8], signer: &impl Signer) -> Self {
        let mut found = Self::default();
        let mut last = 0;
        // What was cut off while it was written is followed by a line of the number that it would have had.
        let mut unread: Option<usize> = None;
        for (place, line) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
            found.lines = place;
            let Ok(read) = serde_json::from_slice::<Line>(line) else {
                if line.ends_with(b"\n") {
                    unread = unread.or(Some(place));
                } else {
                    found.is_torn = true;
                }
                continue;
            };
            if let Some(trouble) = trouble(&read, signer) {
                found.troubles.push((place, trouble));
                (last, unread) = (last + 1, None);
                continue;
            }
            if read.line != last + 1 {
                let missing = if unread.is_some() { Trouble::Damaged } else { Trouble::Gap };
                found.troubles.push((unread.unwrap_or(place), missing));
            }
            // Signed, whatever became of others: what it says of the trail holds.
            found.heads.extend(read.head().map(|head| (head, read.time.clone())));
            (last, unread) = (read.line, None);
        }
        found.troubles.extend(unread.map(|place| (place, Trouble::Damaged)));
        found
    }

    /// The newest head of a bureau.
    pub fn newest(&self, bureau: i64) -> Option<&(Head, String)> {
        self.heads.iter().filter(|(head, _)| head.bureau == bureau).max_by_key(|(head, _)| head.number)
    }
}

fn trouble(line: &Line, signer: &impl Signer) -> Option<Trouble> {
    if line.key != named(&signer.public()) {
        return Some(Trouble::Foreign);
    }
    let signature = hex::decode(&line.signature).unwrap_or_default();
    let holds = line.version == VERSION
        && line.head().is_some()
        && signer.signed(line.message().as_bytes(), &signature);
    (!holds).then_some(Trouble::Forged)
}

/// What a writer needs to know of the end of a file: the number of the last line that can be read, and whether what follows has to begin
/// on a new line.
pub fn end_of(tail: &[u8]) -> (u64, bool) {
    let read = |line: &[u8]| serde_json::from_slice::<Line>(line).ok();
    let last = tail.split_inclusive(|byte| *byte == b'\n').rev().find_map(read);
    (last.map_or(0, |last| last.line), !tail.is_empty() && !tail.ends_with(b"\n"))
}

/// The newest head that the end of a file has of a bureau, by number and hash.
pub fn last_of(tail: &[u8], bureau: i64) -> Option<(i64, String)> {
    let read = |line: &[u8]| serde_json::from_slice::<Line>(line).ok().filter(|line| line.bureau == bureau);
    tail.split_inclusive(|byte| *byte == b'\n').rev().find_map(read).map(|line| (line.number, line.hash))
}
