//! The service's certificate: read from files, read again when they change, and a warning before it expires.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore, ServerConfig};
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tracing::{error, info, warn};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use crate::clock::{Clock, Deadline};
use crate::domain::time::Timestamp;
use crate::identity::PublicKey;

/// Asked for by this name, health reports the certificate: not serving from when it is to be replaced.
pub const CERTIFICATE_HEALTH: &str = "triage.certificate";

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A certificate is to be replaced this long before it ends, or in the last third of its life when that is shorter.
const SOON: Duration = Duration::from_secs(14 * 24 * 3_600);

/// How often the log says so.
const SAY_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// A file larger than this is neither certificate nor key.
const FILE_BYTES_MOST: u64 = 1 << 20;

/// Where certificate and key are.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The service's certificate, and after it those between it and the authority (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// The authorities whose certificates a client must show one of (PEM). None: a token is enough.
    pub client_authorities: Option<PathBuf>,
}

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("不能读取 {path}：{source}")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others of this machine could take the key.
    #[error("私钥文件 {path} 对本机所有用户开放（权限 {mode:o}）；请执行 chmod 600 {path}，必要时更换证书")]
    KeyForAll {
        /// Where.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// No certificate in a file.
    #[error(
        "{0} 中没有 PEM 证书（-----BEGIN CERTIFICATE-----）；请检查是否与私钥文件填反，DER 格式请用 openssl x509 -inform der 转换"
    )]
    NoCertificate(PathBuf),
    /// No key in a file.
    #[error("{0} 中没有 PEM 私钥；请检查是否与证书文件填反")]
    NoKey(PathBuf),
    /// A key behind a password.
    #[error(
        "{path} 中的私钥有口令；请先去掉：openssl pkey -in {path} -out 新文件，并用 chmod 600 保护新文件"
    )]
    KeyLocked {
        /// Where.
        path: PathBuf,
    },
    /// Not what PEM looks like.
    #[error("{path} 不是完整的 PEM 文件（{source}）；请重新复制")]
    Pem {
        /// Where.
        path: PathBuf,
        /// Why.
        source: PemError,
    },
    /// The certificate and the key do not belong together.
    #[error(
        "证书 {certificate} 和私钥 {key} 不是一对；请使用签发该证书时的私钥，并把服务的证书放在文件最前面，CA 在后"
    )]
    NotAPair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// The certificate has ended.
    #[error("证书 {path} 已于 {until} 过期；请换上新证书")]
    Expired {
        /// Where.
        path: PathBuf,
        /// Its last moment.
        until: String,
    },
    /// The certificate is of a later time.
    #[error("证书 {path} 自 {since} 起才有效；请检查本机时间，或者换一份证书")]
    NotYet {
        /// Where.
        path: PathBuf,
        /// Its first moment.
        since: String,
    },
    /// A certificate that cannot be understood.
    #[error("{path} 中的证书不能使用（{why}）；请重新签发")]
    Certificate {
        /// Where.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A key that cannot be used.
    #[error("{path} 中的私钥不能使用（{why}）；请使用 RSA（2048 位以上）、ECDSA 或 Ed25519 私钥")]
    Key {
        /// Where.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// The bytes of the files.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_authorities: Option<Vec<u8>>,
}

/// What new connections are greeted with.
#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    until: Timestamp,
    /// From when the certificate is to be replaced.
    soon: Timestamp,
}

/// The service's certificate as it is now. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls {
    files: TlsFiles,
    clock: Clock,
    look_every: Duration,
    /// What the files held when they were opened.
    opened: [u8; 32],
    current: Arc<Mutex<Arc<Loaded>>>,
}

impl Tls {
    /// Reads the files.
    pub fn open(files: TlsFiles, clock: Clock) -> Result<Self, TlsError> {
        let contents = files.read()?;
        let current = Arc::new(Mutex::new(Arc::new(files.load(&contents, clock.now())?)));
        Ok(Self { files, clock, look_every: LOOK_EVERY, opened: contents.digest(), current })
    }

    /// Looks at the files that often, and not every five seconds.
    #[must_use]
    pub fn looking_every(self, look_every: Duration) -> Self {
        Self { look_every, ..self }
    }

