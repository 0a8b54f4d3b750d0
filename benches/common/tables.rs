//! The tables that Submit fills, column by column, with what a copied row takes from its new item.

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    I64(i64),
    F64(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What a written row takes from its new item instead of from the old row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    Same,
    Sequence,
    Number,
    Request,
    Recorded,
    Received,
    Recency,
    /// A day, as far from the receive time as that of the old row.
    Day,
    /// A key hash.
    Hash,
    /// Key hashes with their positions.
    Keys,
    /// Half of a person's mark.
    Person,
    /// Half of an operator's mark.
    Operator,
    /// Whose turns a file shares.
    Cluster,
    /// The item whose text founded the template.
    Template,
    Anchor,
    /// A text that names other items.
    Naming,
    /// What handling leaves on a file that has ended, else what intake left.
    Left(Handled),
}

/// What handling leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled {
    Status,
    Token,
    Officer,
    Finding,
    Disposition,
    EndedAt,
    SignedAt,
    EscalatesAt,
    MetOn,
}

/// A table with the columns that Submit fills: name, PostgreSQL type, what is taken from where.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// What says which submission a row belongs to.
    pub(crate) owner: &'static str,
    pub(crate) columns: &'static [(&'static str, &'static str, Take)],
}

use Take::{
    Anchor, Cluster, Day, Hash, Keys, Naming, Number, Operator, Person, Received, Recency, Recorded, Request,
    Same, Sequence, Template,
};

/// In the order in which a batch writes them.
pub(crate) const TABLES: [Table; 11] = [
    Table {
        name: "event",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("sequence", "bigint", Sequence),
            ("recorded_at", "bigint", Recorded),
            ("kind", "smallint", Same),
            ("caller_id", "bigint", Same),
            ("request_id", "text", Request),
            ("digest", "bytea", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("payload", "bytea", Same),
            ("answer", "text", Same),
        ],
    },
    Table {
        name: "submission",
        owner: "sequence",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("sequence", "bigint", Sequence),
            ("number", "text", Number),
            ("received_at", "bigint", Received),
            ("shop", "text", Same),
            ("template", "bigint", Template),
        ],
    },
    Table {
        name: "file",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("number", "text", Number),
            ("received_at", "bigint", Received),
            ("unit", "text", Same),
            ("status", "smallint", Take::Left(Handled::Status)),
            ("centiunits", "bigint", Same),
            ("token", "bigint", Take::Left(Handled::Token)),
            ("officer", "text", Take::Left(Handled::Officer)),
            ("urges", "bigint", Same),
            ("finding", "smallint", Take::Left(Handled::Finding)),
            ("disposition", "smallint", Take::Left(Handled::Disposition)),
            ("ended_at", "bigint", Take::Left(Handled::EndedAt)),
            ("cluster", "bigint", Cluster),
            ("respondent", "bigint", Operator),
            ("turn", "bigint", Same),
            ("due_on", "bigint", Day),
            ("queued_at", "bigint", Recorded),
            ("escalates_at", "bigint", Take::Left(Handled::EscalatesAt)),
            ("signed_at", "bigint", Take::Left(Handled::SignedAt)),
            ("skips", "bigint", Same),
            ("kind", "text", Same),
            ("accepted_upstream", "smallint", Same),
        ],
    },
    Table {
        name: "deadline",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("duty", "smallint", Same),
            ("started_by", "bigint", Sequence),
            ("law", "smallint", Same),
            ("article", "text", Same),
            ("started_on", "bigint", Day),
            ("due_on", "bigint", Day),
            ("latest_on", "bigint", Day),
            ("provisional", "smallint", Same),
            ("met_on", "bigint", Take::Left(Handled::MetOn)),
            ("dropped", "smallint", Same),
        ],
    },
    Table {
        name: "decision",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("sequence", "bigint", Sequence),
            ("rules", "bigint", Same),
            ("schema_hash", "text", Same),
            ("vector", "bytea", Same),
            ("model", "text", Same),
            ("log_odds", "double precision", Same),
            ("score", "double precision", Same),
            ("band", "smallint", Same),
            ("reasons", "text", Naming),
            ("evidence", "text", Naming),
        ],
    },
    Table {
        name: "assignment",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("sequence", "bigint", Sequence),
            ("unit", "text", Same),
            ("basis", "smallint", Same),
            ("centiunits", "bigint", Same),
            ("matched", "text", Same),
        ],
    },
    Table {
        name: "candidate",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
            ("position", "smallint", Same),
            ("unit", "text", Same),
            ("open_centiunits", "bigint", Same),
            ("centiofficers", "bigint", Same),
            ("assigned_centiunits", "bigint", Same),
            ("month_centiofficers", "bigint", Same),
            ("barred", "smallint", Same),
            ("chosen", "smallint", Same),
        ],
    },
    Table {
        name: "history",
        owner: "recency & 1073741823",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("key_hash", "bytea", Hash),
            ("recency", "bigint", Recency),
            ("number", "text", Number),
            ("name", "bigint", Person),
            ("person", "bigint", Person),
            ("respondent", "bigint", Operator),
            ("product", "bigint", Same),
            ("template", "bigint", Template),
            ("keys", "bytea", Keys),
        ],
    },
    Table {
        name: "anchor",
        owner: "recency & 1073741823",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("anchor", "bigint", Anchor),
            ("recency", "bigint", Recency),
            ("sketch_high", "bigint", Same),
            ("sketch_low", "bigint", Same),
        ],
    },
    Table {
        name: "search_key",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("key_hash", "bytea", Hash),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
        ],
    },
    Table {
        name: "audit",
        owner: "submission",
        columns: &[
            ("bureau_id", "bigint", Same),
            ("number", "bigint", Sequence),
            ("at", "bigint", Recorded),
            ("caller_id", "bigint", Same),
            ("officer", "text", Same),
            ("action", "text", Same),
            ("sequence", "bigint", Sequence),
            ("submission", "bigint", Sequence),
            ("track", "smallint", Same),
        ],
    },
];

impl Cell {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Cell::Null => 0,
            Cell::I64(_) | Cell::F64(_) => 8,
            Cell::Text(text) => text.len(),
            Cell::Bytes(bytes) => bytes.len(),
        }
    }
}
