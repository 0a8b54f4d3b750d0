//! Cursors of the change feed (变更流的游标): a place in a bureau's history that also identifies whose history it was read from.

use super::ids::Sequence;

/// Bytes of a stamp: two histories differ at an event and agree in its stamp once in four thousand million.
const STAMP_BYTES: usize = 4;

/// Identifies the event at a sequence, keyed: who has no key cannot make one.
pub type Stamp = [u8; STAMP_BYTES];

/// A cursor. Its stamps are of the events at [`Cursor::places`], so that a reader whose history was replaced by a backup learns how
/// far both histories are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last sequence that was read.
    pub sequence: Sequence,
    /// One for each place.
    pub stamps: Vec<Stamp>,
}

impl Cursor {
    /// The places that a cursor of this sequence has stamps of: the sequence itself, then ever rounder ones before it, down to 0.
    /// At most one a bit of the sequence.
    pub fn places(sequence: Sequence) -> impl Iterator<Item = Sequence> {
        let round = |at: &i64| (*at > 0).then_some(at & (at - 1));
        std::iter::successors(Some(sequence.0), round).map(Sequence)
    }

    /// As it is sent: hexadecimal, the sequence in front.
    pub fn token(&self) -> String {
        let mut bytes = self.sequence.0.to_be_bytes().to_vec();
        bytes.extend(self.stamps.iter().flatten());
        hex::encode(bytes)
    }

    /// Reads a token. `None` for anything that [`Cursor::token`] cannot have written.
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = hex::decode(token).ok()?;
        let (sequence, stamps) = bytes.split_first_chunk::<8>()?;
        let sequence = Sequence(i64::from_be_bytes(*sequence));
        let (stamps, rest) = stamps.as_chunks::<STAMP_BYTES>();
        let whole = sequence.0 >= 0 && rest.is_empty() && stamps.len() == Self::places(sequence).count();
        whole.then(|| Self { sequence, stamps: stamps.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_is_read_back_and_nothing_else_is_one(sequence in 0..i64::MAX, junk in "[0-9a-f]{0,64}") {
            let sequence = Sequence(sequence);
            let stamps = Cursor::places(sequence).map(|at| [at.0.to_be_bytes()[7]; STAMP_BYTES]).collect();
            let cursor = Cursor { sequence, stamps };
            prop_assert_eq!(Cursor::parse(&cursor.token()), Some(cursor.clone()));
            prop_assert_eq!(Cursor::parse(&format!("{}00", cursor.token())), None);
            if let Some(read) = Cursor::parse(&junk) {
                prop_assert_eq!(read.token(), junk);
            }
        }
    }

    #[test]
    fn places_go_back_to_the_beginning_in_ever_rounder_steps() {
        let places = |sequence| Cursor::places(Sequence(sequence)).map(|at| at.0).collect::<Vec<_>>();
        assert_eq!(places(0), [0]);
        assert_eq!(places(13), [13, 12, 8, 0]);
        assert_eq!(places(1 << 20), [1 << 20, 0]);
    }
}