    fn current(&self) -> Arc<Loaded> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Greets one connection with the certificate as it is now.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current().config))
    }

    /// Looks at the files until the service stops. New ones that can be used greet the connections that come later;
    /// others change nothing. Connections that are open go on.
    pub(super) async fn watch(&self, health: &HealthReporter, stop: &CancellationToken) {
        let mut seen = Ok(self.opened);
        let mut say_again: Option<Deadline> = None;
        let mut last_reported = None;
        loop {
            let loaded = self.current();
            let ends_soon = self.clock.now() >= loaded.soon;
            let status = if ends_soon { ServingStatus::NotServing } else { ServingStatus::Serving };
            // Whoever watches is woken by every word, also by the same one.
            if last_reported.replace(status) != Some(status) {
                health.set_service_status(CERTIFICATE_HEALTH, status).await;
            }
            if ends_soon && say_again.is_none_or(Deadline::has_passed) {
                warn!(
                    certificate.until = loaded.until.display(),
                    "the certificate ends soon or has ended: replace its files; they are read without a restart"
                );
                say_again = Some(Deadline::after(SAY_EVERY));
            }
            if Deadline::after(self.look_every).within(self.look_every, stop.cancelled()).await.is_some() {
                return;
            }
            match self.check(&mut seen) {
                FileCheck::Same => {}
                FileCheck::New(until) => {
                    info!(
                        certificate.until = until.display(),
                        "a new certificate was read; new connections see it"
                    );
                    say_again = None;
                }
                FileCheck::Unusable(error) => {
                    error!(%error, "the new certificate files cannot be used; the certificate read before stays");
                }
            }
        }
    }

    /// Reads the files, and takes what they hold when that has changed and can be used.
    fn check(&self, seen: &mut Seen) -> FileCheck {
        let found = self.files.read();
        let now_seen = found.as_ref().map(Contents::digest).map_err(ToString::to_string);
        if *seen == now_seen {
            return FileCheck::Same;
        }
        *seen = now_seen;
        match found.and_then(|contents| self.files.load(&contents, self.clock.now())) {
            Ok(new) => {
                let until = new.until;
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                FileCheck::New(until)
            }
            Err(error) => FileCheck::Unusable(error),
        }
    }
}

/// What the files held when they were last looked at, or why they could not be read, as it is told.
type Seen = Result<[u8; 32], String>;

impl Contents {
    /// To be compared with later ones; the key itself is not kept for it.
    fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in [Some(&self.certificate), Some(&self.key), self.client_authorities.as_ref()] {
            digest.update(part.map_or(0, Vec::len).to_be_bytes());
            digest.update(part.map_or(&[][..], Vec::as_slice));
        }
        digest.finalize().into()
    }
}

/// What came of looking at the files.
#[derive(Debug)]
enum FileCheck {
    /// They are as they were.
    Same,
    /// A new certificate, which ends then.
    New(Timestamp),
    /// They have changed, and cannot be used.
    Unusable(TlsError),
}

impl TlsFiles {
    fn read(&self) -> Result<Contents, TlsError> {
        let failed = |source| TlsError::File { path: self.key.clone(), source };
        let mode = std::fs::metadata(&self.key).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o007 != 0 {
            return Err(TlsError::KeyForAll { path: self.key.clone(), mode });
        }
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            client_authorities: self.client_authorities.as_deref().map(read).transpose()?,
        })
    }

    fn load(&self, contents: &Contents, now: Timestamp) -> Result<Loaded, TlsError> {
        let chain = certificates(&self.certificate, &contents.certificate)?;
        let (since, until) = validity(&self.certificate, &chain)?;
        if until < now {
            return Err(TlsError::Expired { path: self.certificate.clone(), until: until.display() });
        }
        if now < since {
            return Err(TlsError::NotYet { path: self.certificate.clone(), since: since.display() });
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| self.unusable(&error))?;
        let builder = match (&self.client_authorities, &contents.client_authorities) {
            (Some(path), Some(authorities)) => {
                builder.with_client_cert_verifier(client_verifier(path, authorities, provider)?)
            }
            _ => builder.with_no_client_auth(),
        };
        let key = key(&self.key, &contents.key)?;
        let mut config = builder.with_single_cert(chain, key).map_err(|error| self.unusable(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        let third = Duration::from_micros((until.0.saturating_sub(since.0) / 3).unsigned_abs());
        let soon = Timestamp(until.0.saturating_sub(micros(SOON.min(third))));
        Ok(Loaded { config: Arc::new(config), until, soon })
    }

    fn unusable(&self, error: &rustls::Error) -> TlsError {
        match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::NotAPair { certificate: self.certificate.clone(), key: self.key.clone() }
            }
            rustls::Error::InvalidCertificate(_) => {
                TlsError::Certificate { path: self.certificate.clone(), why: error.to_string() }
            }
            _ => TlsError::Key { path: self.key.clone(), why: error.to_string() },
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let read = || {
        if std::fs::metadata(path)?.len() > FILE_BYTES_MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        std::fs::read(path)
    };
    read().map_err(|source| TlsError::File { path: path.to_owned(), source })
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, PemError> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|source| TlsError::Pem { path: path.to_owned(), source })?;
    if found.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(found) }
}

