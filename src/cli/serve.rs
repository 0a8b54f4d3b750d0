//! `triage serve`: where it listens, and with which certificate.

use std::path::PathBuf;

use super::say;
use crate::app::{App, AppError, Listen};
use crate::grpc::TlsFiles;
use crate::lifecycle::Lifecycle;

pub(super) const HELP: &str = "\
没有证书时只供本机调用：监听环回地址，或者供代理使用的套接字文件。有证书时可供其他机器调用。证书文件更换后自动重新读取，不必重启；
证书到期前两周起，健康检查对服务名 triage.certificate 答复 NOT_SERVING。

示例：
  triage serve
  triage serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key
  triage serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key --tls-client-ca ca.pem
  triage serve --listen unix:/run/triage/triage.sock
  TRIAGE_DATABASE=postgres://triage@127.0.0.1/triage triage serve --listen 127.0.0.1:50052";

/// What serving is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(help = "监听地址：地址:端口，或者 unix:/路径；供其他机器调用须有 --tls-cert。端口为 0 时自动选择")]
    #[arg(long, env = "TRIAGE_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDR")]
    listen: Listen,
    /// 服务证书，其后依次为中间证书（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// 证书的私钥（PEM），只能由属主或者属组读取
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// 只接受持有这些机构所签证书的客户端（PEM）
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
