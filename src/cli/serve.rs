//! `triage serve`: where it listens, and with which certificate.

use std::path::PathBuf;

use super::say;
use crate::app::{App, AppError, Listen};
use crate::grpc::TlsFiles;
use crate::lifecycle::Lifecycle;

pub(super) const HELP: &str = "\
Without a certificate it listens on this machine alone: on a loopback address, or on a socket file for a proxy.
With one, other machines can call it. The files are read again when they change, without a restart; health answers
NOT_SERVING for the service name `triage.certificate` from two weeks before the certificate ends.

Examples:
  triage serve
  triage serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key
  triage serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key --tls-client-ca ca.pem
  triage serve --listen unix:/run/triage/triage.sock
  TRIAGE_DATABASE=postgres://triage@127.0.0.1/triage triage serve --listen 127.0.0.1:50052";

/// What serving is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where to listen: an address and port, or `unix:/PATH`. Beyond this machine only with --tls-cert. Port 0 takes a
    /// free one
    #[arg(long, env = "TRIAGE_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDR")]
    listen: Listen,
    /// The service's certificate, followed by those between it and the authority (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key (PEM), readable by its owner or group alone
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Take calls only from clients with a certificate of these authorities (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
}

/// Serves until a signal.
pub(super) async fn serve(app: App, arguments: Arguments, lifecycle: Lifecycle) -> Result<(), AppError> {
    let Arguments { listen, tls_cert, tls_key, tls_client_ca } = arguments;
    let tls = tls_cert.zip(tls_key).map(|(certificate, key)| TlsFiles {
        certificate,
        key,
        client_authorities: tls_client_ca,
    });
    let reach = if tls.is_some() { "TLS" } else { "仅本机" };
    let announce = |listen: Listen| {
        // A closed standard output is no reason not to serve.
        let _ = say(&format!("triage 正在 {listen} 提供服务（gRPC，{reach}）"));
    };
    app.serve(listen, tls, lifecycle, announce).await
}
