//! How statements are declared: each with a name, the bulk ones with the types of their rows.

/// The stored codes of kinds of events, in the text of a statement: `1, 3`.
macro_rules! kinds {
    ($first:ident $(, $kind:ident)*) => {
        concatcp!(EventKind::$first.code() $(, ", ", EventKind::$kind.code())*)
    };
}

/// The types of `{rows}`: `("bigint", "text")`, or those of a declared row `[Clock::INSERTED_TYPES]`.
macro_rules! types {
    (($($kind:literal),+ $(,)?)) => { &[$($kind),+] };
    ([$types:expr]) => { $types };
}

macro_rules! statements {
    (
        one { $($(#[$doc:meta])* $name:ident = $sql:expr;)+ }
        many { $($(#[$mdoc:meta])* $mname:ident $types:tt = $msql:expr;)* }
    ) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)+
        $($(#[$mdoc])* pub(super) static $mname: Many = Many { sql: $msql, types: types!($types) };)*

        /// Every single statement, with its name.
        pub(super) const ONE: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
        /// Every bulk statement, with its name.
        pub(super) static MANY: &[(&str, &Many)] = &[$((stringify!($mname), &$mname)),*];
    };
}

pub(super) use {kinds, statements, types};