fn key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    let has = |words: &str| pem.windows(words.len()).any(|window| window == words.as_bytes());
    if has("ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
        return Err(TlsError::KeyLocked { path: path.to_owned() });
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        PemError::NoItemsFound => TlsError::NoKey(path.to_owned()),
        source => TlsError::Pem { path: path.to_owned(), source },
    })
}

/// From when until when the first certificate of a chain holds.
fn validity(path: &Path, chain: &[CertificateDer<'_>]) -> Result<(Timestamp, Timestamp), TlsError> {
    let first = chain.first().ok_or_else(|| TlsError::NoCertificate(path.to_owned()))?;
    let read = Certificate::from_der(first)
        .map_err(|error| TlsError::Certificate { path: path.to_owned(), why: error.to_string() })?;
    let validity = read.tbs_certificate().validity();
    let moment = |time: x509_cert::time::Time| Timestamp(micros(time.to_unix_duration()));
    Ok((moment(validity.not_before), moment(validity.not_after)))
}

/// The key of a client's certificate, the first of its chain, and when that ends.
pub(super) fn client(chain: &[CertificateDer<'_>]) -> Option<(PublicKey, Timestamp)> {
    let read = Certificate::from_der(chain.first()?).ok()?;
    let tbs = read.tbs_certificate();
    let key = tbs.subject_public_key_info().to_der().ok()?;
    Some((PublicKey::of_der(&key), Timestamp(micros(tbs.validity().not_after.to_unix_duration()))))
}

/// The key of a client's certificate in a file (PEM).
pub fn client_key_of_file(path: &Path) -> Result<PublicKey, TlsError> {
    let chain = certificates(path, &read(path)?)?;
    let unusable = || TlsError::Certificate { path: path.to_owned(), why: "unreadable".to_owned() };
    client(&chain).map(|(key, _)| key).ok_or_else(unusable)
}

fn client_verifier(
    path: &Path,
    pem: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, TlsError> {
    let unusable = |why: String| TlsError::Certificate { path: path.to_owned(), why };
    let mut authorities = RootCertStore::empty();
    for authority in certificates(path, pem)? {
        authorities.add(authority).map_err(|error| unusable(error.to_string()))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider)
        .build()
        .map_err(|error: VerifierBuilderError| unusable(error.to_string()))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::OpenOptionsExt as _;

    use super::*;

    /// A certificate of its own for this machine, in files.
    fn make(files: &TlsFiles) {
        use std::io::Write as _;
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&files.certificate, made.cert.pem()).unwrap();
        let mut key = std::fs::File::options();
        let mut key = key.create(true).write(true).truncate(true).mode(0o600).open(&files.key).unwrap();
        key.write_all(made.signing_key.serialize_pem().as_bytes()).unwrap();
    }

    #[test]
    fn files_that_cannot_be_used_change_nothing_and_are_told_of_once() {
        let directory = tempfile::tempdir().unwrap();
        let [certificate, key] = ["service.pem", "service.key"].map(|name| directory.path().join(name));
        let files = TlsFiles { certificate, key, client_authorities: None };
        make(&files);
        let tls = Tls::open(files.clone(), Clock::manual(Timestamp(1_780_275_600_000_000))).unwrap();
        let mut seen = Ok(tls.opened);
        let first = tls.current();
        assert!(matches!(tls.check(&mut seen), FileCheck::Same));

        std::fs::write(&files.certificate, "half of a file").unwrap();
        assert!(matches!(tls.check(&mut seen), FileCheck::Unusable(TlsError::NoCertificate(_))));
        assert!(matches!(tls.check(&mut seen), FileCheck::Same));
        std::fs::remove_file(&files.key).unwrap();
        assert!(matches!(tls.check(&mut seen), FileCheck::Unusable(TlsError::File { .. })));
        assert!(matches!(tls.check(&mut seen), FileCheck::Same));
        assert!(Arc::ptr_eq(&first, &tls.current()));

        make(&files);
        assert!(matches!(tls.check(&mut seen), FileCheck::New(_)));
        assert!(!Arc::ptr_eq(&first, &tls.current()));
    }
}
