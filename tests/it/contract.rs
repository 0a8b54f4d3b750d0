//! What `src/grpc/generated/` keeps is what the contract makes: `make proto` writes it again. It is kept so that a build needs neither
//! a compiler of `proto/` nor the crates of one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message as _;
use prost_types::{FileDescriptorSet, OneofDescriptorProto};

const GENERATED: [&str; 3] = ["triage.v1.rs", "triage.v1.binpb", "silent.rs"];

#[test]
fn the_generated_code_is_made_of_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = tempfile::tempdir().unwrap();
    generate(&root.join("proto"), made.path());
    let kept = root.join("src/grpc/generated");
    if env::var_os("UPDATE_PROTO").is_some() {
        fs::create_dir_all(&kept).unwrap();
        for name in GENERATED {
            fs::copy(made.path().join(name), kept.join(name)).unwrap();
        }
    }
    for name in GENERATED {
        let [made, kept] = [made.path(), &kept].map(|folder| fs::read(folder.join(name)).unwrap_or_default());
        assert!(made == kept, "src/grpc/generated/{name} is not current; run `make proto` and commit it");
    }
    let made = fs::read_dir(made.path()).unwrap().count();
    let kept = fs::read_dir(kept).unwrap().count();
    assert_eq!((made, kept), (GENERATED.len(), GENERATED.len()), "nothing else is generated or kept");
}

/// Compiles `proto` into Rust and into a descriptor set, without `protoc`.
fn generate(proto: &Path, out: &Path) {
    let entries = fs::read_dir(proto.join("triage/v1")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // Comments and imports stay in: reflection shows the one and needs the other, and tests read both.
    let mut compiler = protox::Compiler::new([proto]).unwrap();
    compiler.include_source_info(true).include_imports(true).open_files(&files).unwrap();
    let encoded = compiler.encode_file_descriptor_set();
    fs::write(out.join("triage.v1.binpb"), &encoded).unwrap();
    let set = FileDescriptorSet::decode(encoded.as_slice()).unwrap();
    fs::write(out.join("silent.rs"), silent(&set)).unwrap();
    let ours = set.file.iter().filter(|file| file.package() == "triage.v1");
    let messages: Vec<String> = ours
        .flat_map(|file| &file.message_type)
        .map(|message| format!(".triage.v1.{}", message.name()))
        .collect();
    tonic_prost_build::configure()
        .skip_debug(&messages)
        .codec_path("crate::grpc::codec::WireCodec")
        .out_dir(out)
        .compile_fds(compiler.file_descriptor_set())
        .unwrap();
}

/// Any message may hold what belongs to a person: none of them prints what it holds. This names them all.
fn silent(set: &FileDescriptorSet) -> String {
    let mut silent = "silent!(\n".to_owned();
    for file in set.file.iter().filter(|file| file.package() == "triage.v1") {
        let mut waiting: Vec<_> = file.message_type.iter().map(|message| (String::new(), message)).collect();
        while let Some((module, message)) = waiting.pop() {
            writeln!(silent, "{module}{},", message.name()).unwrap();
            let module = format!("{module}{}::", snake(message.name()));
            let oneofs = message.oneof_decl.iter().map(OneofDescriptorProto::name);
            // Those of optional fields are no types.
            for oneof in oneofs.filter(|name| !name.starts_with('_')) {
                writeln!(silent, "{module}{},", camel(oneof)).unwrap();
            }
            waiting.extend(message.nested_type.iter().map(|nested| (module.clone(), nested)));
        }
    }
    silent + ");\n"
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
