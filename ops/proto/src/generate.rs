//! Compiles `proto/` into Rust and into a descriptor set, without `protoc`.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::{FileDescriptorSet, OneofDescriptorProto};

/// Writes into `out` what is made of `proto`.
pub(crate) fn generate(proto: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(proto.join("triage/v1"))?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort();
    // Comments and imports stay in: reflection shows the one and needs the other, and tests read both.
    let mut compiler = protox::Compiler::new([proto])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;
    let encoded = compiler.encode_file_descriptor_set();
    fs::write(out.join("triage.v1.binpb"), &encoded)?;
    let set = FileDescriptorSet::decode(encoded.as_slice())?;
    fs::write(out.join("silent.rs"), silent(&set)?)?;
    let ours = set.file.iter().filter(|file| file.package() == "triage.v1");
    let messages: Vec<String> = ours
        .flat_map(|file| &file.message_type)
        .map(|message| format!(".triage.v1.{}", message.name()))
        .collect();
    tonic_prost_build::configure()
        .skip_debug(&messages)
        .codec_path("crate::grpc::codec::WireCodec")
        .out_dir(out)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Any message may hold what belongs to a person: none of them prints what it holds. This names them all.
fn silent(set: &FileDescriptorSet) -> Result<String, std::fmt::Error> {
    let mut silent = "silent!(\n".to_owned();
    for file in set.file.iter().filter(|file| file.package() == "triage.v1") {
        let mut waiting: Vec<_> = file.message_type.iter().map(|message| (String::new(), message)).collect();
        while let Some((module, message)) = waiting.pop() {
            writeln!(silent, "{module}{},", message.name())?;
            let module = format!("{module}{}::", snake(message.name()));
            let oneofs = message.oneof_decl.iter().map(OneofDescriptorProto::name);
            // Those of optional fields are no types.
            for oneof in oneofs.filter(|name| !name.starts_with('_')) {
                writeln!(silent, "{module}{},", camel(oneof))?;
            }
            waiting.extend(message.nested_type.iter().map(|nested| (module.clone(), nested)));
        }
    }
    Ok(silent + ");\n")
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
