//! Where a service is, and by which certificate it is known.

use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::client::ClientError;

/// What a client needs for TLS.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// The authority that signed the service's certificate (PEM).
    pub authority: Option<PathBuf>,
    /// The client's own certificate (PEM), where the service asks for one, and its private key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// A service to connect to.
#[derive(Debug, Clone)]
pub struct Target {
    address: String,
    tls: Option<ClientTlsConfig>,
}

impl Target {
    /// A service of this machine, at `host:port` or `unix:/path`, without TLS.
    pub fn plain(address: impl Into<String>) -> Self {
        Self { address: address.into(), tls: None }
    }

    /// `https://host:port`, or `host:port` with an authority: TLS. `host:port`, `http://host:port` and `unix:/path`
    /// without one: none.
    pub fn new(address: &str, options: &TlsOptions) -> Result<Self, ClientError> {
        let options_given = options.authority.is_some() || options.identity.is_some();
        let without_tls = address.starts_with("http://") || address.starts_with("unix:");
        if without_tls && options_given {
            return Err(ClientError::NotTls(address.to_owned()));
        }
        if !options_given && !address.starts_with("https://") {
            return Ok(Self::plain(address));
        }
        let Some(authority) = &options.authority else {
            return Err(ClientError::NoAuthority(address.to_owned()));
        };
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(certificate(authority)?));
        if let Some((certificate_file, key)) = &options.identity {
            tls = tls.identity(Identity::from_pem(certificate(certificate_file)?, read(key)?));
        }
        Ok(Self { address: address.to_owned(), tls: Some(tls) })
    }

    /// Connects.
    pub async fn connect(&self) -> Result<Channel, ClientError> {
        let Self { address, tls } = self;
        let wrong = || ClientError::Address(address.clone());
        let uri = match (address.contains("://") || address.starts_with("unix:"), tls) {
            (true, _) => address.clone(),
            (false, Some(_)) => format!("https://{address}"),
            (false, None) => format!("http://{address}"),
        };
        let mut endpoint = Endpoint::from_shared(uri).map_err(|_| wrong())?.tcp_nodelay(true);
        if let Some(tls) = tls {
            endpoint = endpoint.tls_config(tls.clone()).map_err(|_| wrong())?;
        }
        let connected = endpoint.connect().await;
        connected.map_err(|source| ClientError::Connect { address: address.clone(), source })
    }
}

/// A file that must hold a certificate: with an empty list of authorities every service would be refused, for a reason
/// that names no file.
fn certificate(path: &Path) -> Result<Vec<u8>, ClientError> {
    let pem = read(path)?;
    let mark = b"-----BEGIN CERTIFICATE-----";
    if pem.windows(mark.len()).any(|window| window == mark) {
        return Ok(pem);
    }
    let why = "其中没有 PEM 证书（-----BEGIN CERTIFICATE-----）".to_owned();
    Err(ClientError::TlsFile { path: path.to_owned(), why })
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path)
        .map_err(|error| ClientError::TlsFile { path: path.to_owned(), why: error.to_string() })
}
