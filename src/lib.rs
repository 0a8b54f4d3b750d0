//! stub
pub mod domain;
pub mod features;
