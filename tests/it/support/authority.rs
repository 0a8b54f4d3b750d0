//! A private certificate authority, made for one test.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use triage::grpc::TlsFiles;

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Its certificate.
    pub(crate) file: PathBuf,
}

/// A certificate and its key, in files.
pub(crate) struct Signed {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) der: Vec<u8>,
}

impl Signed {
    /// To serve with.
    pub(crate) fn files(&self, client_authorities: Option<&Authority>) -> TlsFiles {
        TlsFiles {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            client_authorities: client_authorities.map(|authority| authority.file.clone()),
        }
    }
}

impl Authority {
    pub(crate) fn new(directory: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = directory.join(format!("{name}.pem"));
        std::fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// A certificate for `host`, beginning in 1975 and ending in 4096, in files of that name.
    pub(crate) fn sign(&self, directory: &Path, name: &str, host: &str) -> Signed {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        let (certificate, key_file) =
            (directory.join(format!("{name}.pem")), directory.join(format!("{name}.key")));
        // A file that changes is put into its place whole, as tools that renew certificates do.
        let put = |path: &Path, text: String, mode| {
            let new = path.with_extension("new");
            std::fs::write(&new, text).unwrap();
            std::fs::set_permissions(&new, std::fs::Permissions::from_mode(mode)).unwrap();
            std::fs::rename(&new, path).unwrap();
        };
        put(&certificate, signed.pem(), 0o644);
        put(&key_file, key.serialize_pem(), 0o600);
        Signed { certificate, key: key_file, der: signed.der().to_vec() }
    }
}
