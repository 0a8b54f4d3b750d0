//! Embeds `migrations/`. What is made from `proto/` is kept in `src/grpc/generated/`: whoever builds needs no compiler of it.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Writes the list of migrations that `src/store/migrate.rs` embeds: whatever stands in both folders, in the order of names.
/// (`sqlx::migrate!` would do the same, and compile both database drivers a second time for it.)
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=migrations");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("migrations");
    let mut names: Vec<String> = fs::read_dir(root.join("sqlite"))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, std::io::Error>>()?;
    names.sort();
    let mut list = "&[\n".to_owned();
    for name in &names {
        let wrong = || format!("migrations/sqlite/{name}: a migration is named like 0004_what_it_does.sql");
        let (number, what) =
            name.strip_suffix(".sql").and_then(|name| name.split_once('_')).ok_or_else(wrong)?;
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let [sqlite, postgres] =
            ["sqlite", "postgres"].map(|database| root.join(database).join(name).display().to_string());
        writeln!(list, "({number}, {what:?}, include_str!({sqlite:?}), include_str!({postgres:?})),")?;
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}
