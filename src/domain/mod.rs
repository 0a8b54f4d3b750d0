//! The words of the product (DESIGN's glossary), as types that cannot be wrong.
//!
//! Pure: no I/O, no clock, no logging. Everything that enters is parsed here by
//! a `parse` function, and everything deeper in the program takes these types.

pub mod account;
pub mod act;
pub mod branch;
pub mod caller;
pub mod check;
pub mod command;
pub mod cursor;
pub mod danger;
pub mod deadline;
pub mod decision;
pub mod disclosure;
pub mod division;
pub mod event;
pub mod evidence;
pub mod given;
pub mod handling;
pub mod ids;
pub mod mask;
pub mod mix;
pub mod no_address;
pub mod outcome;
pub mod person;
pub mod personal;
pub mod phone;
pub mod placeholder;
pub mod plain;
pub mod purge;
pub mod refusal;
pub mod respondent;
pub mod sight;
pub(crate) mod spoken;
pub mod submission;
pub mod text;
pub mod time;
pub mod trust;
pub mod unit_name;
pub mod verb;
pub mod view;
pub mod violation;
