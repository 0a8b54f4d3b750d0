//! The one integration binary: modules by behaviour, every behaviour on both databases.

mod daily_life;
mod support;
mod tidy;
