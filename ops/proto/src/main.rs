//! `make proto`: writes `src/grpc/generated/` again. A program of its own, because the service does not compile while its contract
//! and what is made of it differ.

mod generate;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    generate::generate(Path::new("proto"), Path::new("src/grpc/generated"))
}
