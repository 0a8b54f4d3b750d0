//! stub
pub mod history;
