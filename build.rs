//! Compiles `proto/` into Rust and into a descriptor set, without `protoc`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

/// Messages that hold personal fields or texts: their `Debug` is written by hand in `src/grpc/pb.rs` and shows nothing.
const PERSONAL: &[&str] = &[
    ".triage.v1.Complainant",
    ".triage.v1.Part",
    ".triage.v1.AmendRequest",
    ".triage.v1.WithdrawRequest",
    ".triage.v1.UrgeRequest",
    ".triage.v1.SkipRequest",
    ".triage.v1.StepRequest",
    ".triage.v1.CloseFileRequest",
    ".triage.v1.ReturnFileRequest",
    ".triage.v1.DecideRequest",
    ".triage.v1.SearchRequest",
    ".triage.v1.GetEvidenceResponse",
    ".triage.v1.ReassignRequest",
    ".triage.v1.CutLinkRequest",
];

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

    tonic_prost_build::configure()
        .skip_debug(PERSONAL)
        .codec_path("crate::grpc::codec::WireCodec")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
