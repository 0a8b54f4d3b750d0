//! Compiles `proto/` into Rust and into a descriptor set, without `protoc`; and embeds `migrations/`.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut files: Vec<PathBuf> = fs::read_dir("proto/triage/v1")?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "proto"));
    files.sort();

    // Comments and imports stay in: reflection shows the one and needs the other, and a test reads both.
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    fs::write(out.join("triage.v1.bin"), compiler.encode_file_descriptor_set())?;

    let set = compiler.file_descriptor_set();
    // Any message may hold what belongs to a person: none of them prints what it holds.
    let mut silent = "silent!(\n".to_owned();
    let mut messages = Vec::new();
    for file in set.file.iter().filter(|file| file.package() == "triage.v1") {
        messages.extend(file.message_type.iter().map(|message| format!(".triage.v1.{}", message.name())));
        let mut waiting: Vec<_> = file.message_type.iter().map(|message| (String::new(), message)).collect();
        while let Some((module, message)) = waiting.pop() {
            writeln!(silent, "{module}{},", message.name())?;
            let module = format!("{module}{}::", snake(message.name()));
            let oneofs =
                message.oneof_decl.iter().map(protox::prost_reflect::prost_types::OneofDescriptorProto::name);
            // Those of optional fields are no types.
            for oneof in oneofs.filter(|name| !name.starts_with('_')) {
                writeln!(silent, "{module}{},", camel(oneof))?;
            }
            waiting.extend(message.nested_type.iter().map(|nested| (module.clone(), nested)));
        }
    }
    fs::write(out.join("silent.rs"), silent + ");\n")?;

    tonic_prost_build::configure()
        .skip_debug(&messages)
        .codec_path("crate::grpc::codec::WireCodec")
        .compile_fds(set)?;
    migrations(&out)
}

/// `DecideRequest` as `decide_request`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// `not_filed` as `NotFiled`.
fn camel(name: &str) -> String {
    let word = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split('_').map(word).collect()
}

/// Writes the list of migrations that `src/store/migrate.rs` embeds: whatever stands in both folders, in the order of names.
/// (`sqlx::migrate!` would do the same, and compile both database drivers a second time for it.)
fn migrations(out: &Path) -> Result<(), Box<dyn Error>> {
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
    fs::write(out.join("migrations.rs"), list)?;
    Ok(())
}
