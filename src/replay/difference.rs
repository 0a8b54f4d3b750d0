//! What a replay decided otherwise: rows compared by what they are of, field by field.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use serde_json::Value;

use crate::domain::ids::{FileId, RegistrationNumber, Sequence, Track};

/// One thing that differs. Rows hold no personal text, so this does not either.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Registration number of the file; none where an event itself differs.
    pub number: Option<RegistrationNumber>,
    /// Track of the file.
    pub track: Option<Track>,
    /// Which kind of row.
    pub row: RowKind,
    /// The event that the row is of: for a file, that of its submission.
    pub sequence: Sequence,
    /// Of a clock, which duty: one event may start several.
    pub duty: Option<String>,
    /// The field, as a path: `routing.candidates.2.open_centiunits`; none when the whole row stands on one side alone. Of an
    /// event: its `answer`, when it was refused, or the `sequence` that the log had reached by it.
    pub field: Option<String>,
    /// What is stored; none when the row is not.
    pub stored: Option<Value>,
    /// What the replay gave; none when it gave no such row.
    pub replayed: Option<Value>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// An event of the log: whether it can be applied again, and leaves as many events as it left.
    Event,
    /// The state of a file.
    File,
    /// A score with its reasons, and the routing with its candidates.
    Decision,
    /// Which unit a file went to.
    Assignment,
    /// A statutory term.
    Clock,
    /// A reconsideration or suit.
    Review,
}

impl RowKind {
    fn zh(self) -> &'static str {
        match self {
            RowKind::Event => "事件",
            RowKind::File => "件",
            RowKind::Decision => "评分分送",
            RowKind::Assignment => "归属",
            RowKind::Clock => "期限",
            RowKind::Review => "复议诉讼",
        }
    }
}

/// What a row is of; no two rows of one bureau have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) file: FileId,
    pub(super) kind: RowKind,
    pub(super) sequence: Sequence,
    pub(super) duty: Option<String>,
}

/// Rows as they are compared, by what they are of.
pub(super) type Rows = BTreeMap<Key, Value>;

/// Everything that is not the same in both. `number` tells the registration numbers of files.
pub(super) fn between(
    stored: &Rows,
    replayed: &Rows,
    number: impl Fn(FileId) -> Option<RegistrationNumber>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let gone = replayed.keys().filter(|key| !stored.contains_key(key));
    let mut keys: Vec<&Key> = stored.keys().chain(gone).collect();
    keys.sort_unstable();
    for key in keys {
        let of_row = |field, stored, replayed| Difference {
            number: number(key.file),
            track: Some(key.file.track),
            row: key.kind,
            sequence: key.sequence,
            duty: key.duty.clone(),
            field,
            stored,
            replayed,
        };
        match (stored.get(key), replayed.get(key)) {
            (Some(one), Some(other)) => fields("", one, other, &mut |field, one, other| {
                found.push(of_row(Some(field.to_owned()), Some(one.clone()), Some(other.clone())));
            }),
            (one, other) => found.push(of_row(None, one.cloned(), other.cloned())),
        }
    }
    found
}

/// Tells of every leaf that is not bit for bit the same; what stands on one side alone is null on the other.
fn fields(path: &str, one: &Value, other: &Value, tell: &mut impl FnMut(&str, &Value, &Value)) {
    let within =
        |name: &dyn Display| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
    match (one, other) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let more = theirs.keys().filter(|name| !ours.contains_key(*name));
            for name in ours.keys().chain(more) {
                let of = |map: &serde_json::Map<_, _>| map.get(name).cloned().unwrap_or_default();
                fields(&within(name), &of(ours), &of(theirs), tell);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            for at in 0..ours.len().max(theirs.len()) {
                let of = |list: &[Value]| list.get(at).cloned().unwrap_or_default();
                fields(&within(&at), &of(ours), &of(theirs), tell);
            }
        }
        _ if is_same(one, other) => {}
        _ => tell(path, one, other),
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    // Zero and minus zero are equal, and not the same.
    let bits = |value: &Value| value.as_f64().map(f64::to_bits);
    one == other && bits(one) == bits(other)
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(number) = &self.number {
            let track = self.track.map_or("", Track::zh);
            write!(f, "{number} {track} ")?;
        }
        match self.row {
            RowKind::Event => write!(f, "事件 {}", self.sequence.0)?,
            row => write!(f, "{}（事件 {}）", row.zh(), self.sequence.0)?,
        }
        for word in [&self.duty, &self.field].into_iter().flatten() {
            write!(f, " {word}")?;
        }
        match (&self.stored, &self.replayed) {
            (Some(stored), Some(replayed)) => write!(f, "：存 {}，重放 {}", short(stored), short(replayed)),
            (Some(_), None) => f.write_str("：存有，重放没有"),
            (None, _) => f.write_str("：没有存，重放有"),
        }
    }
}

/// A value in at most so many characters; `--json` has all of it.
fn short(value: &Value) -> String {
    const MOST: usize = 60;
    let text = match value {
        Value::Null => "无".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(submission: i64, kind: RowKind) -> Key {
        let file = FileId { submission: Sequence(submission), track: Track::Complaint };
        Key { file, kind, sequence: Sequence(submission), duty: None }
    }

    fn lines(stored: &Rows, replayed: &Rows) -> Vec<String> {
        let number = |file: FileId| RegistrationNumber::parse(&format!("N{}", file.submission.0)).ok();
        between(stored, replayed, number).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn fields_rows_and_bits_that_differ_are_told_each_in_a_line() {
        let file = |unit: &str| json!({ "unit": unit, "urges": 0, "officer": null });
        let decision =
            |score: f64, units: &[&str]| json!({ "score": score, "routing": { "candidates": units } });
        let stored = Rows::from([
            (key(1, RowKind::File), file("east")),
            (key(1, RowKind::Decision), decision(0.0, &["east", "west"])),
            (key(2, RowKind::File), file("east")),
            (key(2, RowKind::Review), json!({ "kind": 1 })),
        ]);
        let replayed = Rows::from([
            (key(1, RowKind::File), file("west")),
            (key(1, RowKind::Decision), decision(-0.0, &["east"])),
            (key(2, RowKind::File), file("east")),
            (key(3, RowKind::File), file("east")),
        ]);
        assert_eq!(lines(&stored, &stored), [""; 0]);
        assert_eq!(
            lines(&stored, &replayed),
            [
                "N1 投诉 件（事件 1） unit：存 east，重放 west",
                "N1 投诉 评分分送（事件 1） routing.candidates.1：存 west，重放 无",
                "N1 投诉 评分分送（事件 1） score：存 0.0，重放 -0.0",
                "N2 投诉 复议诉讼（事件 2）：存有，重放没有",
                "N3 投诉 件（事件 3）：没有存，重放有",
            ]
        );
        let long = "很".repeat(70);
        assert_eq!(short(&json!(long)), format!("{}…", "很".repeat(60)));
    }
}
